import { startPostgres, type LocalPostgres } from '../../../local/postgres/postgres';
import { Secret } from '../../../src/lib/config/secret';
import { Rig } from './rig';
import { VERSIONS } from './source';

const TABLES = `
  create table orders (id bigint primary key, note text);
  create table heap (id int, note text);
  create table wide (id int, note text); alter table wide replica identity full;
  create schema "x.y"; create table "x.y"."z.1" (id int primary key, note text);
  create table parts (id int primary key, note text) partition by range (id);
  create table parts_1 partition of parts for values from (0) to (100);
  create table loose (id int, note text) partition by range (id);
  create table loose_1 partition of loose for values from (0) to (100);
  create unlogged table scratch (id int primary key);
  create view orders_view as select * from orders;`;

/** Tables of which updates are to come (`u_…`) and cannot come (`n_…`). */
const ROWS_AND_KEYS = `
  create table u_key (id int primary key, other int not null, note text);
  create table u_full (id int, other int not null, note text); alter table u_full replica identity full;
  create table u_index (id int, other int not null unique, note text); alter table u_index replica identity using index u_index_other_key;
  create table u_part (id int primary key, other int not null, note text) partition by range (id);
  create table u_part_1 partition of u_part default;
  create table n_none (id int, other int not null, note text);
  create table n_unique (id int unique, other int not null, note text);
  create table n_deferred (id int primary key deferrable, other int not null, note text);
  create table n_nothing (id int primary key, other int not null, note text); alter table n_nothing replica identity nothing;
  create table n_dropped (id int, other int not null, note text); create unique index n_dropped_index on n_dropped (other);
  alter table n_dropped replica identity using index n_dropped_index; drop index n_dropped_index;
  create table n_part (id int, other int not null, note text) partition by range (id);
  create table n_part_1 partition of n_part default;
  create table n_part_full (id int, other int not null, note text) partition by range (id); alter table n_part_full replica identity full;
  create table n_part_full_1 partition of n_part_full default; alter table n_part_full_1 replica identity full;
  create table n_part_nothing (id int primary key, other int not null, note text) partition by range (id);
  create table n_part_nothing_1 partition of n_part_nothing default; alter table n_part_nothing_1 replica identity nothing;`;
const GENERATED = `
  create table u_stored (id int, other int generated always as (id) stored primary key, note text);
  create table u_stored_full (id int, other int generated always as (id) stored, note text); alter table u_stored_full replica identity full;
  create table u_virtual (id int primary key, other int generated always as (id) virtual, note text);
  create table n_virtual_full (id int, other int generated always as (id) virtual, note text); alter table n_virtual_full replica identity full;`;
const EVERY = ['orders', 'heap', 'wide', '"x.y"."z.1"', 'parts', 'loose'];

/** Looks often, so that a test need not wait. */
const ROOM = { lookMs: 50 };

