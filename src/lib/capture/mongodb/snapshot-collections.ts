import { type CollectionInfo, type Document, type MongoClient, type UUID } from 'mongodb';
import { type MongoDatabase } from './database';
import { isCaptured, namespaceOf } from './watch';

/** A collection to read. */
export interface SnapshotCollection {
  readonly db: string;
  readonly coll: string;
  /** `shop.orders` */
  readonly name: string;
  /** What it keeps when it is renamed; another of its name has another. The name where the server tells none. */
  readonly uuid: string;
  /** Both, as the progress names it. */
  readonly id: string;
}

/** Databases that change streams tell nothing of. */
const INTERNAL = ['admin', 'config', 'local'];

/**
 * The collections that a change stream of the database would tell of, in a fixed order.
 *
 * @param only this one, as `db.collection`; null for all
 */
export async function listCollections(
  client: MongoClient,
  database: MongoDatabase,
  only: string | null,
): Promise<SnapshotCollection[]> {
  const found: SnapshotCollection[] = [];
  for (const db of only === null ? await databasesOf(client, database) : [namespaceOf(only).db]) {
    const listed = await collectionsIn(client, db).toArray();
    found.push(...listed.filter(({ type }) => type === 'collection').map((info) => described(db, info)));
  }
  return found
    .filter(({ coll, name }) => !coll.startsWith('system.') && (only === null || name === only))
    .filter((collection) => isCaptured(database, collection))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What the settings name for a collection and is none: views and time series, which have no change streams. */
export async function unfitCollections(client: MongoClient, database: MongoDatabase): Promise<string[]> {
  if (database.collections === null) return [];
  const unfit: string[] = [];
  for (const db of await databasesOf(client, database)) {
    const listed = await collectionsIn(client, db).toArray();
    const others = listed.filter(({ type, name }) => type !== 'collection' && isCaptured(database, { db, coll: name }));
    unfit.push(...others.map(({ type, name }) => `${db}.${name} (${type})`));
  }
  return unfit;
}

const collectionsIn = (client: MongoClient, db: string) =>
  client.db(db, { readPreference: 'primary' }).listCollections<CollectionInfo>({}, { nameOnly: false });

async function databasesOf(client: MongoClient, { database, collections }: MongoDatabase): Promise<string[]> {
  if (database !== null) return [database];
  if (collections !== null) return [...new Set(collections.map((name) => namespaceOf(name).db))];
  const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true });
  return databases.map(({ name }) => name).filter((name) => !INTERNAL.includes(name));
}

function described(db: string, info: Document & { readonly name: string }): SnapshotCollection {
  const name = `${db}.${info.name}`;
  const told = (info.info as { uuid?: UUID } | undefined)?.uuid;
  const uuid = told === undefined ? name : told.toString('hex');
  return { db, coll: info.name, name, uuid, id: `${name}/${uuid}` };
}
