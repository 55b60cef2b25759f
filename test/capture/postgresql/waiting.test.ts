import { Client } from 'pg';
import { startPostgres, type LocalPostgres } from '../../../local/postgres/postgres';
import { Rig } from './rig';

describe('PostgreSQL', () => {
  let server: LocalPostgres;
  let other: Client;
  let names = 0;

  beforeAll(async () => {
    server = await startPostgres({ version: 18 });
    other = new Client({ connectionString: server.connectionString });
    await other.connect();
  }, 60_000);
  afterAll(async () => {
    await other.end();
    await server[Symbol.asyncDispose]();
  });

  const open = (tables: string): Promise<Rig> => Rig.open(server, `waiting_${(names += 1)}`, tables);

  /** Resolves once a session of capture is as `condition` on `pg_stat_activity` says. */
  async function until(rig: Rig, condition: string): Promise<void> {
    const sql = `select from pg_stat_activity where datname = '${rig.database.name}' and application_name like 'change-lake%' and ${condition}`;
    while ((await other.query(sql)).rowCount === 0);
  }

  test('an abort ends a run while the server waits for other transactions to make the slot', async () => {
    await using rig = await open('create table a (id int primary key)');
    await rig.sql.query('begin; insert into a values (1)');
    const run = rig.run({ tables: ['public.a'] });
    await until(rig, "query like 'CREATE_REPLICATION_SLOT%' and wait_event_type = 'Lock'");
    expect(await run.abort()).toBe('stopped');
    await rig.sql.query('commit');
  });

  test('an abort ends a run while the snapshot waits for a table that another transaction has locked', async () => {
    await using rig = await open('create table a (id int primary key); insert into a values (1)');
    await rig.begin();
    await rig.progress.until(() => true);
    rig.progress.forget();
    await rig.sql.query('begin; lock table a in access exclusive mode');
    const run = rig.run({ snapshot: 'initial' });
    await until(rig, "wait_event_type = 'Lock'");
    expect(await run.abort()).toBe('stopped');
    await rig.sql.query('commit');
    const again = rig.run({ snapshot: 'initial' });
    await rig.hub.until((seen) => seen.length === 1);
    await again.stop();
  });
});