describe.each(VERSIONS)('PostgreSQL %s', (version) => {
  let server: LocalPostgres;
  let names = 0;

  beforeAll(async () => (server = await startPostgres({ version })), 60_000);
  afterAll(() => server[Symbol.asyncDispose]());

  const open = (tables = TABLES): Promise<Rig> => Rig.open(server, `pub_${(names += 1)}`, tables);

  const publicationsOf = async (rig: Rig): Promise<Record<string, string[]>> => {
    const { rows } = await rig.sql.query<{ pub: string; table: string }>(
      'select pubname as pub, prrelid::regclass::text as table from pg_publication_rel join pg_publication p on p.oid = prpubid order by 1, 2',
    );
    const found: Record<string, string[]> = {};
    for (const { pub, table } of rows) (found[pub] ??= []).push(table);
    return found;
  };

  const onlyWhile = async (condition: () => Promise<boolean>): Promise<void> => {
    while (await condition()) continue;
  };

  describe('create', () => {
    test('publishes every table so that the application can still update and delete in each; all changes that can come do', async () => {
      await using rig = await open();
      await rig.begin();
      expect(await publicationsOf(rig)).toEqual({
        change_lake: ['"x.y"."z.1"', 'orders', 'parts', 'wide'],
        change_lake_inserts: ['heap', 'loose'],
      });
      const run = rig.run({}, ROOM);
      for (const table of EVERY) {
        await rig.sql.query(`insert into ${table} values (1, 'a'), (2, 'b')`);
        await rig.sql.query(`update ${table} set note = 'c' where id = 1`);
        await rig.sql.query(`delete from ${table} where id = 2`);
      }
      await rig.sql.query("insert into orders values (99, 'end')");
      await rig.hub.until((seen) => seen.some(({ json }) => json.after?.['id'] === 99));
      await run.stop();
      const story = (table: string) => rig.hub.story(table).replace(/ c99$/, '');
      expect(['orders', 'z.1', 'wide', 'parts_1'].map(story)).toEqual(Array(4).fill('c1 c2 u1 d2'));
      expect(['heap', 'loose_1'].map(story)).toEqual(['c1 c2', 'c1 c2']);
      expect(rig.news).toContainEqual({
        kind: 'tables_without_updates',
        tables: [
          { table: '"public"."heap"', statement: 'ALTER TABLE public.heap REPLICA IDENTITY FULL;', isRefused: false },
          { table: '"public"."loose"', statement: 'ALTER TABLE public.loose ADD PRIMARY KEY (…);', isRefused: false },
        ],
      });
    }, 30_000);

    test('a table that is made later is found; one that loses its key, or wins one, moves, and nothing of it is lost', async () => {
      await using rig = await open();
      await rig.begin();
      const run = rig.run({}, ROOM);
      await rig.sql.query('create table later (id int primary key, note text)');
      await onlyWhile(async () => !(await publicationsOf(rig))['change_lake']?.includes('later'));
      await rig.sql.query("insert into later values (1, 'a')");
      await rig.sql.query('alter table later drop constraint later_pkey');
      await rig.sql.query("insert into later values (2, 'b')");
      await onlyWhile(async () => !(await publicationsOf(rig))['change_lake_inserts']?.includes('later'));
      await rig.sql.query("update later set note = 'c' where id = 2");
      await rig.sql.query("insert into later values (3, 'c')");
      await rig.sql.query('alter table later add primary key (id)');
      await rig.sql.query("insert into later values (4, 'd')");
      await onlyWhile(async () => !(await publicationsOf(rig))['change_lake']?.includes('later'));
      await rig.sql.query("update later set note = 'e' where id = 4");
      await rig.hub.until((seen) => seen.some(({ json }) => json.op === 'u'));
      await run.stop();
      expect(rig.hub.story('later')).toBe('c1 c2 c3 c4 u4');
      // The update of row 2, which no replica identity could state.
      expect(rig.setAside).toMatchObject([{ table: '"public"."later"', code: 'SOURCE_HISTORY_LOST', isRead: true }]);
      expect(rig.setAside[0]?.message).toContain('those made before are missing');
    }, 30_000);

    test('the tables of the setting are published alone, names with dots among them; one that is not there is named', async () => {
      await using rig = await open();
      await rig.begin({ tables: ['public.orders', '"x.y"."z.1"', 'public.heap'] });
      expect(await publicationsOf(rig)).toEqual({
        change_lake: ['"x.y"."z.1"', 'orders'],
        change_lake_inserts: ['heap'],
      });
      await using other = await open();
      await other.begin({ tables: ['public.orders', 'public.orders_view', 'x.y'] });
      expect(other.setAside).toMatchObject([
        { table: '"public"."orders_view"', code: 'SOURCE_NOT_READY' },
        { table: '"x"."y"', code: 'SOURCE_NOT_READY' },
      ]);
      expect(other.setAside[0]?.message).toContain('there is no such table that can be published');
    });

    test('whatever identifies the rows of a table, or does not, the application can update and delete in it', async () => {
      await using rig = await open(ROWS_AND_KEYS + (version === 18 ? GENERATED : ''));
      const { rows } = await rig.sql.query<{ table: string; updates: boolean }>(
        "select relname as table, relname like 'u%' as updates from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition order by 1",
      );
      await rig.begin();
      const run = rig.run({}, ROOM);
      for (const { table } of rows) {
        const columns = /stored|virtual/.test(table) ? '(id, note)' : '(id, note, other)';
        const values = ["1, 'a'", "2, 'b'"].map((one, index) => `(${one}${columns.length > 10 ? `, ${index}` : ''})`);
        await rig.sql.query(`insert into ${table} ${columns} values ${values.join()}`);
        await rig.sql.query(`update ${table} set note = 'c' where id = 1`);
        await rig.sql.query(`delete from ${table} where id = 2`);
      }
      await rig.sql.query("insert into u_key (id, other, note) values (99, 9, 'end')");
      await rig.hub.until((seen) => seen.some(({ json }) => json.after?.['id'] === 99));
      await run.stop();
      // A delete states the replica identity, which need not have the column `id`.
      const stories = rows.map(({ table }) => {
        const parts = [table, `${table}_1`].map((name) =>
          rig.hub.story(name).replace(/ c99$/, '').replace('dnull', 'd2'),
        );
        return [table, parts.join('')];
      });
      expect(stories).toEqual(rows.map(({ table, updates }) => [table, updates ? 'c1 c2 u1 d2' : 'c1 c2']));
      const named =
        rig.news.flatMap((news) => (news.kind === 'tables_without_updates' ? [news.tables] : [])).at(-1) ?? [];
      expect(named.map(({ table }) => table)).toEqual(
        rows.filter(({ updates }) => !updates).map(({ table }) => `"public"."${table}"`),
      );
      // Each statement gives what it says.
      for (const { statement } of named) await rig.sql.query(statement.replaceAll('(…)', '(id)'));
      const again = rig.run({}, ROOM);
      await onlyWhile(async () => (await publicationsOf(rig))['change_lake_inserts'] !== undefined);
      await again.stop();
    }, 60_000);

    test('publications that capture has not made stay as they are, and what is wrong with them is logged', async () => {
      await using rig = await open();
      await rig.sql.query('create publication change_lake for all tables');
      await rig.begin();
      await rig.sql.query('create table more (id int)');
      await rig.begin();
      expect(await publicationsOf(rig)).toEqual({});
      expect(rig.news).toContainEqual({
        kind: 'tables_without_updates',
        tables: [
          { table: '"public"."heap"', statement: 'ALTER TABLE public.heap REPLICA IDENTITY FULL;', isRefused: true },
          { table: '"public"."loose"', statement: 'ALTER TABLE public.loose ADD PRIMARY KEY (…);', isRefused: true },
        ],
      });
    });

    test.each(['change_lake', 'change_lake_inserts'])(
      'where %s alone is gone, a first run makes it again',
      async (gone) => {
        await using rig = await open();
        await rig.begin();
        const whole = await publicationsOf(rig);
        await rig.sql.query(`drop publication ${gone}`);
        rig.progress.forget();
        await expect(rig.run().ended).rejects.toThrow(`there is no publication ${gone}, and what the slot`);
        await rig.sql.query('select pg_drop_replication_slot($1)', [rig.database.slot]);
        await rig.begin();
        expect(await publicationsOf(rig)).toEqual(whole);
      },
    );

    test('what a slot holds that is older than the publication is not passed over', async () => {
      await using rig = await open();
      await rig.sql.query("select pg_create_logical_replication_slot($1, 'pgoutput')", [rig.database.slot]);
      await rig.sql.query("insert into orders values (1, 'unread')");
      await expect(rig.run().ended).rejects.toThrow(/SOURCE_NOT_READY.*SELECT pg_drop_replication_slot/);
      expect(rig.progress.kept).toBeNull();
    });

    test('a table of another role is set aside once with the statement for its owner until it is published; the others are captured', async () => {
      await using rig = await open();
      const role = `maker_${names}`;
      await rig.sql.query(`create role ${role} login replication password 'pw'`);
      await rig.sql.query(
        `grant create on database ${rig.database.name} to ${role}; alter table orders owner to ${role}`,
      );
      const url = new URL(rig.database.connectionString.reveal());
      [url.username, url.password] = [role, 'pw'];
      await rig.begin({ connectionString: new Secret(url.href), tables: ['public.orders', 'public.wide'] });
      expect(await publicationsOf(rig)).toEqual({ change_lake: ['orders'] });
      expect(rig.setAside).toMatchObject([{ table: '"public"."wide"', code: 'SOURCE_NOT_READY' }]);
      expect(rig.setAside).toHaveLength(1);
      expect(rig.setAside[0]?.message).toContain('ALTER PUBLICATION "change_lake" ADD TABLE "public"."wide"');
      await rig.sql.query('alter publication change_lake add table wide');
      await rig.begin({ connectionString: new Secret(url.href), tables: ['public.orders', 'public.wide'] });
      expect(rig.progress.kept?.setAside).toEqual([]);
    });
  });

  describe('what somebody else changes is never passed over', () => {
    const LOST =
      /^SOURCE_HISTORY_LOST: PostgreSQL pub_\d+: the publication change_lake was dropped.*reset postgres.*SELECT pg_drop_replication_slot/s;
    const PUBLISH = 'create publication change_lake for table orders, wide';

    const captured = async (rig: Rig): Promise<void> => {
      await rig.sql.query(PUBLISH);
      await rig.sql.query("select pg_create_logical_replication_slot($1, 'pgoutput')", [rig.database.slot]);
      rig.database = { ...rig.database, create: false };
      await rig.begin();
    };

    const confirmed = async (rig: Rig): Promise<string> =>
      (
        await rig.sql.query<{ lsn: string }>(
          'select confirmed_flush_lsn::text as lsn from pg_replication_slots where slot_name = $1',
          [rig.database.slot],
        )
      ).rows[0]?.lsn ?? '';

    test.each(['while it runs', 'while it does not'])(
      'a publication that was dropped and made anew %s',
      async (when) => {
        await using rig = await open();
        await captured(rig);
        const before = when === 'while it runs' ? rig.run() : null;
        const from = await confirmed(rig);
        await rig.sql.query('drop publication change_lake');
        await rig.sql.query("insert into orders values (1, 'unseen')");
        await rig.sql.query(PUBLISH);
        await rig.sql.query("insert into orders values (2, 'seen')");
        await expect((before ?? rig.run()).ended).rejects.toThrow(LOST);
        const { rows } = await rig.sql.query<{ is: boolean }>(
          `select pg_current_wal_lsn() > confirmed_flush_lsn as is from pg_replication_slots where slot_name = $1`,
          [rig.database.slot],
        );
        expect([from, rows[0]?.is]).toEqual([from, true]);
        await expect(rig.run().ended).rejects.toThrow(LOST);
        // As it says.
        await rig.sql.query('select pg_drop_replication_slot($1)', [rig.database.slot]);
        rig.progress.forget();
        const anew = rig.run({ create: true, snapshot: 'initial' });
        await rig.hub.until((seen) => seen.filter(({ json }) => json.op === 'r').length === 2);
        await anew.stop();
      },
      30_000,
    );

    test('a publication that is gone', async () => {
      await using rig = await open();
      await captured(rig);
      await rig.sql.query('drop publication change_lake');
      await expect(rig.run().ended).rejects.toThrow(LOST);
    });

    test.each([
      ['a table taken out', 'alter publication change_lake drop table orders', 'left', /is not published any more/],
      [
        'other operations',
        "alter publication change_lake set (publish = 'insert')",
        'changed',
        /is published as .* and was as/,
      ],
      [
        'a condition on rows',
        'alter publication change_lake set table orders where (id > 5), wide',
        'changed',
        /where/,
      ],
      [
        'a list of columns',
        'alter publication change_lake set table orders (id), wide',
        'changed',
        /change_lake iudt \(id\)/,
      ],
    ] as const)(
      '%s: the table is set aside with what may be missing, and the others go on',
      async (_name, sql, change, says) => {
        await using rig = await open();
        await captured(rig);
        const run = rig.run({}, ROOM);
        await rig.sql.query(sql);
        await rig.progress.until(({ setAside }) => setAside.length > 0);
        await rig.sql.query("insert into wide values (1, 'goes on')");
        await rig.hub.until((seen) => seen.some(({ json }) => json.source.table === 'wide'));
        await run.stop();
        const item = rig.progress.kept?.setAside.find(({ table }) => table === '"public"."orders"');
        expect(item).toMatchObject({ code: 'SOURCE_HISTORY_LOST', isRead: true });
        expect(item?.message).toMatch(says);
        expect(rig.news.flatMap((news) => (news.kind === 'publication_changed' ? news.changes : []))).toContainEqual(
          expect.objectContaining({ change, table: '"public"."orders"' }),
        );
      },
    );

    test('a table that was out and is in again: its changes come, and the record says which are missing', async () => {
      await using rig = await open();
      await captured(rig);
      await rig.sql.query('alter publication change_lake drop table orders');
      await rig.begin();
      await rig.sql.query("insert into orders values (1, 'unseen')");
      await rig.sql.query('alter publication change_lake add table orders');
      await rig.sql.query("insert into orders values (2, 'seen')");
      const run = rig.run({}, ROOM);
      await rig.hub.until((seen) => seen.length === 1);
      await run.stop();
      expect(rig.hub.story('orders')).toBe('c2');
      expect(rig.progress.kept?.setAside).toMatchObject([{ table: '"public"."orders"', isRead: true }]);
      expect(rig.progress.kept?.setAside[0]?.message).toContain('is published again');
    });

    test('a table that was taken out and put in again between two looks is set aside: what it missed is not known', async () => {
      await using rig = await open();
      await captured(rig);
      await rig.sql.query('alter publication change_lake drop table orders');
      await rig.sql.query("insert into orders values (1, 'unseen')");
      await rig.sql.query('alter publication change_lake add table orders');
      await rig.begin();
      expect(rig.setAside).toMatchObject([{ table: '"public"."orders"', code: 'SOURCE_HISTORY_LOST', isRead: true }]);
      expect(rig.setAside[0]?.message).toContain('was published otherwise for a time');
      // Another owner is no other publication.
      const role = `owner_${names}`;
      await rig.sql.query(`create role ${role}; alter publication change_lake owner to ${role}`);
      const logged = rig.news.length;
      await rig.begin();
      expect(rig.news).toHaveLength(logged);
    });

    test('a table that is dropped and made again under its name is not taken for the published one', async () => {
      await using rig = await open();
      await captured(rig);
      await rig.sql.query('drop table orders cascade; create table orders (id bigint primary key, note text)');
      await rig.begin();
      expect(rig.setAside).toMatchObject([{ table: '"public"."orders"', code: 'SOURCE_HISTORY_LOST' }]);
      expect(rig.setAside[0]?.message).toContain('ADD TABLE "public"."orders"');
    });

    test('a table that joins, is renamed, gets a column, or is dropped is no trouble', async () => {
      await using rig = await open();
      await captured(rig);
      const run = rig.run({}, ROOM);
      await rig.sql.query('alter publication change_lake add table parts; alter table wide rename to wider');
      await rig.sql.query('alter table orders add column more int; drop table wider');
      await rig.sql.query("insert into parts values (1, 'a')");
      await rig.hub.until((seen) => seen.length === 1);
      await run.stop();
      expect(rig.setAside).toEqual([]);
      expect(rig.news.some(({ kind }) => kind === 'publication_changed')).toBe(true);
    });

    test('a publication of inserts that is made later is read from then on', async () => {
      await using rig = await open();
      await captured(rig);
      const run = rig.run({}, ROOM);
      await rig.sql.query("insert into orders values (1, 'before')");
      await rig.sql.query("create publication change_lake_inserts for table heap with (publish = 'insert, truncate')");
      await rig.progress.until(({ published, safeLsn }) => {
        const late = published.publications.find(({ name }) => name === 'change_lake_inserts');
        return late !== undefined && late.fromLsn <= safeLsn;
      });
      await onlyWhile(async () => {
        await rig.sql.query("insert into heap values (1, 'a')");
        return !rig.hub.seen.some(({ json }) => json.source.table === 'heap');
      });
      await rig.sql.query("update heap set note = 'b'");
      expect(await run.stop()).toBe('stopped');
    }, 30_000);

    test('a table without a key that somebody publishes with updates is named, since PostgreSQL refuses them', async () => {
      await using rig = await open();
      await rig.sql.query('create publication change_lake for table heap');
      await rig.sql.query("select pg_create_logical_replication_slot($1, 'pgoutput')", [rig.database.slot]);
      await rig.begin({ create: false });
      expect(rig.news).toContainEqual({
        kind: 'tables_without_updates',
        tables: [
          { table: '"public"."heap"', statement: 'ALTER TABLE public.heap REPLICA IDENTITY FULL;', isRefused: true },
        ],
      });
    });
  });
});
