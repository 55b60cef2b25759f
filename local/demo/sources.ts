import path from 'node:path';
import { type PlatformConnectionStrings } from '../platform/platform';
import { collectionChanges } from '../shop/mongodb/changes';
import { shopChanges } from '../shop/postgresql/changes';
import { openAll } from '../storage/closing';
import { CaptureProcess } from './capture-process';
import { DATABASE, openShop, type Shop } from './shops';

/** Two shops, whose databases and tables have the same names. */
export interface Sources extends AsyncDisposable {
  readonly shops: readonly [Shop, Shop];
}

const SHOPS = [
  { name: 'webshop', create: true, rows: 1_000, documents: 300, share: 0.75 },
  { name: 'branch', create: false, rows: 300, documents: 100, share: 0.25 },
] as const;

/** What share of a shop's changes is PostgreSQL's. */
const POSTGRES_SHARE = 0.7;

/** Starts the databases, with some rows in them. */
export async function openSources(folder: string | null, seed: number): Promise<Sources> {
  const { value, close } = await openAll(async (keep) => {
    const open = async ([settings, own]: readonly [(typeof SHOPS)[number], string | null], part: number) => {
      const shop = await openShop({ ...settings, folder: own, seed: seed + part });
      keep({
        close: async () => {
          await shop[Symbol.asyncDispose]();
        },
      });
      return shop;
    };
    const [main, branch] = SHOPS;
    // The first one's are where `npm start` looks for its own.
    const second = folder === null ? null : path.join(folder, branch.name);
    return { shops: [await open([main, folder], 0), await open([branch, second], 1)] as const };
  });
  return { ...value, [Symbol.asyncDispose]: close };
}

/** Changes rows and documents until so many changes are committed; told how many more have been. */
export async function changeShops(
  { shops }: Sources,
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
  const ofShop = async ({ sqlUrl, databases }: Shop, all: number, largeRows: number): Promise<void> => {
    const rows = Math.round(all * POSTGRES_SHARE);
    const [postgres, mongodb] = [counting(), counting()];
    const sql = { connectionString: sqlUrl, seed, changes: rows, largeRows, onProgress: postgres };
    const { mongodb: uri } = databases.connectionStrings;
    const documents = { uri, database: DATABASE, seed, changes: all - rows, largeDocuments: largeRows };
    await Promise.all([
      shopChanges(sql).then(postgres),
      collectionChanges({ ...documents, onProgress: mongodb }).then(mongodb),
    ]);
  };
  const [main, branch] = shops;
  const first = Math.round(changes * SHOPS[0].share);
  // The same seed: many rows of the two are of one key, and differ.
  await Promise.all([ofShop(main, first, large), ofShop(branch, changes - first, Math.min(large, 1))]);
}

/** The two processes that capture: one for all PostgreSQL servers, one for MongoDB. */
export interface Captures extends AsyncDisposable {
  readonly postgres: CaptureProcess;
  readonly mongodb: CaptureProcess;
}

export function startCapture(
  { shops }: Sources,
  env: NodeJS.ProcessEnv,
  { eventHubs, storage }: PlatformConnectionStrings,
  onOutput: (line: string) => void,
): Captures {
  const setting = (name: string, kind: string): string => `${name.toUpperCase()}_${kind}`;
  const whole = {
    ...env,
    EVENTHUB_CONNECTION_STRING: eventHubs,
    STORAGE_CONNECTION_STRING: storage,
    CAPTURE_POSTGRES: JSON.stringify(
      // The slot is made by capture in any case: then the snapshot is of the moment where the slot begins.
      shops.map(({ name }) => ({ name, connection: setting(name, 'POSTGRES'), create: true })),
    ),
    CAPTURE_MONGODB: JSON.stringify(
      shops.map(({ name }) => ({ name, connection: setting(name, 'MONGODB'), database: DATABASE })),
    ),
    ...Object.fromEntries(
      shops.flatMap(({ name, captureUrl, databases }) => [
        [setting(name, 'POSTGRES'), captureUrl],
        [setting(name, 'MONGODB'), databases.connectionStrings.mongodb],
      ]),
    ),
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
