import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Client } from 'pg';
import { startPostgres } from '../../local/postgres/postgres';
import { MongoEntry, PostgresEntry } from '../../src/lib/config/capture-list';
import { Secret } from '../../src/lib/config/secret';
import { Rig } from './postgresql/rig';

/** What docs/capture.md says, done. */

const document = (): Promise<string> => readFile(path.resolve(__dirname, '../../docs/capture.md'), 'utf8');

/** The first cells of the table that follows `heading`. */
function keysBehind(text: string, heading: string): string[] {
  const table = /(?:^\|.*\n)+/m.exec(text.slice(text.indexOf(heading)))?.[0] ?? '';
  return [...table.matchAll(/^\| `(\w+)`/gm)].map(([, key]) => key ?? '');
}

test('it tells every key of both lists, and no other', async () => {
  const text = await document();
  expect(keysBehind(text, '## Settings')).toEqual(Object.keys(PostgresEntry.entries));
  expect(keysBehind(text, '## MongoDB')).toEqual(Object.keys(MongoEntry.entries));
});

test('a role with the rights that it lists, and no others, captures everything, snapshot included', async () => {
  const sql = /```sql\n([\s\S]*?)```/.exec(await document())?.[1] ?? '';
  expect(sql).toContain('CREATE ROLE capture LOGIN REPLICATION');
  await using server = await startPostgres();
  await using rig = await Rig.open(
    server,
    'shop',
    "create table orders (id bigint primary key, note text); create table customers (id bigint primary key); insert into orders values (1, 'there')",
  );
  // Each by itself, as psql sends them.
  for (const statement of sql.replaceAll('<password>', 'secret-1').split(/;.*\n/)) await rig.sql.query(statement);
  const { rows } = await rig.sql.query<{ rolsuper: boolean }>(
    "select rolsuper from pg_roles where rolname = 'capture'",
  );
  expect(rows).toEqual([{ rolsuper: false }]);
  const url = new URL(rig.database.connectionString.reveal());
  [url.username, url.password] = ['capture', 'secret-1'];
  const run = rig.run({ create: false, snapshot: 'initial', connectionString: new Secret(url.href) });
  await rig.hub.until((seen) => seen.length === 1);
  await rig.sql.query("update orders set note = 'changed' where id = 1; insert into customers values (7)");
  await rig.hub.until((seen) => seen.length === 3);
  expect(await run.stop()).toBe('stopped');
  expect(rig.hub.inOrder().map(({ json }) => json.op)).toEqual(['r', 'u', 'c']);

  // It may do no more than that.
  const client = new Client({ connectionString: url.href });
  await client.connect();
  await expect(client.query('delete from orders')).rejects.toThrow('permission denied');
  await client.end();
}, 60_000);
