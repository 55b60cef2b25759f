import { readFile } from 'node:fs/promises';
import { type ClientBase } from 'pg';
import { sqlFile } from '../../rebuild/duckdb';
import { keyText, tableName, type Row, type Rows, type TableKey, type Tables } from '../../rebuild/tables';
import { columnsOf } from './columns';
import { tokenOf } from './token';

/** How values are printed. */
const SETTINGS = `
set local datestyle = 'ISO'; set local timezone = 'UTC'; set local intervalstyle = 'iso_8601';
set local extra_float_digits = 1`;

/** The key columns of every table that has any. */
export async function tableKeys(client: ClientBase): Promise<TableKey[]> {
  return (await client.query<TableKey>(await readFile(sqlFile('postgresql_keys.sql'), 'utf8'))).rows;
}

/**
 * The rows of every table that has a key, at one moment, with their values as the JSON tokens that capture sends for them.
 * Nothing of `src` has a part in it: who judges capture does not ask it.
 */
export async function databaseRows(client: ClientBase): Promise<Tables> {
  return await reading(client, async () => {
    const tables = new Map<string, Rows>();
    for (const key of await tableKeys(client)) tables.set(tableName(key), await read(client, key));
    return tables;
  });
}

/** The rows of one table, as `databaseRows` has them. */
export async function tableRows(client: ClientBase, table: TableKey): Promise<Rows> {
  return await reading(client, () => read(client, table));
}

async function reading<T>(client: ClientBase, read: () => Promise<T>): Promise<T> {
  await client.query(`begin isolation level repeatable read read only;${SETTINGS}`);
  try {
    return await read();
  } finally {
    await client.query('rollback');
  }
}

async function read(client: ClientBase, { schema, table, columns: keys }: TableKey): Promise<Rows> {
  const columns = await columnsOf(client, schema ?? '', table ?? '');
  const name = await quotedName(client, schema, table);
  const { rows } = await client.query<string[]>({
    text: `select ${columns.map(tokenOf).join(', ')} from ${name}`,
    rowMode: 'array',
  });
  return new Map(
    rows.map((tokens) => {
      const row: Row = Object.fromEntries(columns.map((column, index) => [column.name, tokens[index] ?? 'null']));
      return [keyText(keys.map((key) => row[key] ?? 'null')), row];
    }),
  );
}

async function quotedName(client: ClientBase, schema: string | null, table: string | null): Promise<string> {
  const { rows } = await client.query<{ name: string }>(`select format('%I.%I', $1::text, $2::text) as name`, [
    schema,
    table,
  ]);
  return rows[0]?.name ?? '';
}
