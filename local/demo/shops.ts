import { MongoClient } from 'mongodb';
import { Client } from 'pg';
import { startDatabases, type Databases } from '../platform/databases';
import { openAll } from '../storage/closing';
import { createCollections } from '../shop/mongodb/create';
import { createShop } from '../shop/postgresql/create';
import { type Publishing } from '../shop/postgresql/table-rows';
import { BY_CAPTURE, BY_HAND, publishByHand } from './publish';

/** Of every database, whichever server it is on. */
export const DATABASE = 'webshop';

/** A PostgreSQL server and a MongoDB, with a shop in each. */
export interface Shop extends AsyncDisposable {
  /** Under which both are captured: `change.server`. */
  readonly name: string;
  readonly databases: Databases;
  /** In the shop's database. */
  readonly sql: Client;
  /** Of the same database, for a superuser. */
  readonly sqlUrl: string;
  /** Of the same database, for capture. */
  readonly captureUrl: string;
  readonly publishing: Publishing;
  readonly mongo: MongoClient;
}

/** How a shop is to be. */
export interface ShopSettings {
  readonly name: string;
  /** Whether capture makes the publications itself, as a superuser. */
  readonly create: boolean;
  /** Where its databases keep their data between runs; null for nothing that stays. */
  readonly folder: string | null;
  readonly seed: number;
  /** There before capture begins: they come as a snapshot. */
  readonly rows: number;
  readonly documents: number;
}

/** Starts the databases of a shop, and fills them. */
export async function openShop({ name, create, folder, seed, rows, documents }: ShopSettings): Promise<Shop> {
  const { value, close } = await openAll(async (keep) => {
    const databases = await startDatabases({ postgresPort: 0, mongodbPort: 0, folder });
    keep({
      close: async () => {
        await databases[Symbol.asyncDispose]();
      },
    });
    const sqlUrl = await makeDatabase(databases.connectionStrings.postgres);
    const sql = new Client({ connectionString: sqlUrl });
    await sql.connect();
    keep({ close: () => sql.end() });
    const mongo = await new MongoClient(databases.connectionStrings.mongodb).connect();
    keep({
      close: async () => {
        await mongo.close();
      },
    });
    await createShop(sql, { seed, rows });
    await createCollections(mongo.db(DATABASE), { seed, documents });
    const captureUrl = create ? sqlUrl : await publishByHand(sql, sqlUrl);
    const publishing = create ? BY_CAPTURE : BY_HAND;
    return { name, databases, sql, sqlUrl, captureUrl, publishing, mongo };
  });
  return { ...value, [Symbol.asyncDispose]: close };
}

async function makeDatabase(connectionString: string): Promise<string> {
  const admin = new Client({ connectionString });
  await admin.connect();
  await admin.query(`create database ${DATABASE}`);
  await admin.end();
  const url = new URL(connectionString);
  url.pathname = `/${DATABASE}`;
  return url.href;
}
