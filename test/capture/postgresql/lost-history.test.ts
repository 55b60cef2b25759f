import { startPostgres, type LocalPostgres } from '../../../local/postgres/postgres';
import { continueFromSlot } from '../../../src/lib/capture/postgresql/continue';
import { Rig } from './rig';
import { VERSIONS } from './source';

/** Lost history is told, and nothing is skipped. */

const TABLES = `
  create table orders (id bigint primary key, note text, total numeric);
  create table heap (id int, note text);`;

describe.each(VERSIONS)('PostgreSQL %s', (version) => {
  let server: LocalPostgres;
  let names = 0;

  beforeAll(async () => (server = await startPostgres({ version })), 60_000);
  afterAll(() => server[Symbol.asyncDispose]());

  const open = (tables = TABLES): Promise<Rig> => Rig.open(server, `shop_${(names += 1)}`, tables);

  const LOST = /^SOURCE_HISTORY_LOST: PostgreSQL shop_\d+: .*npm run capture -- reset postgres shop_\d+/s;

  test('a slot that was dropped', async () => {
    await using rig = await open();
    await rig.begin();
    await rig.sql.query('select pg_drop_replication_slot($1)', [rig.database.slot]);
    await expect(rig.run().ended).rejects.toThrow(LOST);
  });

  test('a slot that was dropped and made anew', async () => {
    await using rig = await open();
    await rig.begin();
    await rig.sql.query('select pg_drop_replication_slot($1)', [rig.database.slot]);
    await rig.sql.query('insert into orders values (1)');
    await rig.sql.query("select pg_create_logical_replication_slot($1, 'pgoutput')", [rig.database.slot]);
    await expect(rig.run().ended).rejects.toThrow(LOST);
  });

  test('a slot that somebody else has read', async () => {
    await using rig = await open();
    await rig.begin();
    await rig.sql.query('insert into orders values (1)');
    await rig.sql.query('select pg_replication_slot_advance($1, pg_current_wal_lsn())', [rig.database.slot]);
    await expect(rig.run().ended).rejects.toThrow(LOST);
    // Or the record is an older one: what cannot be known is not stated.
    await expect(rig.run().ended).rejects.toThrow(/Either the record is an older one, .* Or the slot was made anew/s);
    await expect(rig.run().ended).rejects.not.toThrow(/will stay so/);
  });

  test('a record that is older than the slot is set forward to it: the history goes on, without a snapshot', async () => {
    await using rig = await open();
    await rig.begin();
    const captureOrder = async (id: number): Promise<void> => {
      const run = rig.run();
      await rig.sql.query('insert into orders values ($1)', [id]);
      await rig.hub.until((seen) => seen.some(({ json }) => json.after?.['id'] === id));
      await run.stop();
    };
    await captureOrder(1);
    const older = rig.progress.kept;
    await captureOrder(2);
    const newer = rig.progress.kept;
    rig.progress.kept = older;
    await rig.sql.query('insert into orders values (3)');
    await expect(rig.run().ended).rejects.toThrow(/ reset postgres shop_\d+ --continue-from-slot\. /);
    const moved = await continueFromSlot(rig.database, rig.progress.open());
    expect(moved).toEqual({ fromLsn: older?.safeLsn, toLsn: newer?.safeLsn });
    await captureOrder(4);
    expect([rig.hub.story('orders'), rig.hub.seen.length, rig.progress.history]).toEqual(['c1 c2 c3 c4', 4, 1]);
    // It is not ahead any more: nothing is done.
    const kept = rig.progress.kept;
    const again = await continueFromSlot(rig.database, rig.progress.open());
    expect([again.fromLsn, rig.progress.kept]).toEqual([again.toLsn, kept]);
  });

  test('what else is wrong is not continued from', async () => {
    await using rig = await open();
    const refused = /^SOURCE_NOT_READY: PostgreSQL shop_\d+: nothing is kept/;
    await expect(continueFromSlot(rig.database, rig.progress.open())).rejects.toThrow(refused);
    await rig.begin();
    await rig.sql.query('select pg_drop_replication_slot($1)', [rig.database.slot]);
    await expect(continueFromSlot(rig.database, rig.progress.open())).rejects.toThrow(LOST);
  });

  test('a slot whose WAL the server has thrown away', async () => {
    await using small = await startPostgres({
      version,
      settings: { max_slot_wal_keep_size: '1MB', min_wal_size: '32MB', max_wal_size: '32MB' },
    });
    await using rig = await Rig.open(small, 'shop_0', TABLES);
    await rig.begin();
    for (let segment = 0; segment < 4; segment += 1) {
      await rig.sql.query("insert into heap select n, repeat('x', 1000) from generate_series(1, 2000) n");
      await rig.sql.query('select pg_switch_wal()');
      await rig.sql.query('checkpoint');
    }
    const { rows } = await rig.sql.query<{ wal_status: string }>('select wal_status from pg_replication_slots');
    expect(rows).toEqual([{ wal_status: 'lost' }]);
    const run = rig.run();
    await expect(run.ended).rejects.toThrow(LOST);
    await expect(run.ended).rejects.toThrow(/has given the replication slot change_lake_shop_0 up/);
    const drop = "SELECT pg_drop_replication_slot('change_lake_shop_0');";
    await expect(run.ended).rejects.toThrow(`, and: ${drop}`);
    // As it says: with the slot dropped, and forgotten, it begins anew.
    await rig.sql.query(drop);
    rig.progress.forget();
    await rig.sql.query('insert into orders values (7)');
    const anew = rig.run({ snapshot: 'initial' });
    await rig.hub.until((seen) => seen.some(({ json }) => json.source.table === 'orders'));
    await anew.stop();
    expect(rig.hub.story('orders')).toBe('r7');
  }, 30_000);

  test('another server', async () => {
    await using rig = await open();
    await rig.begin();
    rig.progress.kept = { ...(rig.progress.kept as NonNullable<typeof rig.progress.kept>), systemId: '1' };
    await expect(rig.run().ended).rejects.toThrow(LOST);
  });
});
