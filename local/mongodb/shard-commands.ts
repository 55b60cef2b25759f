import { type Collection } from './collection';
import { nameOf, parseNamespace, type Command, type Namespace } from './command';
import { type Context } from './context';
import { type Documents } from './documents';
import { CommandError, missing, notBuilt } from './errors';
import { type ReplyFields } from './handshake-reply';
import { EMPTY, fields } from './raw';
import { array, asNumber, asText, bool, embedded, int, make, objectId, text, uuidValue } from './values';
import { createCollection } from './writer';

/** What a mongos does beside what a mongod does. There are two shards; a database needs no leave to be sharded. */
const SHARDS = ['shard0', 'shard1'];

/** https://www.mongodb.com/docs/manual/reference/command/shardCollection/: by ranges, all on the first shard until `split` */
export function shardCollection(command: Command, context: Context): ReplyFields {
  const ns = targetOf(command, context);
  const key = command.document('key');
  if (key === undefined) throw missing('shardCollection.key');
  if (fields(key).some((part) => asNumber(part) !== 1)) throw notBuilt('a shard key that is not ascending');
  const { catalog } = context.store;
  if (catalog.collection(ns) === undefined) createCollection(context, ns, EMPTY);
  const { uuid, sharding } = catalog.collection(ns) as Collection;
  if (sharding === null) context.store.commit([{ kind: 'shard', ns, uuid, key }]);
  else if (!sharding.key.equals(key))
    throw new CommandError(23, `sharding already enabled for collection ${nameOf(ns)} with another key`);
  return { collectionsharded: text(nameOf(ns)) };
}

/** https://www.mongodb.com/docs/manual/reference/command/split/, and moveChunk at once: the upper part goes to the second shard. */
export function split(command: Command, context: Context): ReplyFields {
  const ns = targetOf(command, context);
  const collection = context.store.catalog.collection(ns);
  if (collection?.sharding === null || collection === undefined)
    throw new CommandError(118, `Collection ${nameOf(ns)} is not sharded.`);
  const middle = command.document('middle');
  if (middle === undefined) throw notBuilt('a split that is not in the middle');
  if (collection.sharding.middle !== null) throw notBuilt('a second split');
  context.store.commit([{ kind: 'split', ns, uuid: collection.uuid, middle }]);
  return {};
}

/** https://www.mongodb.com/docs/manual/reference/command/listShards/ */
export function listShards(command: Command, context: Context): ReplyFields {
  mongosOnly(command, context);
  return { shards: array(shardDocuments(context).map(embedded)) };
}

function targetOf(command: Command, context: Context): Namespace {
  mongosOnly(command, context);
  const name = asText(command.argument) ?? '';
  if (command.db !== 'admin') throw new CommandError(13, `${command.name} may only be run against the admin database.`);
  return parseNamespace(name);
}

function mongosOnly({ name }: Command, { replicaSet }: Context): void {
  if (replicaSet.kind !== 'mongos') throw new CommandError(59, `no such command: '${name}'`);
}

const shardDocuments = ({ address }: Context): Buffer[] =>
  SHARDS.map((name) => make({ _id: text(name), host: text(`${name}/${address}`), state: int(1) }));

/** The database `config`: its version, the shards, and the collections that are sharded. */
export function configDocuments(coll: string, context: Context): Documents {
  const documents = (): Buffer[] => {
    switch (coll) {
      case 'version':
        return [make({ _id: int(1), clusterId: objectId(context.replicaSet.id) })];
      case 'shards':
        return shardDocuments(context);
      case 'collections': {
        const { catalog } = context.store;
        return catalog.databases.flatMap((db) => catalog.collections(db)).flatMap(shardedCollection);
      }
      default:
        return [];
    }
  };
  return { get: () => undefined, values: documents };
}

const shardedCollection = ({ ns, uuid, sharding }: Collection): Buffer[] =>
  sharding === null
    ? []
    : [make({ _id: text(nameOf(ns)), uuid: uuidValue(uuid), key: embedded(sharding.key), unique: bool(false) })];
