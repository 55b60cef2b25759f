import path from 'node:path';
import { type LakeFile } from '../verdict/read-lake';
import { DuckDb } from './duckdb';
import { lakeGlobs, temporaryFolder, writeLake } from './lake-folder';
import { rowTokens } from './row-tokens';
import { tableName, type Row, type TableId, type TableKey, type Tables } from './tables';

export interface RebuildOptions {
  /** A folder that holds `bronze/` and, if there are any, `claims/`; or those files, of which one at a time is in memory. */
  readonly lakeFiles: string | Iterable<LakeFile> | AsyncIterable<LakeFile>;
  /** Of PostgreSQL's tables: without its key a table cannot be rebuilt. Collections need none. One without a server is for every server. */
  readonly keys: readonly TableKey[];
  /** For DuckDB, which spills to disk what is more; the rows that it answers with come on top. `512MB` when left out. */
  readonly memoryLimit?: string;
}

export interface Rebuilt {
  readonly tables: Tables;
  /** Changes that could not be placed: where there are any, their tables cannot be trusted. */
  readonly leftOut: readonly LeftOut[];
  /** Rows with columns whose value the lake does not hold; they are null in the row. */
  readonly unsure: readonly UnsureColumns[];
}

export interface LeftOut {
  /** As {@link tableName} gives it. */
  readonly table: string;
  readonly reason: string;
  readonly changes: number;
}

export interface UnsureColumns {
  readonly table: string;
  readonly key: string;
  /** `*`: the whole document. */
  readonly columns: readonly string[];
}

/** The present rows of every table and collection, made from the lake's files alone. docs/current-state.md has the rules. */
export async function rebuild({ lakeFiles, keys, memoryLimit = '512MB' }: RebuildOptions): Promise<Rebuilt> {
  await using work = await temporaryFolder();
  const folder = typeof lakeFiles === 'string' ? lakeFiles : path.join(work.path, 'lake');
  if (typeof lakeFiles !== 'string') await writeLake(folder, lakeFiles);
  await using duckdb = await DuckDb.open({ file: path.join(work.path, 'state.duckdb'), memoryLimit });
  await insertKeys(duckdb, keys);
  const { bronze, claims } = lakeGlobs(folder);
  // DuckDB fails at a glob that matches nothing; a lake that holds nothing yet has no rows.
  if (await isEmpty(duckdb, bronze)) return { tables: new Map(), leftOut: [], unsure: [] };
  await duckdb.run(`CREATE TABLE lake AS FROM row_changes(${text(bronze)}, ${text(claims)})`);
  return { ...(await readRows(duckdb)), leftOut: await readLeftOut(duckdb) };
}

async function insertKeys(duckdb: DuckDb, keys: readonly TableKey[]): Promise<void> {
  const rows = `from_json(?, '[{"server":"VARCHAR","database":"VARCHAR","schema":"VARCHAR","table":"VARCHAR","columns":["VARCHAR"]}]')`;
  await duckdb.run(
    `INSERT INTO keys BY NAME SELECT * REPLACE (coalesce(server, '*') AS server) FROM (SELECT unnest(${rows}, max_depth := 2))`,
    [JSON.stringify(keys)],
  );
}

async function isEmpty(duckdb: DuckDb, glob: string): Promise<boolean> {
  for await (const { files } of duckdb.rows('SELECT count(*) AS files FROM glob(?)', [glob])) return files === '0';
  return true;
}

async function readRows(duckdb: DuckDb): Promise<Omit<Rebuilt, 'leftOut'>> {
  const tables = new Map<string, Map<string, Row>>();
  const unsure: UnsureColumns[] = [];
  for await (const row of duckdb.rows(
    `SELECT server, database, schema, "table", key, "row", unsure FROM rows_after('lake')`,
  )) {
    const table = tableName(row as unknown as TableId);
    const rows = tables.get(table) ?? new Map<string, Row>();
    tables.set(table, rows);
    const [key, columns] = [row['key'] as string, row['unsure'] as string[]];
    rows.set(key, row['row'] === null ? {} : rowTokens(row['row'] as string));
    if (columns.length > 0) unsure.push({ table, key, columns });
  }
  return { tables, unsure };
}

async function readLeftOut(duckdb: DuckDb): Promise<LeftOut[]> {
  const leftOut: LeftOut[] = [];
  for await (const { reason, changes, ...table } of duckdb.rows(`FROM left_out_of('lake')`)) {
    leftOut.push({ table: tableName(table as unknown as TableId), reason: reason as string, changes: Number(changes) });
  }
  return leftOut;
}

/** A table function takes no parameters of the statement. */
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
