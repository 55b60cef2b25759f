import { type FaultRule } from './fault-rules';

const always = { kind: 'refuse', times: Infinity } as const;

const unknownField = (option: string): FaultRule => ({
  ...always,
  on: 'aggregate',
  option,
  code: 40415,
  message: `BSON field '$changeStream.${option}' is an unknown field.`,
});

/**
 * Faults that make the stand-in refuse what other servers do: `for (const rule of OTHER_SERVERS.amazonDocumentDb) faults.add(rule)`.
 * What they refuse is documented. Of the codes, those of Amazon DocumentDB and of older versions are known from reports; that of vCore
 * is an assumption.
 */
export const OTHER_SERVERS = {
  /** https://docs.aws.amazon.com/documentdb/latest/developerguide/change_streams.html */
  amazonDocumentDb: [
    unknownField('startAfter'),
    unknownField('showExpandedEvents'),
    {
      ...always,
      on: 'aggregate',
      stage: '$changeStreamSplitLargeEvent',
      code: 304,
      message: "Aggregation stage not supported: '$changeStreamSplitLargeEvent'",
    },
    { ...always, on: 'replSetGetConfig', code: 303, message: 'Feature not supported: replSetGetConfig' },
  ],
  /** https://learn.microsoft.com/azure/cosmos-db/mongodb/vcore/change-streams: of collections alone */
  cosmosVCore: (['database', 'deployment'] as const).map((scope) => ({
    ...always,
    on: 'aggregate',
    scope,
    code: 115,
    message: `$changeStream on a ${scope} is not supported`,
  })),
  /** MongoDB 5.0 and earlier: no expanded events, no fragments. */
  beforeVersion6: [
    unknownField('showExpandedEvents'),
    {
      ...always,
      on: 'aggregate',
      stage: '$changeStreamSplitLargeEvent',
      code: 40324,
      message: "Unrecognized pipeline stage name: '$changeStreamSplitLargeEvent'",
    },
  ],
} satisfies Readonly<Record<string, readonly FaultRule[]>>;
