import { Client } from 'pg';
import { startPostgres, type LocalPostgres } from '../../local/postgres/postgres';
import { Rig } from './rig';

/** What the doctor says of tables whose updates do not come, or which PostgreSQL refuses the application. */

let rig: Rig;
let postgres: LocalPostgres;
let sql: Client;

beforeAll(async () => {
  [rig, postgres] = await Promise.all([Rig.start(), startPostgres()]);
  sql = new Client({ connectionString: postgres.connectionString });
  await sql.connect();
  await sql.query('create table keyed (id int primary key); create table log (t text)');
});
afterAll(async () => {
  await sql.end();
  await postgres[Symbol.asyncDispose]();
  await rig[Symbol.asyncDispose]();
});
beforeEach(() => rig.reset());

const CHECK = 'capture-postgresql-shop-updates';
const look = async () => {
  const { connectionString } = postgres;
  const env = { CAPTURE_POSTGRES: '[{"name":"shop","connection":"SHOP","create":true}]', SHOP: connectionString };
  return (await rig.examine(env)).check(CHECK);
};

test('a table without updates is a warning with its statement, one whose updates are refused a failure, and neither once it has a key', async () => {
  await sql.query('create publication change_lake for table keyed');
  expect(await look()).toMatchObject({ outcome: 'ok' });
  await sql.query("create publication change_lake_inserts for table log with (publish = 'insert, truncate')");
  expect(await look()).toMatchObject({
    outcome: 'warning',
    found: expect.stringContaining('"public"."log"') as string,
    fix: 'ALTER TABLE public.log REPLICA IDENTITY FULL;',
  });
  await sql.query('alter publication change_lake add table log');
  await expect(sql.query('delete from log')).rejects.toThrow('does not have a replica identity');
  expect(await look()).toMatchObject({
    outcome: 'failed',
    found: expect.stringContaining("refuses the application's") as string,
  });
  await sql.query('alter table log replica identity full');
  expect(await look()).toMatchObject({ outcome: 'ok' });
}, 120_000);
