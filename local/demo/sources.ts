import path from 'node:path';
import { MongoClient } from 'mongodb';
import { Client } from 'pg';
import { startDatabases, type Databases } from '../platform/databases';
import { type PlatformConnectionStrings } from '../platform/platform';
import { openAll } from '../storage/closing';
import { collectionChanges } from '../shop/mongodb/changes';
import { createCollections } from '../shop/mongodb/create';
import { shopChanges } from '../shop/postgresql/changes';
import { createShop } from '../shop/postgresql/create';
import { CaptureProcess } from './capture-process';

/** The databases' own name, and ours for them. */
export const SHOP = 'webshop';

/** What share of the changes is PostgreSQL's. */
const POSTGRES_SHARE = 0.7;

/** There before capture begins: they come as a snapshot. */
const ROWS = 1_000;
const DOCUMENTS = 300;

/** A shop in each of the two databases. */
export interface Sources extends AsyncDisposable {
  readonly databases: Databases;
  readonly sql: Client;
  readonly mongo: MongoClient;
  readonly urls: Urls;
}

interface Urls {
  readonly postgres: string;
  readonly mongodb: string;
}

/** Starts both databases, with some rows in them. */
export async function openSources(folder: string | null, seed: number): Promise<Sources> {
  const { value, close } = await openAll(async (keep) => {
    const databases = await startDatabases({ postgresPort: 0, mongodbPort: 0, folder });
    keep({
      close: async () => {
        await databases[Symbol.asyncDispose]();
      },
    });
    const postgres = await makeDatabase(databases.connectionStrings.postgres);
    const sql = new Client({ connectionString: postgres });
    await sql.connect();
    keep({ close: () => sql.end() });
    const mongo = await new MongoClient(databases.connectionStrings.mongodb).connect();
    keep({
      close: async () => {
        await mongo.close();
      },
    });
    await createShop(sql, { seed, rows: ROWS });
    await createCollections(mongo.db(SHOP), { seed, documents: DOCUMENTS });
    return { databases, sql, mongo, urls: { postgres, mongodb: databases.connectionStrings.mongodb } };
  });
  return { ...value, [Symbol.asyncDispose]: close };
}

async function makeDatabase(connectionString: string): Promise<string> {
  const admin = new Client({ connectionString });
  await admin.connect();
  await admin.query(`create database ${SHOP}`);
  await admin.end();
  const url = new URL(connectionString);
  url.pathname = `/${SHOP}`;
  return url.href;
}

/** Changes rows and documents until so many changes are committed; told how many more have been. */
export async function changeShops(
  { urls }: Sources,
  { seed, changes, large }: { readonly seed: number; readonly changes: number; readonly large: number },
  onChanged: (more: number) => void,
): Promise<void> {
  const counting = (): ((report: { readonly changes: number }) => void) => {
    let before = 0;
    return (report) => {
      onChanged(report.changes - before);
      before = report.changes;
    };
  };
  const rows = Math.round(changes * POSTGRES_SHARE);
  const [postgres, mongodb] = [counting(), counting()];
  await Promise.all([
    shopChanges({
      ...{ connectionString: urls.postgres, seed, changes: rows, largeRows: large, onProgress: postgres },
    }).then(postgres),
    collectionChanges({
      ...{ uri: urls.mongodb, database: SHOP, seed, changes: changes - rows, largeDocuments: large },
      onProgress: mongodb,
    }).then(mongodb),
  ]);
}

/** The two processes that capture. */
export interface Captures extends AsyncDisposable {
  readonly postgres: CaptureProcess;
  readonly mongodb: CaptureProcess;
}

export function startCapture(
  { urls }: Sources,
  env: NodeJS.ProcessEnv,
  { eventHubs, storage }: PlatformConnectionStrings,
  onOutput: (line: string) => void,
): Captures {
  const whole = {
    ...env,
    EVENTHUB_CONNECTION_STRING: eventHubs,
    STORAGE_CONNECTION_STRING: storage,
    CAPTURE_POSTGRES: JSON.stringify([{ name: SHOP, connection: 'SHOP_POSTGRES', create: true }]),
    CAPTURE_MONGODB: JSON.stringify([{ name: SHOP, connection: 'SHOP_MONGODB', database: SHOP }]),
    SHOP_POSTGRES: urls.postgres,
    SHOP_MONGODB: urls.mongodb,
  };
  const script = path.join(__dirname, 'capture.js');
  const start = (source: 'postgres' | 'mongodb'): CaptureProcess =>
    new CaptureProcess({ script, source, env: whole, onOutput: (line) => onOutput(`capture from ${source}: ${line}`) });
  const [postgres, mongodb] = [start('postgres'), start('mongodb')];
  const all = [postgres, mongodb];
  return {
    ...{ postgres, mongodb },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(all.map((each) => each[Symbol.asyncDispose]()));
    },
  };
}
