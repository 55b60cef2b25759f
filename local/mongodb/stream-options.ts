import { type Command, type Namespace } from './command';
import { badValue, CommandError, notBuilt } from './errors';
import { field, fields } from './raw';
import { parseToken, type ResumeToken, type TokenFacts } from './resume-token';
import { asFlag, asText, asTimestamp } from './values';

/** What a change stream watches. */
export type Scope =
  | { readonly kind: 'collection'; readonly ns: Namespace }
  | { readonly kind: 'database'; readonly db: string }
  | { readonly kind: 'deployment' };

export type FullDocument = (typeof FULL_DOCUMENT)[number];
export type BeforeChange = (typeof BEFORE_CHANGE)[number];

const FULL_DOCUMENT = ['default', 'updateLookup', 'whenAvailable', 'required'] as const;
const BEFORE_CHANGE = ['off', 'whenAvailable', 'required'] as const;

const KNOWN = [
  ...['resumeAfter', 'startAfter', 'startAtOperationTime', 'fullDocument', 'fullDocumentBeforeChange'],
  ...['allChangesForCluster', 'showExpandedEvents'],
];
const NOT_BUILT = ['showRawUpdateDescription', 'showSystemEvents', 'showMigrationEvents', 'allowToRunOnConfigDB'];

/** Where a stream begins. */
export interface StartPoint {
  /** Events up to and including this token are skipped. */
  readonly token: ResumeToken;
  readonly facts: TokenFacts;
}

export interface StreamOptions {
  readonly scope: Scope;
  readonly fullDocument: FullDocument;
  readonly beforeChange: BeforeChange;
  readonly expanded: boolean;
  /** Null: from now on. */
  readonly start: StartPoint | { readonly atTs: bigint } | null;
}

/**
 * Reads a `$changeStream` stage.
 *
 * @throws CommandError with the server's codes, for what it refuses
 */
export function parseStreamOptions(command: Command, stage: Buffer): StreamOptions {
  for (const { name } of fields(stage)) if (!KNOWN.includes(name)) throw unknownOption(name);
  const scope = scopeOf(command, asFlag(field(stage, 'allChangesForCluster')));
  const options = {
    scope,
    fullDocument: oneOf(stage, 'fullDocument', FULL_DOCUMENT),
    beforeChange: oneOf(stage, 'fullDocumentBeforeChange', BEFORE_CHANGE),
    expanded: asFlag(field(stage, 'showExpandedEvents')),
  };
  const resumeAfter = field(stage, 'resumeAfter');
  const startAfter = field(stage, 'startAfter');
  if (resumeAfter !== undefined && startAfter !== undefined)
    throw new CommandError(50865, "Do not specify both 'resumeAfter' and 'startAfter' in a $changeStream stage");
  const atTs = asTimestamp(field(stage, 'startAtOperationTime'));
  const given = resumeAfter ?? startAfter;
  if (given === undefined) return { ...options, start: atTs === undefined ? null : { atTs } };
  if (atTs !== undefined)
    throw new CommandError(40674, 'Only one type of resume option is allowed, but multiple were found');
  const start = parseToken(given);
  if (resumeAfter !== undefined && start.facts.fromInvalidate)
    throw new CommandError(
      260,
      "Attempting to resume a change stream using 'resumeAfter' is not allowed from an invalidate notification",
    );
  if (scope.kind === 'collection' && !start.facts.hasUuid && !start.facts.isHighWaterMark)
    throw new CommandError(
      260,
      'Attempted to resume a single-collection stream, but the resume token does not include a UUID',
    );
  return { ...options, start };
}

const unknownOption = (name: string): CommandError =>
  NOT_BUILT.includes(name)
    ? notBuilt(`$changeStream with ${name}`)
    : new CommandError(40415, `BSON field '$changeStream.${name}' is an unknown field.`);

function scopeOf(command: Command, allChangesForCluster: boolean): Scope {
  const { db } = command;
  const coll = asText(command.argument);
  if (allChangesForCluster) {
    if (db === 'admin' && coll === undefined) return { kind: 'deployment' };
    throw new CommandError(
      72,
      `A $changeStream with 'allChangesForCluster:true' may only be opened on the 'admin' database, and with no collection name; found ${db}.${coll ?? '$cmd.aggregate'}`,
    );
  }
  if (isInternal(db)) throw new CommandError(73, `$changeStream may not be opened on the internal ${db} database`);
  if (coll === undefined) return { kind: 'database', db };
  if (coll.startsWith('system.'))
    throw new CommandError(73, `$changeStream may not be opened on the internal ${db}.${coll} collection`);
  return { kind: 'collection', ns: { db, coll } };
}

export const isInternal = (db: string): boolean => db === 'admin' || db === 'config' || db === 'local';

/** The first of `values` where the field is not there. */
function oneOf<T extends string>(stage: Buffer, name: string, values: readonly [T, ...T[]]): T {
  const given = field(stage, name);
  if (given === undefined) return values[0];
  const found = values.find((value) => value === asText(given));
  if (found === undefined)
    throw badValue(
      `Enumeration value '${asText(given) ?? ''}' for field '$changeStream.${name}' is not a valid value.`,
    );
  return found;
}
