import { type DataLakeFileSystemClient } from '@azure/storage-file-datalake';
import { compareTables, type Comparison } from '../rebuild/compare';
import { rebuild } from '../rebuild/rebuild';
import { type Tables } from '../rebuild/tables';
import { collectionRows } from '../shop/mongodb/collection-rows';
import { databaseRows, tableKeys } from '../shop/postgresql/table-rows';
import { readFolder, type LakeFile } from '../verdict/read-lake';
import { Repeats } from './repeats';
import { SHOP, type Sources } from './sources';

/** What the lake makes of the databases. */
export interface TablesFound {
  readonly tables: readonly Comparison[];
  /** Events that capture sent again, as it must when it cannot know: told by their `eventId`, and counted once. */
  readonly repeated: number;
}

/** Every table and collection of the shop, row by row, beside what the lake's files alone make of it. */
export async function judgeTables({ sql, mongo }: Sources, lake: DataLakeFileSystemClient): Promise<TablesFound> {
  const keys = await tableKeys(sql);
  const databases: Tables = new Map([...(await databaseRows(sql)), ...(await collectionRows(mongo.db(SHOP)))]);
  const repeats = new Repeats();
  const { tables, leftOut } = await rebuild({ lakeFiles: filesOf(lake, repeats), keys });
  // What others have sent to the same hubs is about other databases.
  const ours = new Map([...tables].filter(([name]) => name.startsWith(`${SHOP}.`)));
  const compared = compareTables(databases, ours).map((comparison) => {
    // A change that cannot be placed may be about any row.
    const lost = leftOut.find(({ table }) => table === comparison.name);
    return lost === undefined ? comparison : { ...comparison, different: comparison.different + lost.changes };
  });
  return { tables: compared, repeated: repeats.count };
}

async function* filesOf(lake: DataLakeFileSystemClient, repeats: Repeats): AsyncGenerator<LakeFile> {
  for await (const file of readFolder(lake, 'bronze')) {
    repeats.note(file.bytes);
    yield file;
  }
  yield* readFolder(lake, 'claims');
}
