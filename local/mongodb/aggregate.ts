import { ChangeStream } from './change-stream';
import { type Command } from './command';
import { type Context } from './context';
import { FIRST_BATCH } from './cursors';
import { CommandError, missing, notBuilt } from './errors';
import { compileFilter } from './filter';
import { openCursor } from './find';
import { group } from './group';
import { type ReplyFields } from './handshake-reply';
import { compileProjection } from './projection';
import { sorted, viewOf, type View } from './reading';
import { EMPTY, field, type RawField } from './raw';
import { type SessionUse } from './sessions';
import { FoundDocuments } from './source';
import { compileStreamStages, stageOf } from './stages';
import { parseStreamOptions } from './stream-options';
import { asDocument, asDocuments, asNumber, asText, int, make } from './values';

/** https://www.mongodb.com/docs/manual/reference/command/aggregate/ */
export function aggregate(command: Command, context: Context, use: SessionUse): ReplyFields {
  const pipeline = asDocuments(command.field('pipeline'));
  if (pipeline === undefined) throw missing('aggregate.pipeline');
  const cursor = command.document('cursor');
  if (cursor === undefined)
    throw new CommandError(9, "The 'cursor' option is required, except for aggregate with the explain argument");
  const firstBatch = asNumber(field(cursor, 'batchSize')) ?? FIRST_BATCH;
  const [first, ...rest] = pipeline;
  const firstStage = first === undefined ? undefined : stageOf(first);
  const ns = { db: command.db, coll: asText(command.argument) ?? '$cmd.aggregate' };
  if (firstStage?.name === '$changeStream') {
    const stream = openStream(command, firstStage, rest, context, use);
    return openCursor(context, ns, stream, { firstBatch, single: false, atTs: null });
  }
  if (asText(command.argument) === undefined) throw notBuilt('an aggregation on a database');
  const view = viewOf(command, ns, context, use);
  const source = new FoundDocuments(run(view, pipeline.map(stageOf)));
  return openCursor(context, ns, source, { firstBatch, single: false, atTs: view.atTs });
}

function openStream(
  command: Command,
  stage: RawField,
  rest: readonly Buffer[],
  { store, replicaSet }: Context,
  use: SessionUse,
): ChangeStream {
  if (replicaSet.kind === 'standalone')
    throw new CommandError(40573, 'The $changeStream stage is only supported on replica sets');
  if (use.kind === 'transaction')
    throw new CommandError(
      263,
      'Operation not permitted in transaction :: caused by :: Aggregation stage $changeStream cannot run in transaction',
    );
  const options = parseStreamOptions(command, asDocument(stage) ?? EMPTY);
  const { catalog, oplog } = store;
  return new ChangeStream(oplog, options, compileStreamStages(rest), (uuid, key) =>
    catalog.collectionOf(uuid)?.get(key),
  );
}

function run({ documents }: View, stages: readonly RawField[]): readonly Buffer[] {
  return stages.reduce<readonly Buffer[]>(applyStage, [...documents.values()]);
}

function applyStage(documents: readonly Buffer[], stage: RawField): readonly Buffer[] {
  const specification = asDocument(stage) ?? EMPTY;
  switch (stage.name) {
    case '$match':
      return documents.filter(compileFilter(specification));
    case '$sort':
      return sorted(documents, specification);
    case '$skip':
      return documents.slice(asNumber(stage) ?? 0);
    case '$limit':
      return documents.slice(0, asNumber(stage) ?? 0);
    case '$project':
      return documents.map(compileProjection(specification));
    case '$group':
      return group(documents, specification);
    case '$count':
      // None of nothing is no document.
      return documents.length === 0 ? [] : [make({ [asText(stage) ?? 'count']: int(documents.length) })];
    case '$changeStream':
      throw new CommandError(40602, '$changeStream is only valid as the first stage in a pipeline');
    case '$changeStreamSplitLargeEvent':
      throw new CommandError(20, '$changeStreamSplitLargeEvent can only be used in a $changeStream pipeline');
    default:
      throw new CommandError(40324, `Unrecognized pipeline stage name: '${stage.name}'`);
  }
}
