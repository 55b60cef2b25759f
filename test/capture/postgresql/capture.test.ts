import { inspect } from 'node:util';
import { startPostgres, type LocalPostgres } from '../../../local/postgres/postgres';
import { formatLsn, parseLsn } from '../../../src/lib/capture/postgresql/lsn';
import { Secret } from '../../../src/lib/config/secret';
import { Rig, silentWire } from './rig';
import { VERSIONS } from './source';

const TABLES = `
  create table orders (id bigint primary key, note text, total numeric);
  create table heap (id int, note text);`;

describe.each(VERSIONS)('PostgreSQL %s', (version) => {
  let server: LocalPostgres;
  let names = 0;

  beforeAll(async () => (server = await startPostgres({ version })), 60_000);
  afterAll(() => server[Symbol.asyncDispose]());

  const open = (tables = TABLES): Promise<Rig> => Rig.open(server, `shop_${(names += 1)}`, tables);

  test('changes arrive in the order of their commits, with exact values', async () => {
    await using rig = await open();
    await rig.begin();
    const run = rig.run();
    await rig.sql.query("insert into orders values (9007199254740993, 'a', 12.50), (2, 'b', 'NaN')");
    await rig.sql.query("begin; update orders set note = 'c' where id = 2; delete from orders where id = 2; commit");
    await rig.sql.query('truncate orders');
    await rig.hub.until((seen) => seen.length === 5);
    expect(await run.stop()).toBe('stopped');
    expect(rig.hub.inOrder().map(({ json }) => json.op)).toEqual(['c', 'c', 'u', 'd', 't']);
    expect(rig.hub.inOrder()[0]?.body.toString()).toContain('{"id":9007199254740993,"note":"a","total":"12.50"}');
  });

  test('what was stopped goes on where it was, and sends nothing twice', async () => {
    await using rig = await open();
    await rig.begin();
    for (let id = 1; id <= 5; id += 1) {
      const run = rig.run();
      await rig.sql.query(`insert into orders values (${id})`);
      await rig.hub.until((seen) => seen.length === id);
      await run.stop();
    }
    expect(rig.hub.seen).toHaveLength(5);
    expect(rig.hub.story('orders')).toBe('c1 c2 c3 c4 c5');
  });

  test('what was aborted before it was kept comes again, under the same ids', async () => {
    await using rig = await open();
    await rig.begin();
    const before = rig.progress.kept;
    const first = rig.run();
    await rig.sql.query('insert into orders select n from generate_series(1, 100) n');
    await rig.hub.until((seen) => seen.length === 100);
    await first.abort();
    // As if the process had died before it could write anything down.
    rig.progress.kept = before;
    const second = rig.run();
    await rig.sql.query('insert into orders values (101)');
    await rig.hub.until((seen) => seen.some(({ json }) => json.after?.['id'] === 101));
    await second.stop();
    expect(rig.hub.inOrder()).toHaveLength(101);
  });

  test('nothing is confirmed to the server that Event Hubs has not accepted', async () => {
    await using rig = await open();
    await rig.begin();
    let release = (): void => undefined;
    rig.hub.held = new Promise((resolve) => (release = resolve));
    const run = rig.run();
    const { rows } = await rig.sql.query<{ lsn: string }>(
      'insert into orders values (1) returning pg_current_wal_lsn() as lsn',
    );
    // A message that is not transactional is put behind it, and shows that all before was read.
    await new Promise<void>((resolve) => {
      rig.hub.onPut = () => {
        resolve();
        return undefined;
      };
      void rig.sql.query("select pg_logical_emit_message(false, 'mark', '')");
    });
    const confirmed = async (): Promise<boolean> => {
      const answer = await rig.sql.query<{ before: boolean }>(
        'select confirmed_flush_lsn <= $1::pg_lsn as before from pg_replication_slots where slot_name = $2',
        [rows[0]?.lsn, rig.database.slot],
      );
      return answer.rows[0]?.before === false;
    };
    expect(await confirmed()).toBe(false);
    release();
    rig.hub.held = null;
    await run.stop();
    expect(await confirmed()).toBe(true);
  });

  test('a refused event ends the run; the next one sends it again', async () => {
    await using rig = await open();
    await rig.begin();
    rig.hub.refusal = new Error('the hub is away');
    const run = rig.run();
    await rig.sql.query('insert into orders values (1), (2)');
    await expect(run.ended).rejects.toThrow(/SOURCE_FAILED.*the hub is away/);
    rig.hub.refusal = null;
    const again = rig.run();
    await rig.hub.until((seen) => seen.length === 2);
    await again.stop();
    expect(rig.hub.story('orders')).toBe('c1 c2');
  });

  test('an idle table does not hold the WAL: what others write is confirmed, too', async () => {
    await using rig = await open();
    await rig.begin({ tables: ['public.orders'] });
    const run = rig.run();
    await rig.sql.query("insert into heap select n, repeat('x', 1000) from generate_series(1, 2000) n");
    const { rows } = await rig.sql.query<{ lsn: string }>('select pg_current_wal_lsn()::text as lsn');
    const written = parseLsn(rows[0]?.lsn ?? '') ?? 0n;
    await rig.progress.until(({ safeLsn }) => safeLsn >= written);
    await run.stop();
    const slot = await rig.sql.query<{ free: boolean }>(
      'select confirmed_flush_lsn >= $1::pg_lsn as free from pg_replication_slots where slot_name = $2',
      [rows[0]?.lsn, rig.database.slot],
    );
    expect(slot.rows[0]?.free).toBe(true);
    expect(rig.hub.seen).toHaveLength(0);
  });

  test('a connection that is cut in the middle of a transaction loses nothing: all of it comes again, under the same ids', async () => {
    await using rig = await open();
    await rig.begin();
    let puts = 0;
    const run = rig.run();
    rig.hub.onPut = () => {
      puts += 1;
      if (puts !== 2_000) return undefined;
      rig.hub.onPut = null;
      const cut = 'select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = $1';
      return rig.sql.query(cut, [rig.database.slot]).then(() => undefined);
    };
    await rig.sql.query("insert into orders select n, repeat('x', 500) from generate_series(1, 20000) n");
    await expect(run.ended).rejects.toThrow(/^SOURCE_FAILED/);
    expect(puts).toBe(2_000);
    const again = rig.run();
    await rig.hub.until((seen) => seen.length >= 20_000);
    await again.stop();
    expect(rig.hub.inOrder()).toHaveLength(20_000);
  }, 30_000);

  test('a server that is gone without a word is given up', async () => {
    await using rig = await open();
    await rig.begin();
    await using wire = await silentWire(server.port);
    const url = new URL(rig.database.connectionString.reveal());
    url.port = String(wire.port);
    const run = rig.run({ connectionString: new Secret(url.href) }, { silenceMs: 300 });
    await rig.sql.query('insert into orders values (1)');
    await rig.hub.until((seen) => seen.length === 1);
    wire.silence();
    await expect(run.ended).rejects.toThrow(/SOURCE_FAILED.*the server has said nothing for 1 s/);
  });

  test('a server that has nothing to tell is not: it is asked, and answers', async () => {
    await using rig = await open();
    await rig.begin();
    const run = rig.run({}, { silenceMs: 100 });
    await rig.sql.query('insert into orders values (1)');
    await rig.hub.until((seen) => seen.length === 1);
    // Long enough for it to have been given up several times.
    await rig.sql.query('select pg_sleep(1)');
    await rig.sql.query('insert into orders values (2)');
    await rig.hub.until((seen) => seen.length === 2);
    expect(await run.stop()).toBe('stopped');
  });

  test('no error of capture holds the password', async () => {
    await using rig = await open();
    const url = new URL(rig.database.connectionString.reveal());
    url.password = 'canary-9d1f';
    const run = rig.run({ connectionString: new Secret(url.href) });
    const error: unknown = await run.ended.catch((reason: unknown) => reason);
    expect(String(error)).toMatch(/^PipelineError: SOURCE_FAILED: PostgreSQL shop_\d+: could not connect: 28P01/);
    expect(inspect(error, { depth: 10 })).not.toContain('canary-9d1f');
  });

  test('a transaction under way is brought to its end before a run stops', async () => {
    await using rig = await open();
    await rig.begin();
    let run: ReturnType<Rig['run']> | null = null;
    let ended: Promise<unknown> | null = null;
    rig.hub.onPut = () => {
      ended ??= run?.stop() ?? null;
      return undefined;
    };
    run = rig.run();
    await rig.sql.query('insert into orders select n from generate_series(1, 5000) n');
    await run.ended;
    expect(ended).not.toBeNull();
    expect(rig.hub.seen).toHaveLength(5_000);
    expect(formatLsn(rig.progress.kept?.safeLsn ?? 0n)).not.toBe(formatLsn(rig.progress.kept?.startLsn ?? 0n));
  });

  test('a second run at the same time does nothing, and says that the slot is busy', async () => {
    await using rig = await open();
    await rig.begin();
    const first = rig.run();
    await rig.sql.query('insert into orders values (1)');
    await rig.hub.until((seen) => seen.length === 1);
    expect(await rig.run().ended).toBe('busy');
    await first.stop();
  });

  test('whoever is overtaken stops', async () => {
    await using rig = await open();
    await rig.begin();
    const run = rig.run();
    await rig.sql.query('insert into orders values (1)');
    await rig.hub.until((seen) => seen.length === 1);
    await rig.progress.open().keep(rig.progress.kept as NonNullable<typeof rig.progress.kept>);
    await rig.sql.query('insert into orders values (2)');
    await expect(run.ended).rejects.toThrow(/^CAPTURE_OVERTAKEN/);
  }, 20_000);

  test('a restart of the server in the middle loses nothing', async () => {
    await using rig = await open();
    await rig.begin();
    const run = rig.run();
    await rig.sql.query('insert into orders select n from generate_series(1, 50) n');
    await rig.hub.until((seen) => seen.length === 50);
    await server.restart();
    await expect(run.ended).rejects.toThrow(/^SOURCE_FAILED: PostgreSQL shop_/);
    await using after = await Rig.open(server, `shop_${(names += 1)}`, TABLES);
    expect(after.hub.seen).toHaveLength(0);
    const again = rig.run();
    await rig.hub.until((seen) => seen.length >= 50);
    await again.stop();
    expect(rig.hub.inOrder()).toHaveLength(50);
  }, 30_000);

  describe('what was there before', () => {
    const filled = `${TABLES} insert into orders select n, 'n' || n, n from generate_series(1, 25000) n; insert into heap values (1, 'x'), (1, 'y');`;

    test('comes as a snapshot, exactly as it was when the slot was made; later changes stand behind it', async () => {
      await using rig = await open(filled);
      const run = rig.run({ snapshot: 'initial' });
      await rig.hub.until((seen) => seen.length > 0);
      await rig.sql.query("update orders set note = 'late' where id = 20000");
      await rig.sql.query('delete from orders where id = 25000');
      await rig.hub.until((seen) => seen.some(({ json }) => json.op === 'd'));
      await run.stop();
      const reads = rig.hub.inOrder().filter(({ json }) => json.op === 'r' && json.source.table === 'orders');
      expect(reads).toHaveLength(25_000);
      expect(reads.find(({ json }) => json.after?.['id'] === 20_000)?.json.after?.['note']).toBe('n20000');
      expect(
        rig.hub
          .inOrder()
          .slice(-2)
          .map(({ json }) => json.op),
      ).toEqual(['u', 'd']);
      expect(rig.hub.seen.filter(({ json }) => json.source.table === 'heap')).toHaveLength(2);
      expect(rig.progress.kept?.snapshot).toBeNull();
      expect(rig.snapshots.at(-1)).toMatchObject({
        table: '"public"."orders"',
        rows: 25_000,
        tablesDone: 2,
        tables: 2,
      });
    }, 30_000);

    test('a snapshot that was stopped half way goes on behind what Event Hubs has accepted', async () => {
      await using rig = await open(filled);
      let told = 0;
      const first = rig.run({ snapshot: 'initial' }, { onSnapshot: () => void (told += 1) });
      await rig.hub.until((seen) => seen.length > 5_000);
      await first.stop();
      expect(told).toBeGreaterThan(0);
      const sent = rig.hub.seen.length;
      expect(sent).toBeLessThan(25_002);
      await rig.sql.query('update orders set note = $1 where id in (1, 24999)', ['between']);
      const second = rig.run({ snapshot: 'initial' });
      await rig.hub.until((seen) => seen.filter(({ json }) => json.op === 'u').length === 2);
      await second.stop();
      const events = rig.hub.inOrder();
      // Nothing was read twice.
      expect(rig.hub.seen).toHaveLength(events.length);
      const state = new Map<unknown, unknown>();
      for (const { json } of events)
        if (json.source.table === 'orders') state.set(json.after?.['id'], json.after?.['note']);
      expect(state.size).toBe(25_000);
      expect([state.get(1), state.get(24_999), state.get(12_000)]).toEqual(['between', 'between', 'n12000']);
    }, 30_000);
  });

  describe('without the right to make anything', () => {
    test('a publication and a slot that are missing are told with the SQL that makes them', async () => {
      await using rig = await open();
      const run = rig.run({ create: false, tables: ['public.orders', 'public.heap'] });
      // Updates of a table without a key would be refused in the application.
      const publication =
        'CREATE PUBLICATION "change_lake" FOR TABLE "public"."orders"; ' +
        `CREATE PUBLICATION "change_lake_inserts" FOR TABLE "public"."heap" WITH (publish = 'insert, truncate');`;
      await expect(run.ended).rejects.toThrow(
        `SOURCE_NOT_READY: PostgreSQL ${rig.database.name}: there is no publication change_lake. ${publication}`,
      );
      await rig.sql.query(publication);
      const slot = `SELECT pg_create_logical_replication_slot('${rig.database.slot}', 'pgoutput');`;
      await expect(rig.run({ create: false }).ended).rejects.toThrow(slot);
      await rig.sql.query(slot);
      await rig.sql.query('insert into orders values (7)');
      const captured = rig.run({ create: false });
      await rig.hub.until((seen) => seen.length === 1);
      await captured.stop();
      expect(rig.hub.story('orders')).toBe('c7');
    });
  });
});
