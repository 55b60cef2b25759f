import { nameOf, type Command, type Namespace } from './command';
import { type Collection } from './collection';
import { indexesOf } from './collections';
import { type Context } from './context';
import { FIRST_BATCH } from './cursors';
import { namespaceNotFound } from './errors';
import { compileFilter } from './filter';
import { openCursor } from './find';
import { type ReplyFields } from './handshake-reply';
import { EMPTY, field } from './raw';
import { FoundDocuments } from './source';
import { ID_INDEX } from './event-parts';
import { array, asNumber, bool, embedded, long, make, text, uuidValue } from './values';

/** https://www.mongodb.com/docs/manual/reference/command/listCollections/ */
export function listCollections(command: Command, context: Context): ReplyFields {
  const matches = compileFilter(command.document('filter') ?? EMPTY);
  const collections = context.store.catalog.collections(command.db);
  const views = collections.some(({ kind }) => kind !== 'collection') ? [SYSTEM_VIEWS] : [];
  const listed = [...collections.map(listing), ...views].filter(matches);
  return listReply(command, context, { db: command.db, coll: '$cmd.listCollections' }, listed);
}

const listing = ({ ns, uuid, kind, options }: Collection): Buffer => {
  const isCollection = kind === 'collection';
  return make({
    name: text(ns.coll),
    type: text(kind),
    options: embedded(options),
    info: embedded(make({ readOnly: bool(kind === 'view'), uuid: isCollection ? uuidValue(uuid) : undefined })),
    idIndex: isCollection ? embedded(ID_INDEX) : undefined,
  });
};

/** Where a database keeps its views. */
const SYSTEM_VIEWS = make({
  name: text('system.views'),
  type: text('collection'),
  options: embedded(EMPTY),
  info: embedded(make({ readOnly: bool(false), uuid: uuidValue(Buffer.alloc(16, 1)) })),
  idIndex: embedded(ID_INDEX),
});

/** https://www.mongodb.com/docs/manual/reference/command/listIndexes/ */
export function listIndexes(command: Command, context: Context): ReplyFields {
  const { namespace } = command;
  const collection = context.store.catalog.collection(namespace);
  if (collection === undefined) throw namespaceNotFound(nameOf(namespace));
  return listReply(command, context, namespace, indexesOf(collection));
}

/** https://www.mongodb.com/docs/manual/reference/command/listDatabases/ */
export function listDatabases(command: Command, { store: { catalog } }: Context): ReplyFields {
  const matches = compileFilter(command.document('filter') ?? EMPTY);
  const listed = catalog.databases
    .map((db) => make({ name: text(db), sizeOnDisk: long(BigInt(size(catalog.collections(db)))), empty: bool(false) }))
    .filter(matches);
  return { databases: array(listed.map(embedded)), totalSize: long(0n) };
}

const size = (collections: readonly Collection[]): number =>
  collections.reduce((sum, collection) => sum + collection.size, 0);

function listReply(command: Command, context: Context, ns: Namespace, documents: readonly Buffer[]): ReplyFields {
  const cursor = command.document('cursor') ?? EMPTY;
  const firstBatch = asNumber(field(cursor, 'batchSize')) ?? FIRST_BATCH;
  return openCursor(context, ns, new FoundDocuments(documents), { firstBatch, single: false, atTs: null });
}
