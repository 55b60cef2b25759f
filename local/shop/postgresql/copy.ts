import { pipeline } from 'node:stream/promises';
import { type ClientBase } from 'pg';
import { from } from 'pg-copy-streams';
import { copyOf, copyText } from './statements';
import { type Row, type TableName } from './table';

/** COPY, which puts several rows under one LSN. At least one row, and all with the same columns in the same order. */
export async function copyRows(client: ClientBase, table: TableName, rows: readonly Row[]): Promise<number> {
  const stream = client.query(from(copyOf(table, Object.keys(rows[0] ?? {}))));
  await pipeline([copyText(rows)], stream);
  return stream.rowCount;
}
