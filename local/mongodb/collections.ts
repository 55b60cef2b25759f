import { indexName, type Catalog } from './catalog';
import { nameOf, parseNamespace, type Command, type Namespace } from './command';
import { refuseView, type Collection } from './collection';
import { type Context } from './context';
import { CommandError, missing, namespaceNotFound, notBuilt } from './errors';
import { BUCKETS, ID_INDEX } from './event-parts';
import { type ReplyFields } from './handshake-reply';
import { type Operation } from './oplog-entry';
import { EMPTY, documentOf, fields, type RawField } from './raw';
import { asArray, asText, bool, int, named, text } from './values';
import { createCollection } from './writer';

/** The options of a collection that are kept; others are refused, for they would change what it does. */
const OPTIONS = ['changeStreamPreAndPostImages'];

const optionsOf = (command: Command, names = OPTIONS): RawField[] =>
  names.flatMap((name) => {
    const value = command.field(name);
    return value === undefined ? [] : named(name, value);
  });

/** https://www.mongodb.com/docs/manual/reference/command/create/ */
export function create(command: Command, context: Context): ReplyFields {
  for (const name of ['capped', 'validator', 'collation', 'clusteredIndex'])
    if (command.field(name) !== undefined) throw notBuilt(`create with ${name}`);
  const { namespace } = command;
  if (command.field('timeseries') !== undefined) {
    createBuckets(context, namespace);
    createCollection(context, namespace, documentOf(optionsOf(command, ['timeseries'])), 'timeseries');
  } else if (command.field('viewOn') !== undefined)
    createCollection(context, namespace, documentOf(optionsOf(command, ['viewOn', 'pipeline'])), 'view');
  else createCollection(context, namespace, documentOf(optionsOf(command)));
  return {};
}

/** A time series is a view of this collection. */
function createBuckets({ store, newUuid }: Context, { db, coll }: Namespace): void {
  const ns = { db, coll: `${BUCKETS}${coll}` };
  if (store.catalog.collection(ns) === undefined)
    store.commit([{ kind: 'create', ns, uuid: newUuid(), options: EMPTY }]);
}

/** https://www.mongodb.com/docs/manual/reference/command/drop/ */
export function drop(command: Command, { store }: Context): ReplyFields {
  const collection = store.catalog.collection(command.namespace);
  // Since 7.0 it is no error to drop what is not there.
  if (collection === undefined) return {};
  const { ns, indexes } = collection;
  for (const each of [collection, bucketsOf(collection, store.catalog) ?? []].flat()) store.commit([dropOf(each)]);
  return { nIndexesWas: int(indexes.size + 1), ns: text(nameOf(ns)) };
}

function dropOf({ ns, uuid, kind }: Collection): Operation {
  return { kind: 'drop', ns, uuid, ...(kind === 'collection' ? {} : { nsType: kind }) };
}

const bucketsOf = ({ kind, ns: { db, coll } }: Collection, catalog: Catalog): Collection | undefined =>
  kind === 'timeseries' ? catalog.collection({ db, coll: `${BUCKETS}${coll}` }) : undefined;

/** Drops each collection, then the database: so the oplog has it, and so change streams tell it. */
export function dropDatabase({ db }: Command, { store }: Context): ReplyFields {
  const collections = store.catalog.collections(db);
  if (collections.length === 0) return {};
  for (const collection of collections) store.commit([dropOf(collection)]);
  store.commit([{ kind: 'dropDatabase', db }]);
  return { dropped: text(db) };
}

/** https://www.mongodb.com/docs/manual/reference/command/renameCollection/ */
export function renameCollection(command: Command, { store }: Context): ReplyFields {
  const from = parseNamespace(asText(command.argument) ?? '');
  const to = parseNamespace(command.text('to') ?? '');
  const collection = store.catalog.collection(from);
  if (collection === undefined) throw new CommandError(26, `Source collection ${nameOf(from)} does not exist`);
  refuseView(collection);
  const replaced = store.catalog.collection(to);
  refuseView(replaced);
  if (replaced !== undefined && !command.flag('dropTarget'))
    throw new CommandError(48, `target namespace exists: ${nameOf(to)}`);
  if (from.db !== to.db) throw notBuilt('a rename to another database');
  const { uuid } = collection;
  store.commit([{ kind: 'rename', ns: from, uuid, to, dropped: replaced?.uuid ?? null }]);
  return {};
}

/** https://www.mongodb.com/docs/manual/reference/command/collMod/: images alone */
export function collMod(command: Command, { store }: Context): ReplyFields {
  const { ns, uuid, options: optionsBefore } = existing(command, store.catalog.collection(command.namespace));
  for (const name of ['index', 'validator', 'viewOn', 'timeseries', 'expireAfterSeconds'])
    if (command.field(name) !== undefined) throw notBuilt('collMod of anything but images');
  const changed = optionsOf(command);
  const names = changed.map(({ name }) => name);
  const options = documentOf([...fields(optionsBefore).filter(({ name }) => !names.includes(name)), ...changed]);
  // One that changes nothing is an entry of the oplog all the same.
  store.commit([{ kind: 'modify', ns, uuid, options, optionsBefore, changed: documentOf(changed) }]);
  return {};
}

/** Indexes are remembered and told, no more: every query looks at every document, or at one by its `_id`. */
export function createIndexes(command: Command, context: Context): ReplyFields {
  const { store } = context;
  const specifications = command.documents('indexes');
  const isNew = store.catalog.collection(command.namespace) === undefined;
  if (isNew) createCollection(context, command.namespace, EMPTY);
  const { ns, uuid, indexes } = existing(command, store.catalog.collection(command.namespace));
  const before = indexes.size + 1;
  for (const specification of specifications) {
    const name = indexName(specification);
    if (name === '') throw missing('createIndexes.indexes.name');
    if (fields(specification).some((option) => option.name === 'unique')) throw notBuilt('a unique index');
    if (indexes.has(name) || name === '_id_') continue;
    const index = documentOf([named('v', int(2)), ...fields(specification).filter((option) => option.name !== 'v')]);
    store.commit([{ kind: 'createIndex', ns, uuid, index }]);
  }
  return {
    numIndexesBefore: int(before),
    numIndexesAfter: int(indexes.size + 1),
    createdCollectionAutomatically: bool(isNew),
  };
}

/** https://www.mongodb.com/docs/manual/reference/command/dropIndexes/ */
export function dropIndexes(command: Command, { store }: Context): ReplyFields {
  const { ns, uuid, indexes } = existing(command, store.catalog.collection(command.namespace));
  const before = indexes.size + 1;
  const given = command.field('index');
  const names = asArray(given)?.map(asText) ?? [asText(given)];
  const chosen = names[0] === '*' ? [...indexes.values()] : names.map((name) => indexes.get(name ?? ''));
  for (const index of chosen) {
    if (index === undefined) throw new CommandError(27, 'index not found with that name');
    store.commit([{ kind: 'dropIndex', ns, uuid, index }]);
  }
  return { nIndexesWas: int(before) };
}

function existing(command: Command, collection: Collection | undefined): Collection {
  if (collection === undefined) throw namespaceNotFound(nameOf(command.namespace));
  refuseView(collection);
  return collection;
}

export const indexesOf = ({ indexes }: Collection): Buffer[] => [ID_INDEX, ...indexes.values()];
