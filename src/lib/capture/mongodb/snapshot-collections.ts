import { type Document, type MongoClient, type UUID } from 'mongodb';
import { type MongoDatabase } from './database';
import { namespaceOf } from './watch';

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

/** The collections that a change stream of the database would tell of, in a fixed order. */
export async function listCollections(client: MongoClient, database: MongoDatabase): Promise<SnapshotCollection[]> {
  const wanted = database.collections?.map((name) =>
    database.database === null ? name : `${database.database}.${name}`,
  );
  const found: SnapshotCollection[] = [];
  for (const db of await databasesOf(client, database)) {
    const listed = await client.db(db).listCollections({ type: 'collection' }, { nameOnly: false }).toArray();
    found.push(...listed.map((info) => described(db, info)));
  }
  return found
    .filter(({ name, coll }) => !coll.startsWith('system.') && (wanted === undefined || wanted.includes(name)))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

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
