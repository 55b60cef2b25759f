import path from 'node:path';
import { type DataLakeFileSystemClient } from '@azure/storage-file-datalake';
import { compareTables, type Comparison } from '../rebuild/compare';
import { KeylessTables } from '../rebuild/keyless';
import { temporaryFolder, writeLake } from '../rebuild/lake-folder';
import { rebuild } from '../rebuild/rebuild';
import { type Tables } from '../rebuild/tables';
import { collectionRows } from '../shop/mongodb/collection-rows';
import { databaseRows, keylessTables, tableKeys } from '../shop/postgresql/table-rows';
import { readFolder } from '../verdict/read-lake';
import { Repeats } from './repeats';
import { linesOf } from './server-lines';
import { DATABASE, type Shop } from './shops';
import { type Sources } from './sources';

/** One table of one server. */
export interface ServerComparison extends Comparison {
  /** Under which it is captured. */
  readonly server: string;
}

/** What the lake makes of the databases. */
export interface TablesFound {
  readonly tables: readonly ServerComparison[];
  /** Events that capture sent again, as it must when it cannot know: told by their `eventId`, and counted once. */
  readonly repeated: number;
}

/** The part of the lake that is about one shop. */
interface ShopLake {
  readonly shop: Shop;
  readonly folder: string;
  readonly keyless: KeylessTables;
}

/** Every table and collection of the shops, row by row, beside what the lake's files alone make of it. */
export async function judgeTables({ shops }: Sources, lake: DataLakeFileSystemClient): Promise<TablesFound> {
  await using work = await temporaryFolder();
  const lakes: ShopLake[] = [];
  for (const shop of shops) {
    const keyless = new KeylessTables(await keylessTables(shop.sql, shop.publishing));
    lakes.push({ shop, folder: path.join(work.path, shop.name), keyless });
  }
  const repeated = await divide(lake, lakes);
  const tables: ServerComparison[] = [];
  for (const each of lakes) tables.push(...(await compareShop(each)));
  return { tables, repeated };
}

/** @returns events that capture sent again */
async function divide(lake: DataLakeFileSystemClient, lakes: readonly ShopLake[]): Promise<number> {
  const repeats = new Repeats();
  for await (const { path, bytes } of readFolder(lake, 'bronze')) {
    repeats.note(bytes);
    for (const { shop, folder, keyless } of lakes) {
      const own = linesOf(shop.name, bytes);
      keyless.note(own);
      if (own.length > 0) await writeLake(folder, [{ path, bytes: own }]);
    }
  }
  for await (const claim of readFolder(lake, 'claims')) {
    for (const { folder } of lakes) await writeLake(folder, [claim]);
  }
  return repeats.count;
}

async function compareShop({ shop, folder, keyless }: ShopLake): Promise<ServerComparison[]> {
  const { name: server, sql, mongo, publishing } = shop;
  const { tables, leftOut } = await rebuild({ lakeFiles: folder, keys: await tableKeys(sql) });
  // The database does not know under which name it is captured.
  const own = (name: string): string => (name.startsWith(`${server}/`) ? name.slice(server.length + 1) : name);
  const bags = keyless.rebuilt();
  const databases: Tables = new Map([
    ...(await databaseRows(sql, publishing)),
    ...(await collectionRows(mongo.db(DATABASE))),
  ]);
  return compareTables(
    databases,
    new Map([...[...tables].map(([name, rows]) => [own(name), rows] as const), ...bags.tables]),
  ).map((comparison) => {
    const { name, different } = comparison;
    // A change that cannot be placed may be about any row.
    const lost = bags.tables.has(name)
      ? (bags.unplaced.get(name) ?? 0)
      : (leftOut.find(({ table }) => own(table) === name)?.changes ?? 0);
    return { ...comparison, server, different: different + lost };
  });
}
