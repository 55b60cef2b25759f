import { type Command } from './command';
import { type Context } from './context';
import { missing } from './errors';
import { compileFilter } from './filter';
import { type ReplyFields } from './handshake-reply';
import { compileProjection } from './projection';
import { EMPTY } from './raw';
import { sorted } from './sorting';
import { type OplogEntry } from './oplog-entry';
import { candidates } from './candidates';
import { outcomeOf, runUpdate, type UpdateOutcome } from './update-command';
import { bool, embedded, int, make, nothing } from './values';
import { type Writer } from './writer';

/** https://www.mongodb.com/docs/manual/reference/command/findAndModify/ */
export async function findAndModify(command: Command, context: Context, writer: Writer): Promise<ReplyFields> {
  const project = compileProjection(command.document('fields') ?? EMPTY);
  const shown = (document: Buffer | null) => (document === null ? nothing : embedded(project(document)));
  if (command.flag('remove')) {
    const removed = await removeOne(command, context, writer);
    const lastErrorObject = embedded(make({ n: int(removed === null ? 0 : 1) }));
    return { lastErrorObject, value: shown(removed) };
  }
  const { matched, upserted, before, after } = await changeOne(command, context, writer);
  return {
    lastErrorObject: embedded(
      make({
        n: int(matched + (upserted === null ? 0 : 1)),
        updatedExisting: bool(matched > 0),
        upserted: upserted ?? undefined,
      }),
    ),
    value: shown(command.flag('new') ? after : before),
  };
}

async function changeOne(command: Command, context: Context, writer: Writer): Promise<UpdateOutcome> {
  const repeated = writer.done(0);
  if (repeated !== undefined) return outcomeOf(repeated);
  const u = command.field('update');
  if (u === undefined) throw missing('findAndModify.update');
  const statement = {
    query: command.document('query') ?? EMPTY,
    u,
    multi: false,
    upsert: command.flag('upsert'),
    choose: (documents: readonly Buffer[]) => sorted(documents, command.document('sort')),
  };
  return runUpdate(command, command.namespace, statement, 0, context, writer);
}

async function removeOne(command: Command, context: Context, writer: Writer): Promise<Buffer | null> {
  const repeated = writer.done(0);
  if (repeated !== undefined) return removedBy(repeated);
  const collection = context.store.catalog.collection(command.namespace);
  if (collection === undefined) return null;
  const query = command.document('query') ?? EMPTY;
  return writer.carryOut(0, () => {
    const found = candidates(query, collection, writer).filter(compileFilter(query));
    const before = sorted(found, command.document('sort'))[0] ?? null;
    if (before === null) return { operations: [], result: null };
    const { ns, uuid, keepsImages: images } = collection;
    return { operations: [{ kind: 'delete', ns, uuid, images, before }], result: before };
  });
}

const removedBy = ({ operations: [operation] }: OplogEntry): Buffer | null =>
  operation?.kind === 'delete' ? operation.before : null;
