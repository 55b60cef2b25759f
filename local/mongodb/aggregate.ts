import { ChangeStream } from './change-stream';
import { type Command } from './command';
import { type Context } from './context';
import { FIRST_BATCH } from './cursors';
import { CommandError, missing, notBuilt } from './errors';
import { openCursor } from './find';
import { refuseView } from './collection';
import { type ReplyFields } from './handshake-reply';
import { outTarget, writeOut } from './out';
import { runStages } from './pipeline';
import { viewOf } from './reading';
import { EMPTY, field, type RawField } from './raw';
import { type SessionUse } from './sessions';
import { FoundDocuments } from './source';
import { compileStreamStages, stageOf } from './stages';
import { parseStreamOptions } from './stream-options';
import { asDocument, asDocuments, asNumber, asText } from './values';

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
  const stages = pipeline.map(stageOf);
  const last = stages.at(-1);
  const isOut = last?.name === '$out';
  const found = runStages(view.documents.values(), isOut ? stages.slice(0, -1) : stages);
  if (isOut) writeOut(found, outTarget(last, command.db), context);
  const source = new FoundDocuments(isOut ? [] : found);
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
  if (options.scope.kind === 'collection') refuseView(catalog.collection(options.scope.ns));
  return new ChangeStream(oplog, options, compileStreamStages(rest), (uuid, key) =>
    catalog.collectionOf(uuid)?.get(key),
  );
}
