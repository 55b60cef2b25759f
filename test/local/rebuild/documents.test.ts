import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { startPostgres } from '../../../local/postgres/postgres';
import { DuckDb, sqlFile, type JsonRow } from '../../../local/rebuild/duckdb';
import { writeLake } from '../../../local/rebuild/lake-folder';
import { lakeOf, mongo, postgres } from './lake';

const ORDER = '{"id":7,"total":"12.50","placed":"2026-11-22T12:00:00.123456"}';
const WEB = { server: 'web', history: 1 };
const EVENTS = [
  postgres({ ...WEB, op: 'c', at: 1, index: 1, after: ORDER }),
  postgres({ ...WEB, op: 'c', at: 1, index: 2, after: ORDER.replace('7', '8').replace('"12.50"', '12.50') }),
  postgres({ ...WEB, op: 'd', at: 2, before: '{"id":8}' }),
  postgres({ ...WEB, op: 'c', at: 3, after: '{"order_id":7,"line":1,"n":2}', table: 'order_lines' }),
  postgres({ ...WEB, op: 'c', at: 4, after: '{"said":1.50}', table: 'log' }),
  mongo({ operation: 'insert', at: 5, key: '{"_id":1}', document: '{"_id":1}' }),
];
const KEYS = 'database,schema,table,columns\nshop,public,orders,"[""id""]"\n';

async function all(rows: AsyncIterable<JsonRow>): Promise<JsonRow[]> {
  const found: JsonRow[] = [];
  for await (const row of rows) found.push(row);
  return found;
}

/** The blocks marked as `sql` and nothing else, in order, each as its statements. */
async function blocksOf(document: string): Promise<string[][]> {
  const text = await readFile(path.resolve(__dirname, '../../../docs', document), 'utf8');
  return [...text.matchAll(/^```sql\n(.*?)^```$/gms)].map(([, block = '']) =>
    block
      .split(/;$/m)
      .map((statement) => statement.trim())
      .filter((statement) => statement !== ''),
  );
}

test('every statement of docs/current-state.md runs, one after the other, and tells what the document says', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'change-lake-documents-'));
  try {
    await writeLake(path.join(folder, 'lake'), lakeOf(EVENTS));
    await writeFile(path.join(folder, 'keys.csv'), KEYS);
    await using duckdb = await DuckDb.open({ file: path.join(folder, 'state.duckdb'), memoryLimit: '512MB' });
    const answers: JsonRow[][] = [];
    for (const statement of (await blocksOf('current-state.md')).flat()) {
      const here = statement.replaceAll(/'(lake\/|keys\.csv)/g, `'${folder}/$1`);
      answers.push(await all(duckdb.rows(here)));
    }
    const lines = { server: 'web', database: 'shop', schema: 'public', table: 'order_lines', key: '[7,1]' };
    const cart = { server: null, database: 'shop', schema: null, table: 'carts', key: '{"_id":1}', row: '{"_id":1}' };
    const order = { server: 'web', database: 'shop', schema: 'public', table: 'orders', key: '[7]', row: ORDER };
    const log = { table: 'log', reason: 'table without key columns', changes: '1' };
    const [
      inserted,
      imported,
      deletes,
      rows,
      leftOut,
      typed,
      kept,
      after,
      left,
      view,
      earlier,
      history,
      total,
      append,
    ] = answers;
    expect(answers).toHaveLength(14);
    expect([inserted, imported, typed, kept, view].map((answer) => answer?.length ?? 0)).toEqual([1, 1, 1, 1, 0]);
    expect(deletes).toEqual([{ database: 'shop', schema: 'public', table: 'orders', columns: ['id'], deletes: '1' }]);
    expect(rows).toHaveLength(3);
    expect(rows).toEqual(expect.arrayContaining([order, cart, expect.objectContaining(lines)]));
    expect(leftOut).toMatchObject([log]);
    expect(after).toHaveLength(3);
    expect(left).toMatchObject([log]);
    expect(earlier).toHaveLength(2);
    expect(history).toMatchObject([{ operation: 'create', committedTime: '2026-11-22T23:59:59.812345Z' }]);
    expect(total?.map((row) => row['total']).sort()).toEqual(['"12.50"', '12.50']);
    expect(append).toEqual([{ row: '{"said":1.50}' }]);
    expect(await all(duckdb.rows('FROM orders'))).toEqual([
      { id: '7', total: '12.50', placed: '2026-11-22 12:00:00.123456' },
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('the document says which of its SQL was not run', async () => {
  const text = await readFile(path.resolve(__dirname, '../../../docs/current-state.md'), 'utf8');
  const kinds = [...text.matchAll(/^```(\S.*)$/gm)].map(([, kind]) => kind);
  expect(new Set(kinds)).toEqual(new Set(['sql', 'ts', 'sql spark']));
  expect(text).toMatch(/Not run here:.*?\n\n```sql spark/s);
});

test('PostgreSQL tells the keys of its tables: the replica identity where one was chosen, else the primary key', async () => {
  await using server = await startPostgres();
  const client = new Client({ connectionString: server.connectionString });
  await client.connect();
  try {
    await client.query(`
      CREATE TABLE orders (total numeric, id bigint PRIMARY KEY);
      CREATE TABLE "order lines" (line int, "order" bigint, n int, PRIMARY KEY ("order", line) INCLUDE (n));
      CREATE TABLE chosen (id bigint PRIMARY KEY, name text NOT NULL UNIQUE);
      ALTER TABLE chosen REPLICA IDENTITY USING INDEX chosen_name_key;
      CREATE TABLE whole (id bigint PRIMARY KEY, note text);
      ALTER TABLE whole REPLICA IDENTITY FULL;
      CREATE TABLE keyless (id bigint);
      CREATE TABLE parts (id bigint PRIMARY KEY) PARTITION BY RANGE (id);`);
    const { rows } = await client.query(await readFile(sqlFile('postgresql_keys.sql'), 'utf8'));
    const key = (table: string, ...columns: string[]): object => ({
      database: 'postgres',
      schema: 'public',
      table,
      columns,
    });
    expect(rows).toEqual([
      key('chosen', 'name'),
      key('order lines', 'line', 'order'),
      key('orders', 'id'),
      key('parts', 'id'),
      key('whole', 'id'),
    ]);
  } finally {
    await client.end();
  }
});
