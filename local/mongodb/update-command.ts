import { type Context } from './context';
import { type Command, type Namespace } from './command';
import { keyOf } from './compare';
import { type Collection } from './collection';
import { CommandError, missing } from './errors';
import { compileFilter } from './filter';
import { type ReplyFields } from './handshake-reply';
import { duplicateKey, MAX_DOCUMENT_BYTES } from './insert';
import { type DocumentOperation, type OplogEntry } from './oplog-entry';
import { candidates } from './candidates';
import { EMPTY, field, type RawValue } from './raw';
import { upserted } from './upsert';
import { checkStatement, runStatements } from './statements';
import { applyUpdate, isReplacement } from './update';
import { array, asDocument, asFlag, embedded, int, make } from './values';
import { type Planned, type Writer } from './writer';

/** What one update statement did. */
export interface UpdateOutcome {
  readonly matched: number;
  readonly modified: number;
  readonly upserted: RawValue | null;
  /** The one document that was changed, as it was and as it is: of a statement that changes one at most. */
  readonly before: Buffer | null;
  readonly after: Buffer | null;
}

export interface UpdateStatement {
  readonly query: Buffer;
  readonly u: RawValue;
  readonly multi: boolean;
  readonly upsert: boolean;
  /** The order in which one document is chosen among several. */
  readonly choose?: (documents: readonly Buffer[]) => readonly Buffer[];
}

/** https://www.mongodb.com/docs/manual/reference/command/update/ */
export async function update(command: Command, context: Context, writer: Writer): Promise<ReplyFields> {
  const { namespace } = command;
  const { done, reply } = await runStatements(
    command,
    writer,
    command.documents('updates'),
    async (statement, number, index) => {
      const repeated = writer.done(number);
      const outcome =
        repeated === undefined
          ? await runUpdate(command, namespace, parse(statement), number, context, writer)
          : outcomeOf(repeated);
      return { ...outcome, index };
    },
  );
  const inserted = done.flatMap(({ upserted: id, index }) =>
    id === null ? [] : embedded(make({ index: int(index), _id: id })),
  );
  return {
    n: int(done.reduce((sum, { matched, upserted: id }) => sum + matched + (id === null ? 0 : 1), 0)),
    nModified: int(done.reduce((sum, { modified }) => sum + modified, 0)),
    upserted: inserted.length === 0 ? undefined : array(inserted),
    ...reply,
  };
}

function parse(statement: Buffer): UpdateStatement {
  const u = field(statement, 'u');
  if (u === undefined) throw missing('update.updates.u');
  checkStatement(statement);
  const multi = asFlag(field(statement, 'multi'));
  const document = asDocument(u);
  if (multi && document !== undefined && isReplacement(document))
    throw new CommandError(9, 'multi update is not supported for replacement-style update');
  return {
    query: asDocument(field(statement, 'q')) ?? EMPTY,
    u,
    multi,
    upsert: asFlag(field(statement, 'upsert')),
  };
}

export async function runUpdate(
  command: Command,
  namespace: Namespace,
  statement: UpdateStatement,
  number: number,
  context: Context,
  writer: Writer,
): Promise<UpdateOutcome> {
  const matches = compileFilter(statement.query);
  const now = context.now();
  const found = context.store.catalog.collection(namespace);
  if (found === undefined && !statement.upsert) return NOTHING;
  const collection = writer.existing(namespace);
  return writer.carryOut(number, () => {
    const documents = candidates(statement.query, collection, writer).filter(matches);
    const [first] = documents;
    if (first === undefined)
      return statement.upsert ? planUpsert(command, collection, statement, now, writer) : NO_PLAN;
    const chosen = statement.multi ? documents : (statement.choose?.(documents) ?? [first]).slice(0, 1);
    return change(collection, chosen, statement.u, now);
  });
}

const NOTHING: UpdateOutcome = { matched: 0, modified: 0, upserted: null, before: null, after: null };
/** The query's equalities make the document that the update is applied to. */
function planUpsert(
  command: Command,
  collection: Collection,
  { query, u }: UpdateStatement,
  now: number,
  writer: Writer,
): Planned<UpdateOutcome> {
  const { ns, uuid, keepsImages: images } = collection;
  const { id, document: after } = upserted(query, u, now);
  if (writer.documents(collection).get(keyOf(id)) !== undefined) throw duplicateKey(command, id);
  const result = { matched: 0, modified: 0, upserted: id, before: null, after };
  return { operations: [{ kind: 'insert', ns, uuid, images, after }], result };
}

const NO_PLAN: Planned<UpdateOutcome> = { operations: [], result: NOTHING };

function change(
  { ns, uuid, keepsImages: images }: Collection,
  documents: readonly Buffer[],
  u: RawValue,
  now: number,
): Planned<UpdateOutcome> {
  const operations = documents.flatMap((before): DocumentOperation[] => {
    const updated = applyUpdate(before, u, { now, inserting: false });
    if (updated === null) return [];
    const { after, description } = updated;
    if (after.length > MAX_DOCUMENT_BYTES)
      throw new CommandError(17419, `Resulting document after update is larger than ${MAX_DOCUMENT_BYTES}`);
    return [{ kind: 'update', ns, uuid, images, before, after, description }];
  });
  const before = documents[0] ?? null;
  const changed = operations[0];
  const after = changed?.kind === 'update' ? changed.after : before;
  const result = { matched: documents.length, modified: operations.length, upserted: null, before, after };
  return { operations, result };
}

/** What a statement did that was tried before. */
export function outcomeOf({ operations: [operation, second] }: OplogEntry): UpdateOutcome {
  switch (operation?.kind) {
    case 'insert': {
      const upserted = field(operation.after, '_id') ?? null;
      return { ...NOTHING, upserted, after: operation.after };
    }
    case 'update':
      return { matched: 1, modified: 1, upserted: null, before: operation.before, after: operation.after };
    case 'delete': {
      // The document was moved to another shard.
      const after = second?.kind === 'insert' ? second.after : null;
      return { matched: 1, modified: 1, upserted: null, before: operation.before, after };
    }
    default:
      return NOTHING;
  }
}
