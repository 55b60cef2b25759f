import { type DataLakeFileSystemClient } from '@azure/storage-file-datalake';
import { compareTables, type Comparison } from '../rebuild/compare';
import { rebuild } from '../rebuild/rebuild';
import { type Tables } from '../rebuild/tables';
import { collectionRows } from '../shop/mongodb/collection-rows';
import { databaseRows, tableKeys } from '../shop/postgresql/table-rows';
import { readFolder, type LakeFile } from '../verdict/read-lake';
import { SHOP, type Sources } from './sources';

/** Every table and collection of the shop, row by row, beside what the lake's files alone make of it. */
export async function judgeTables({ sql, mongo }: Sources, lake: DataLakeFileSystemClient): Promise<Comparison[]> {
  const keys = await tableKeys(sql);
  const databases: Tables = new Map([...(await databaseRows(sql)), ...(await collectionRows(mongo.db(SHOP)))]);
  const { tables } = await rebuild({ lakeFiles: statesOf(lake), keys });
  // What others have sent to the same hubs is about other databases.
  const ours = new Map([...tables].filter(([name]) => name.startsWith(`${SHOP}.`)));
  return compareTables(databases, ours);
}

async function* statesOf(lake: DataLakeFileSystemClient): AsyncGenerator<LakeFile> {
  yield* readFolder(lake, 'bronze');
  yield* readFolder(lake, 'claims');
}
