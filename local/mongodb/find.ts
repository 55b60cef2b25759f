import { type Command, type Namespace } from './command';
import { type Context } from './context';
import { cursorReply, FIRST_BATCH, type Batch, type Cursor } from './cursors';
import { badValue, CommandError, notBuilt, typeMismatch } from './errors';
import { type ReplyFields } from './handshake-reply';
import { compileProjection } from './projection';
import { EMPTY } from './raw';
import { search, viewOf } from './reading';
import { type SessionUse } from './sessions';
import { FoundDocuments, type Source } from './source';
import { array, asArray, asFlag, asLong, int, long } from './values';

/** The server's wait for change stream events, where the client names none. */
const DEFAULT_AWAIT_MS = 1_000;

/** https://www.mongodb.com/docs/manual/reference/command/find/ */
export function find(command: Command, context: Context, use: SessionUse): ReplyFields {
  const { namespace } = command;
  for (const option of ['tailable', 'returnKey', 'showRecordId', 'min', 'max'])
    if (asFlag(command.field(option)) || command.document(option) !== undefined) throw notBuilt(`find with ${option}`);
  const { documents, atTs } = viewOf(command, namespace, context, use);
  const skip = command.number('skip') ?? 0;
  const limit = Math.abs(command.number('limit') ?? 0);
  const atMost = limit === 0 ? Infinity : skip + limit;
  const found = search(documents, command.document('filter') ?? EMPTY, command.document('sort'), atMost);
  const projected = found.slice(skip).map(compileProjection(command.document('projection') ?? EMPTY));
  const size = command.number('batchSize') ?? FIRST_BATCH;
  return openCursor(context, namespace, new FoundDocuments(projected), {
    firstBatch: size,
    single: command.flag('singleBatch'),
    atTs,
  });
}

/** Opens a cursor and answers with its first batch; one that is exhausted by it is closed at once. */
export function openCursor(
  { cursors }: Context,
  ns: Namespace,
  source: Source,
  { firstBatch, single, atTs }: { readonly firstBatch: number; readonly single: boolean; readonly atTs: bigint | null },
): ReplyFields {
  if (firstBatch < 0) throw badValue(`BSON field 'batchSize' value must be >= 0, actual value '${firstBatch}'`);
  const cursor = cursors.add(ns, source);
  const batch = fill(cursor, firstBatch, cursors, 'PlanExecutor error during aggregation');
  const closed = source.isExhausted || single;
  if (closed) cursors.remove(cursor);
  return { cursor: cursorReply('firstBatch', cursor, closed ? 0n : cursor.id, batch, atTs) };
}

/** https://www.mongodb.com/docs/manual/reference/command/getMore/ */
export async function getMore(command: Command, { cursors, signal }: Context): Promise<ReplyFields> {
  const id = asLong(command.argument);
  if (id === undefined) throw typeMismatch('getMore.getMore', 'long');
  const cursor = cursors.get(id);
  if (command.text('collection') !== cursor.ns.coll)
    throw new CommandError(13, `Requested getMore on another namespace than cursor id ${String(id)} belongs to`);
  if (cursor.isWaiting) throw new CommandError(143, `cursor id ${String(id)} is already in use`);
  const size = command.number('batchSize') ?? Infinity;
  const deadline = performance.now() + (command.number('maxTimeMS') ?? DEFAULT_AWAIT_MS);
  let batch = fill(cursor, size, cursors, DURING_GET_MORE);
  while (cursor.source.isTailable && batch.documents.length === 0 && !cursor.source.isExhausted) {
    const left = deadline - performance.now();
    if (left <= 0 || !(await wait(cursor, left, signal, cursors))) break;
    batch = fill(cursor, size, cursors, DURING_GET_MORE);
  }
  const { isExhausted } = cursor.source;
  if (isExhausted) cursors.remove(cursor);
  return { cursor: cursorReply('nextBatch', cursor, isExhausted ? 0n : id, batch, null) };
}

const DURING_GET_MORE = 'Executor error during getMore';

/** @throws CommandError of an interruption: the cursor does not outlive it */
async function wait(cursor: Cursor, ms: number, signal: AbortSignal, cursors: Context['cursors']): Promise<boolean> {
  try {
    return await cursor.wait(ms, signal);
  } catch (error) {
    cursors.remove(cursor);
    throw error;
  }
}

/** @throws CommandError of the cursor's source, with the words that the server puts before it */
function fill(cursor: Cursor, size: number, cursors: Context['cursors'], during: string): Batch {
  try {
    return cursor.fill(size);
  } catch (error) {
    cursors.remove(cursor);
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(error.code, `${during} :: caused by :: ${error.message}`, error.labels);
  }
}

/** https://www.mongodb.com/docs/manual/reference/command/killCursors/ */
export function killCursors(command: Command, { cursors }: Context): ReplyFields {
  const killed: bigint[] = [];
  const unknown: bigint[] = [];
  for (const id of (asArray(command.field('cursors')) ?? []).map((each) => asLong(each) ?? 0n)) {
    const cursor = cursors.find(id);
    if (cursor === undefined) {
      unknown.push(id);
      continue;
    }
    cursors.remove(cursor);
    cursor.interrupt(new CommandError(237, 'cursor was killed'));
    killed.push(id);
  }
  const none = array([]);
  return {
    cursorsKilled: array(killed.map(long)),
    cursorsNotFound: array(unknown.map(long)),
    cursorsAlive: none,
    cursorsUnknown: none,
  };
}

/** https://www.mongodb.com/docs/manual/reference/command/count/ */
export function count(command: Command, context: Context, use: SessionUse): ReplyFields {
  const { documents } = viewOf(command, command.namespace, context, use);
  const found = search(documents, command.document('query') ?? EMPTY, undefined, Infinity).length;
  const skipped = Math.max(0, found - (command.number('skip') ?? 0));
  const limit = Math.abs(command.number('limit') ?? 0);
  return { n: int(limit === 0 ? skipped : Math.min(skipped, limit)) };
}
