import { readFile } from 'node:fs/promises';
import { type ClientBase } from 'pg';
import { Bag } from '../../rebuild/bag';
import { sqlFile } from '../../rebuild/duckdb';
import {
  keyText,
  tableName,
  type Row,
  type Rows,
  type TableId,
  type TableKey,
  type Tables,
} from '../../rebuild/tables';
import { columnsOf, type Column } from './columns';
import { tokenOf } from './token';

/** How a database publishes its tables, and so what events can say of them. */
export interface Publishing {
  /** A partitioned table as the one that it is; else its partitions, each as a table. */
  readonly throughRoot: boolean;
  /** The generated columns that are stored, too. */
  readonly generated: boolean;
}

/** What a publication does unless it says otherwise. */
export const DEFAULT_PUBLISHING: Publishing = { throughRoot: false, generated: false };

/** How values are printed. */
const SETTINGS = `
set local datestyle = 'ISO'; set local timezone = 'UTC'; set local intervalstyle = 'iso_8601';
set local extra_float_digits = 1; set local row_security = off`;

/** What is published: of partitions either the root or the leaves. $1: through the root */
const TABLES = `
select current_database()::text as database, nspname::text as schema, relname::text as table,
  format('%s %I.%I', case relkind when 'r' then 'only' end, nspname, relname) as place
from pg_class join pg_namespace on pg_namespace.oid = relnamespace
where relkind in ('r', 'p') and relpersistence = 'p' and nspname not in ('pg_catalog', 'information_schema')
  and case when $1 then not relispartition else relkind = 'r' end
order by nspname, relname`;

interface Table extends TableId {
  /** Behind FROM: without the rows of tables that inherit from it. */
  readonly place: string;
}

/** The key columns of every table that has any. */
export async function tableKeys(client: ClientBase): Promise<TableKey[]> {
  return (await client.query<TableKey>(await readFile(sqlFile('postgresql_keys.sql'), 'utf8'))).rows;
}

/** The tables that have no key. */
export async function keylessTables(client: ClientBase, { throughRoot } = DEFAULT_PUBLISHING): Promise<TableId[]> {
  const keyed = new Set((await tableKeys(client)).map(tableName));
  return (await client.query<Table>(TABLES, [throughRoot])).rows.filter((table) => !keyed.has(tableName(table)));
}

/**
 * The rows of every table, at one moment, with their values as the JSON tokens that capture sends for them; those of a table
 * without a key as a {@link Bag}. Nothing of `src` has a part in it: who judges capture does not ask it.
 */
export async function databaseRows(client: ClientBase, publishing = DEFAULT_PUBLISHING): Promise<Tables> {
  return await reading(client, async () => {
    const keys = new Map((await tableKeys(client)).map((key) => [tableName(key), key.columns]));
    const tables = new Map<string, Rows>();
    for (const table of (await client.query<Table>(TABLES, [publishing.throughRoot])).rows) {
      const name = tableName(table);
      tables.set(name, await read(client, table, keys.get(name) ?? null, publishing));
    }
    return tables;
  });
}

async function reading<T>(client: ClientBase, read: () => Promise<T>): Promise<T> {
  await client.query(`begin isolation level repeatable read read only;${SETTINGS}`);
  try {
    return await read();
  } finally {
    await client.query('rollback');
  }
}

async function read(
  client: ClientBase,
  { schema, table, place }: Table,
  keys: readonly string[] | null,
  publishing: Publishing,
): Promise<Rows> {
  const columns = (await columnsOf(client, schema ?? '', table ?? '')).filter(
    ({ generated }) => generated === 'never' || (generated === 'stored' && publishing.generated),
  );
  const { rows } = await client.query<string[]>({
    text: `select ${columns.map(tokenOf).join(', ')} from ${place}`,
    rowMode: 'array',
  });
  const read = rows.map((tokens) => rowOf(columns, tokens));
  if (keys !== null) return new Map(read.map((row) => [keyText(keys.map((key) => row[key] ?? 'null')), row]));
  const bag = new Bag();
  for (const row of read) bag.add(row);
  return bag.rows;
}

const rowOf = (columns: readonly Column[], tokens: readonly string[]): Row =>
  Object.fromEntries(columns.map(({ name }, index) => [name, tokens[index] ?? 'null']));
