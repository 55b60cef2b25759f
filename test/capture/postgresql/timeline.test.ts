import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { startPostgres, type LocalPostgres } from '../../../local/postgres/postgres';
import { type Settings } from '../../../local/postgres/settings';
import { formatLsn } from '../../../src/lib/capture/postgresql/lsn';
import {
  commonUntil,
  logPathJson,
  parseLogPath,
  parseTimelineHistory,
  type Branch,
} from '../../../src/lib/capture/postgresql/timeline';
import { Rig } from './rig';
import { own, VERSIONS } from './source';

const at = (...ends: bigint[]): Branch[] => ends.map((endsAt, index) => ({ timeline: index + 1, endsAt }));

describe('up to where two logs are the same', () => {
  test.each([
    ['the same timeline: its end', { timeline: 1, ancestors: [] }, { timeline: 1, ancestors: [], endLsn: 90n }, 90n],
    [
      'promoted: the switch point',
      { timeline: 1, ancestors: [] },
      { timeline: 2, ancestors: at(50n), endLsn: 90n },
      50n,
    ],
    ['promoted twice', { timeline: 1, ancestors: [] }, { timeline: 3, ancestors: at(50n, 60n), endLsn: 90n }, 50n],
    ['promoted again', { timeline: 2, ancestors: at(50n) }, { timeline: 3, ancestors: at(50n, 60n), endLsn: 90n }, 60n],
    ['the former primary', { timeline: 2, ancestors: at(50n) }, { timeline: 1, ancestors: [], endLsn: 90n }, 50n],
    ['a sister timeline', { timeline: 2, ancestors: at(50n) }, { timeline: 2, ancestors: at(40n), endLsn: 90n }, 40n],
    ['a later sister', { timeline: 2, ancestors: at(50n) }, { timeline: 2, ancestors: at(55n), endLsn: 90n }, 50n],
    [
      'a branch of the first beside the second',
      { timeline: 2, ancestors: at(50n) },
      { timeline: 3, ancestors: at(60n), endLsn: 90n },
      50n,
    ],
    ['the history is gone', { timeline: 1, ancestors: [] }, { timeline: 2, ancestors: null, endLsn: 90n }, null],
    ['the same, without history', { timeline: 2, ancestors: null }, { timeline: 2, ancestors: null, endLsn: 90n }, 90n],
  ])('%s', (_name, known, server, expected) => {
    expect(commonUntil(known, server)).toBe(expected);
  });

  test('a history file is read as the server writes it, reasons and comments left aside', () => {
    expect(
      parseTimelineHistory(
        '1\t0/3000000\tbefore 2000-01-01 "x\\y"\n\n# a comment 1 0/1\n2\t1A/B374D848\tno recovery target specified\n',
      ),
    ).toEqual([
      { timeline: 1, endsAt: 0x3000000n },
      { timeline: 2, endsAt: 0x1a_b374d848n },
    ]);
  });

  test.each([
    { timeline: 2, ancestors: at(50n) },
    { timeline: 2, ancestors: null },
  ])('%j is read as it was written', (log) => {
    expect(parseLogPath(JSON.parse(JSON.stringify(logPathJson(log))) as Record<string, unknown>)).toEqual(log);
  });
});

const TABLES = 'create table orders (id bigint primary key, note text); create table noise (n int, t text);';
const NOISE = "insert into noise select n, repeat('x', 1000) from generate_series(1, 3000) n";

