import { startPostgres, type LocalPostgres } from '../../../local/postgres/postgres';
import { Rig, type Seen } from './rig';
import { ids, numbers, take } from './snapshots';
import { VERSIONS } from './source';

const PUBLISH = 'create publication change_lake for all tables;';

describe.each(VERSIONS)('PostgreSQL %s', (version) => {
  let server: LocalPostgres;
  let names = 0;

  beforeAll(async () => (server = await startPostgres({ version })), 60_000);
  afterAll(() => server[Symbol.asyncDispose]());

  const open = (sql: string): Promise<Rig> => Rig.open(server, `snapshot_${(names += 1)}`, sql);

  const byNumber = (values: unknown[]): unknown[] => values.sort((a, b) => Number(a) - Number(b));
  const count = (events: readonly Seen[]): number => new Set(events.map(({ eventId }) => eventId)).size;

  describe('goes on where it was', () => {
    const ORDERS = `create table orders (id bigint primary key, note text);
      insert into orders select n, 'n' || n from generate_series(1, 2500) n; ${PUBLISH}`;

    test('in the order of the key, no row twice, and counts the rows of all runs', async () => {
      await using rig = await open(ORDERS);
      const first = await take(rig, { rows: 1_000, stopWhen: (puts) => puts === 1_500 });
      expect(first).toMatchObject({ isThrough: false, told: [{ rows: 1_000 }, { rows: 1_500, tablesDone: 0 }] });
      const second = await take(rig, { rows: 1_000 });
      expect(second.isThrough).toBe(true);
      expect(second.told).toMatchObject([
        { rows: 2_500, tablesDone: 0 },
        { table: '"public"."orders"', rows: 2_500, tablesDone: 1, tables: 1 },
      ]);
      expect(ids(rig.hub.seen, 'orders')).toEqual(numbers(1, 2_500));
      expect(rig.progress.kept?.snapshot).toBeNull();
    });

    test('by bytes, and by time, too', async () => {
      await using rig = await open(ORDERS);
      let now = 0;
      const slow = await take(rig, { limits: { ms: 100 }, now: () => (now += 1) });
      // The clock goes on by one or more for each row.
      expect(slow.told.length).toBeGreaterThan(20);
      rig.progress.forget();
      const large = await take(rig, { limits: { bytes: 50_000 } });
      expect(large.told.length).toBeGreaterThan(10);
    });

    test('when it is killed between what Event Hubs has accepted and what is kept, and never keeps what was not accepted', async () => {
      await using rig = await open(ORDERS);
      rig.hub.onPut = () => {
        // The hub, or the lake, fails in turn at any of a run's rows.
        if (rig.hub.puts % 2 === 0) return undefined;
        rig.progress.failure =
          rig.hub.puts % 1_200 === 1 ? new Error('killed before it was kept') : rig.progress.failure;
        return undefined;
      };
      let runs = 0;
      for (; rig.progress.kept?.snapshot !== null; runs += 1) {
        await take(rig, { rows: 500 }).catch(() => undefined);
        expect(rig.progress.kept?.snapshot?.rows ?? 0).toBeLessThanOrEqual(rig.hub.once.length);
        rig.progress.failure = null;
      }
      expect(runs).toBeGreaterThan(1);
      expect(rig.hub.seen.length).toBeGreaterThan(2_500);
      expect(byNumber(ids(rig.hub.once, 'orders'))).toEqual(numbers(1, 2_500));
    });

    test('when the hub refuses what was put: nothing of it is kept', async () => {
      await using rig = await open(ORDERS);
      rig.hub.onPut = () => {
        if (rig.hub.puts === 700) rig.hub.refusal = new Error('the hub is away');
        return undefined;
      };
      await expect(take(rig, { rows: 500 })).rejects.toThrow('the hub is away');
      expect(rig.progress.kept?.snapshot).toMatchObject({ rows: 500, begun: [{ cursor: { after: ['500'] } }] });
      rig.hub.refusal = null;
      await take(rig);
      expect(ids(rig.hub.seen, 'orders')).toEqual(numbers(1, 2_500));
    });

    test('with a table that sorts before the one under way', async () => {
      await using rig = await open(ORDERS);
      await take(rig, { stopWhen: (puts) => puts === 1_500 });
      await rig.sql.query('create table a (id int primary key); insert into a values (1), (2), (3)');
      await take(rig, { rows: 1, stopWhen: () => true });
      await take(rig, { rows: 100 });
      expect(ids(rig.hub.seen, 'orders')).toEqual(numbers(1, 2_500));
      expect(ids(rig.hub.seen, 'a')).toEqual([1, 2, 3]);
    });

    test('from the first row where another table has the name, or the key is another', async () => {
      await using rig = await open(ORDERS);
      await take(rig, { stopWhen: (puts) => puts === 1_500 });
      await rig.sql.query(`drop table orders; create table orders (id bigint primary key, note text);
        insert into orders select n, 'other' from generate_series(1, 10) n`);
      const other = await take(rig, { stopWhen: (puts) => puts === 5 });
      await rig.sql.query('alter table orders drop constraint orders_pkey, alter id type text, add primary key (id)');
      const text = await take(rig);
      expect(ids(other.seen, 'orders')).toEqual(numbers(1, 5));
      expect(ids(text.seen, 'orders')).toEqual(['1', '10', '2', '3', '4', '5', '6', '7', '8', '9']);
      expect(text.told.at(-1)).toMatchObject({ rows: 10 });
    });

    test('where the key is of several columns, of types that have their own order, and needs quoting', async () => {
      await using rig = await open(`create type size as enum ('small', 'large');
        create table "or ders" ("a""b" size, at timestamptz, "N" numeric, t text collate "C", id int generated always as identity,
          primary key ("a""b", at, "N", t));
        insert into "or ders" select s::size, '2026-01-01Z'::timestamptz + n / 7 * interval '1 us', n % 3 * 0.5, 'x''' || n
          from generate_series(1, 200) n, unnest(array['small', 'large']) s; ${PUBLISH}`);
      for (let run = 0; run < 9 && rig.progress.kept?.snapshot !== null; run += 1) {
        await take(rig, { stopWhen: (puts) => puts === 101 });
      }
      expect(rig.progress.kept?.snapshot).toBeNull();
      expect(rig.hub.seen).toHaveLength(400);
      expect(count(rig.hub.seen)).toBe(400);
    });
  });

  describe('without a key that is published', () => {
    const LOG = `create table log (id int, note text); alter table log set (autovacuum_enabled = off);
      insert into log select n, repeat('x', 100) from generate_series(1, 3000) n;
      create publication change_lake for table log with (publish = 'insert, truncate');`;

    test('it goes on behind the blocks that were read, and counts the rows of all runs', async () => {
      await using rig = await open(LOG);
      let runs = 1;
      let before = 0;
      for (; !(await take(rig, { rows: 200, stopWhen: (puts) => puts === 600 })).isThrough; runs += 1) {
        const [log] = rig.progress.kept?.snapshot?.begun ?? [];
        expect(log?.rows).toBeGreaterThan(before);
        before = log?.rows ?? 0;
        expect(before).toBe(rig.hub.seen.length);
      }
      expect(runs).toBeGreaterThan(2);
      expect(byNumber(ids(rig.hub.seen, 'log'))).toEqual(numbers(1, 3_000));
      expect(count(rig.hub.seen)).toBe(3_000);
    });

    test('rows that are alike are different events, and each keeps its id', async () => {
      await using rig = await open(
        `create table log (a int, b text); insert into log select 1, 'x' from generate_series(1, 500); ${PUBLISH}`,
      );
      rig.progress.failure = new Error('killed');
      await expect(take(rig)).rejects.toThrow('killed');
      rig.progress.failure = null;
      await take(rig);
      expect(rig.hub.seen).toHaveLength(1_000);
      expect(count(rig.hub.seen)).toBe(500);
    });

    test.each([
      'vacuum full log',
      'alter table log alter id type bigint',
      'truncate log; insert into log values (1, null)',
    ])('a table that was rewritten begins at its first row: %s', async (rewrite) => {
      await using rig = await open(LOG);
      await take(rig, { rows: 200, stopWhen: (puts) => puts === 1_000 });
      await rig.sql.query('delete from log where id <= 500');
      for (const statement of rewrite.split('; ')) await rig.sql.query(statement);
      const { rows } = await rig.sql.query<{ id: string | number }>('select id from log order by id');
      const again = await take(rig);
      expect(byNumber(ids(again.seen, 'log')).map(Number)).toEqual(rows.map(({ id }) => Number(id)));
      expect(again.told.at(-1)).toMatchObject({ rows: rows.length });
    });

    test('each partition of a root is read once, and the name is the root’s', async () => {
      await using rig = await open(`create table root (at int, note text) partition by range (at);
        create table low partition of root for values from (0) to (1000);
        create table high partition of root for values from (1000) to (5000) partition by range (at);
        create table high_1 partition of high for values from (1000) to (5000);
        insert into root select n, repeat('x', 100) from generate_series(1, 3000) n;
        create publication change_lake for table root with (publish_via_partition_root);`);
      let isThrough = false;
      for (let run = 0; run < 50 && !isThrough; run += 1) {
        ({ isThrough } = await take(rig, { rows: 100, stopWhen: (puts) => puts === 900 }));
      }
      expect(byNumber(ids(rig.hub.seen, 'root', 'at'))).toEqual(numbers(1, 3_000));
      expect(rig.hub.seen).toHaveLength(3_000);
      expect(count(rig.hub.seen)).toBe(3_000);
    });

    test('a column list that leaves out a part of the key loses no row, and no two rows share an id', async () => {
      await using rig = await open(`create table t (a int, b int, note text, primary key (a, b));
        insert into t select 1, n, 'n' || n % 100 from generate_series(1, 2500) n;
        create publication change_lake for table t (a, note) with (publish = 'insert');`);
      await take(rig, { rows: 100, stopWhen: (puts) => puts === 900 });
      await take(rig);
      expect(rig.hub.seen).toHaveLength(2_500);
      expect(count(rig.hub.seen)).toBe(2_500);
      expect(rig.progress.kept?.snapshot).toBeNull();
    });
  });
});