describe.each(VERSIONS)('PostgreSQL %s', (version) => {
  let home: string;
  beforeEach(async () => (home = await mkdtemp(path.join(tmpdir(), 'change-lake-timeline-'))));
  afterEach(() => rm(home, { recursive: true, force: true }));

  const folder = (name: string): string => path.join(home, name);
  const start = (name: string, port?: number, settings: Settings = {}): Promise<LocalPostgres> =>
    startPostgres({
      version,
      folder: folder(name),
      settings: { fsync: 'off', ...settings },
      ...(port === undefined ? {} : { port }),
    });

  /** A copy of the stopped server `from`, as a backup or a standby has it; `signal` decides how it starts. */
  const copy = async (from: string, to: string, signal?: 'recovery.signal' | 'standby.signal'): Promise<void> => {
    await cp(folder(from), folder(to), { recursive: true, preserveTimestamps: true });
    await own(folder(from), folder(to));
    if (signal !== undefined) await writeFile(path.join(folder(to), 'data', signal), '', { mode: 0o644 });
  };

  /** A statement on a connection of its own: the server under the rig's may be another by now. */
  const sql = async (rig: Rig, ...statements: string[]): Promise<Record<string, unknown>[]> => {
    const client = new Client({ connectionString: rig.database.connectionString.reveal() });
    await client.connect();
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) ({ rows } = await client.query<Record<string, unknown>>(statement));
    await client.end();
    return rows;
  };

  /** Captures what `statements` do, up to the order `id`. */
  const captureTo = async (rig: Rig, id: number, ...statements: string[]): Promise<void> => {
    const run = rig.run();
    const seen = rig.hub.until((events) => events.some(({ json }) => json.after?.['id'] === id));
    await sql(rig, ...statements);
    await Promise.race([seen, run.ended.then(() => Promise.reject(new Error('ended')))]);
    await run.stop();
  };

  /** A server whose first order was captured, stopped and copied; then the second was captured and it stopped for good. */
  const withLaggingCopy = async (signal?: 'recovery.signal'): Promise<{ rig: Rig; port: number }> => {
    let server = await start('a');
    const { port } = server;
    const rig = await Rig.open(server, 'shop', TABLES);
    await rig.begin();
    await captureTo(rig, 1, 'insert into orders values (1)');
    await rig.sql.end();
    await server.stop();
    await copy('a', 'b', signal);
    server = await start('a', port);
    await captureTo(rig, 2, NOISE, 'insert into orders values (2)');
    await server.stop();
    return { rig, port };
  };

  const LOST =
    /^SOURCE_HISTORY_LOST: PostgreSQL shop: the server's log \(timeline \d, now at .*only up to .*npm run capture -- reset postgres shop/s;

  test.each([
    ['a disk that was put back to an earlier state', undefined, {}],
    [
      'a standby that lagged and was promoted, with its slot',
      'recovery.signal',
      { restore_command: 'false', hot_standby: 'off' },
    ],
  ] as const)(
    '%s is lost history, before a single change is skipped',
    async (_name, signal, settings) => {
      const { rig, port } = await withLaggingCopy(signal);
      await using server = await start('b', port, settings);
      expect(server.port).toBe(port);
      const safeLsn = rig.progress.kept?.safeLsn ?? 0n;
      const run = rig.run();
      await expect(run.ended).rejects.toThrow(LOST);
      await expect(run.ended).rejects.toThrow(formatLsn(safeLsn));
      const [slot] = await sql(
        rig,
        `select confirmed_flush_lsn < '${formatLsn(safeLsn)}' as untouched from pg_replication_slots`,
      );
      expect(slot).toEqual({ untouched: true });
      // As it says: a new history, with a snapshot; then everything comes.
      rig.progress.forget();
      const anew = rig.run({ snapshot: 'initial' });
      await rig.hub.until((seen) => seen.some(({ json }) => json.op === 'r'));
      await anew.stop();
      await captureTo(rig, 150, 'insert into orders select generate_series(100, 150)');
      const ids = new Set(rig.hub.seen.map(({ json }) => json.after?.['id']));
      expect(Array.from({ length: 51 }, (_, index) => 100 + index).filter((id) => !ids.has(id))).toEqual([]);
    },
    90_000,
  );

  test('a promoted standby whose log has passed the position that was captured is still another log', async () => {
    const { rig, port } = await withLaggingCopy('recovery.signal');
    await using server = await start('b', port, { restore_command: 'false', hot_standby: 'off' });
    await sql(rig, NOISE, NOISE, 'insert into orders values (3)');
    const [row] = await sql(
      rig,
      `select pg_current_wal_lsn() > '${formatLsn(rig.progress.kept?.safeLsn ?? 0n)}' as beyond`,
    );
    expect([server.port, row]).toEqual([port, { beyond: true }]);
    await expect(rig.run().ended).rejects.toThrow(LOST);
  }, 90_000);

  test('a disk that was put back, whose log has passed the position that was captured, is another log', async () => {
    const { rig, port } = await withLaggingCopy();
    await using server = await start('b', port);
    await sql(rig, NOISE, NOISE, 'insert into orders values (3)');
    const [row] = await sql(
      rig,
      `select pg_current_wal_lsn() > '${formatLsn(rig.progress.kept?.safeLsn ?? 0n)}' as beyond`,
    );
    expect([server.port, row]).toEqual([port, { beyond: true }]);
    const run = rig.run();
    await expect(run.ended).rejects.toThrow(/^SOURCE_HISTORY_LOST: .*does not have the transaction \d+ at .*put back/s);
    // Nothing was confirmed: the slot still stands where the disk had it.
    const [slot] = await sql(
      rig,
      `select confirmed_flush_lsn < '${formatLsn(rig.progress.kept?.last?.commitLsn ?? 0n)}' as untouched from pg_replication_slots`,
    );
    expect(slot).toEqual({ untouched: true });
  }, 90_000);

  test('a disk that was put back to where nothing was captured since is read from its slot on: what it makes now comes', async () => {
    let server = await start('a');
    const { port } = server;
    const rig = await Rig.open(server, 'shop', TABLES);
    rig.database = { ...rig.database, tables: ['public.orders'] };
    await rig.begin();
    await captureTo(rig, 1, 'insert into orders values (1)');
    await rig.sql.end();
    await server.stop();
    await copy('a', 'b');
    server = await start('a', port);
    // Only what is not published is written: the position moves, and no transaction is captured.
    const before = rig.progress.kept?.safeLsn ?? 0n;
    const run = rig.run();
    await sql(rig, NOISE);
    await rig.progress.until(({ safeLsn }) => safeLsn > before + 1_000_000n);
    await run.stop();
    await server.stop();
    server = await start('b', port);
    await sql(rig, 'insert into orders values (2)', NOISE, NOISE);
    await captureTo(rig, 3, 'insert into orders values (3)');
    await server.stop();
    expect(rig.hub.story('orders')).toBe('c1 c2 c3');
  }, 90_000);

  test('after a server that was killed, the transaction that was captured last comes again, is known, and is not sent again', async () => {
    let server = await start('a');
    const { port } = server;
    const rig = await Rig.open(server, 'shop', TABLES);
    await rig.begin();
    await captureTo(rig, 1, 'insert into orders values (1)', 'checkpoint');
    await captureTo(rig, 2, 'insert into orders values (2)');
    await rig.sql.end();
    await server.kill();
    server = await start('a', port);
    const [slot] = await sql(
      rig,
      `select confirmed_flush_lsn <= '${formatLsn(rig.progress.kept?.last?.commitLsn ?? 0n)}' as behind from pg_replication_slots`,
    );
    expect(slot).toEqual({ behind: true });
    await captureTo(rig, 3, 'insert into orders values (3)');
    await server.stop();
    expect(rig.hub.seen.map(({ json }) => json.after?.['id'])).toEqual([1, 2, 3]);
  }, 90_000);

  test('a standby that had everything goes on when it is promoted, and so does the next one; before that it is no primary', async () => {
    let server = await start('a');
    const { port } = server;
    const rig = await Rig.open(server, 'shop', TABLES);
    await rig.begin();
    await captureTo(rig, 1, 'insert into orders values (1)');
    await rig.sql.end();
    await server.stop();
    for (const [from, to, id] of [
      ['a', 'b', 2],
      ['b', 'c', 3],
    ] as const) {
      await copy(from, to, 'standby.signal');
      server = await start(to, port);
      const early: unknown = await rig.run().ended.catch((error: unknown) => error);
      expect(early).toMatchObject({ code: 'SOURCE_NOT_READY', retryable: true });
      expect(String(early)).toContain('this server is a standby');
      await sql(rig, 'select pg_promote()');
      await captureTo(rig, id, `insert into orders values (${id})`);
      expect(rig.progress.kept?.log.timeline).toBe(id);
      await server.stop();
    }
    expect(rig.hub.story('orders')).toBe('c1 c2 c3');
    expect(rig.progress.kept?.log.ancestors?.map(({ timeline }) => timeline)).toEqual([1, 2]);
  }, 90_000);
});
