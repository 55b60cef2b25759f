import { Client } from 'pg';
import { startPostgres, type LocalPostgres } from '../../../local/postgres/postgres';
import { copySql, type SnapshotTable } from '../../../src/lib/capture/postgresql/snapshot-tables';
import { Secret } from '../../../src/lib/config/secret';
import { Rig } from './rig';
import { ids, numbers, take } from './snapshots';
import { VERSIONS } from './source';

const PUBLISH = 'create publication change_lake for all tables;';

describe.each(VERSIONS)('PostgreSQL %s', (version) => {
  let server: LocalPostgres;
  let names = 0;

  beforeAll(async () => (server = await startPostgres({ version })), 60_000);
  afterAll(() => server[Symbol.asyncDispose]());

  const open = (sql: string): Promise<Rig> => Rig.open(server, `tables_${(names += 1)}`, sql);

  /** From now on the rig's database is read by a role that is no superuser. */
  async function as(rig: Rig, role: string, grants: string): Promise<void> {
    await rig.sql.query(`create role ${role} login password 'pw'; ${grants}`);
    const url = new URL(rig.database.connectionString.reveal());
    [url.username, url.password] = [role, 'pw'];
    rig.database = { ...rig.database, connectionString: new Secret(url.href) };
  }

  describe('a table that cannot be read is set aside, and the others are read', () => {
    const TWO = `create table a (id int primary key, tenant text); create table z (id int primary key);
      insert into a values (1, 'x'), (2, 'y'); insert into z values (1); ${PUBLISH}`;

    test('where policies hide rows from the role; with the statement that mends it, once it is mended the rows come', async () => {
      await using rig = await open(`${TWO} alter table a enable row level security;
        create policy own on a using (tenant = current_setting('app.tenant', true));`);
      const role = `reader_${version}_${names}`;
      await as(rig, role, `grant select on a, z to ${role}`);
      const first = await take(rig);
      expect(first.isThrough).toBe(true);
      expect([ids(first.seen, 'a'), ids(first.seen, 'z')]).toEqual([[], [1]]);
      expect(first.setAside).toMatchObject([{ table: '"public"."a"', code: 'SOURCE_NOT_READY', isRead: true }]);
      const { message = '' } = first.setAside[0] ?? {};
      expect(message).toContain('42501');
      expect(message).toContain(`ALTER ROLE "${role}" BYPASSRLS;`);
      expect(rig.progress.kept).toMatchObject({ snapshot: { done: ['"public"."z"'] }, setAside: [{ message }] });
      // Nothing has changed: it is logged once in a run, and the others are not read again.
      const second = await take(rig);
      expect([second.seen.length, second.setAside.length]).toEqual([0, 1]);
      await rig.sql.query(/ALTER ROLE [^;]*;/.exec(message)?.[0] ?? '');
      const third = await take(rig);
      expect(ids(third.seen, 'a')).toEqual([1, 2]);
      expect(rig.progress.kept).toMatchObject({ snapshot: null, setAside: [] });
    });

    test('where the role may not read it', async () => {
      await using rig = await open(TWO);
      const role = `reader_${version}_${names}`;
      await as(rig, role, `grant select on z to ${role}`);
      const { seen, setAside } = await take(rig);
      expect(ids(seen, 'z')).toEqual([1]);
      expect(setAside).toMatchObject([{ code: 'SOURCE_NOT_READY', isRead: true }]);
      await rig.sql.query(/GRANT SELECT [^;]*;/.exec(setAside[0]?.message ?? '')?.[0] ?? '');
      expect(ids((await take(rig)).seen, 'a')).toEqual([1, 2]);
    });

    test('where a row of it cannot be read: what lies before is not sent again and again', async () => {
      await using rig = await open(`create table a (id int primary key); insert into a values (1);
        create table broken (id int primary key, note text); insert into broken select n, repeat('x', 1000) from generate_series(1, 500) n;
        create publication change_lake for table a, broken where (1 / (id - 400) < 9);`);
      // By the index: a sort would meet the row before it gave any.
      for (const way of ['sort', 'seqscan', 'bitmapscan']) {
        await rig.sql.query(`alter database ${rig.database.name} set enable_${way} = off`);
      }
      const first = await take(rig, { rows: 50 });
      expect(first.setAside).toMatchObject([{ table: '"public"."broken"', code: 'SOURCE_FAILED', isRead: true }]);
      expect(first.setAside[0]?.message).toContain('22012');
      const second = await take(rig, { rows: 50 });
      expect(second.isThrough).toBe(true);
      const sent = ids(rig.hub.seen, 'broken');
      expect(sent.length).toBeGreaterThan(50);
      expect(sent).toEqual(numbers(1, sent.length));
      await rig.sql.query('delete from broken where id = 400');
      await take(rig);
      expect(ids(rig.hub.seen, 'broken')).toEqual(numbers(1, 500).filter((id) => id !== 400));
      expect(rig.progress.kept).toMatchObject({ snapshot: null, setAside: [] });
    });

    test('a table that is published no more is forgotten', async () => {
      await using rig = await open(TWO);
      const role = `reader_${version}_${names}`;
      await as(rig, role, `grant select on z to ${role}`);
      await take(rig);
      await rig.sql.query('drop table a');
      await take(rig);
      expect(rig.progress.kept).toMatchObject({ snapshot: null, setAside: [] });
    });
  });

  test('an error of the server is no table’s: the run fails, and the next one goes on', async () => {
    await using rig = await open(`create table a (id int primary key, note text);
      insert into a select n, repeat('x', 1000) from generate_series(1, 3000) n; ${PUBLISH}`);
    rig.hub.onPut = () => {
      if (rig.hub.puts !== 100) return undefined;
      const kill =
        "select pg_terminate_backend(pid) from pg_stat_activity where query like 'copy%' and datname = current_database()";
      return rig.sql.query(kill).then(() => undefined);
    };
    await expect(take(rig, { rows: 50 })).rejects.toThrow();
    expect(rig.progress.kept?.setAside).toEqual([]);
    rig.hub.onPut = null;
    await take(rig);
    expect(new Set(ids(rig.hub.seen, 'a')).size).toBe(3_000);
  });

  test('rows are those of their own table: an heir’s are not its parent’s', async () => {
    await using rig =
      await open(`create table parent (id int primary key); create table child (primary key (id)) inherits (parent);
      create table keyless (id int); create table heir () inherits (keyless);
      insert into parent values (1); insert into child values (2), (3); insert into keyless values (4); insert into heir values (5);
      ${PUBLISH}`);
    const { seen } = await take(rig);
    const told = seen.map(({ json }) => `${json.source.table} ${JSON.stringify(json.after?.['id'])}`);
    expect(told.sort()).toEqual(['child 2', 'child 3', 'heir 5', 'keyless 4', 'parent 1']);
  });

  test.each([
    ['its partitions', '', ['high 2', 'low 1']],
    ['its root', 'with (publish_via_partition_root)', ['root 1', 'root 2']],
  ])('rows of a partitioned table come under the name of %s', async (_, how, expected) => {
    await using rig = await open(`create table root (id int primary key) partition by range (id);
      create table low partition of root for values from (0) to (2); create table high partition of root for values from (2) to (9);
      insert into root values (1), (2); create publication change_lake for table root ${how};`);
    const { seen } = await take(rig);
    expect(seen.map(({ json }) => `${json.source.table} ${JSON.stringify(json.after?.['id'])}`).sort()).toEqual(
      expected,
    );
  });

  test('rows that the publication does not send are not in the snapshot, whether a table has a key or not', async () => {
    await using rig = await open(`create table a (id int primary key, note text); create table log (id int);
      insert into a select n from generate_series(1, 100) n; insert into log select n from generate_series(1, 100) n;
      create publication change_lake for table a where (id > 90 or id = 7), log where (id <= 3) with (publish = 'insert');`);
    await take(rig, { rows: 1, stopWhen: (puts) => puts === 4 });
    await take(rig);
    expect(ids(rig.hub.seen, 'a')).toEqual([7, ...numbers(91, 100)]);
    expect(ids(rig.hub.seen, 'log')).toEqual([1, 2, 3]);
  });

  test('rows have the columns that the stream’s have', async () => {
    const generated = version === 18 ? 'with (publish_generated_columns = stored)' : '';
    await using rig = await open(`create table t (id int primary key, a int, b int generated always as (a * 2) stored);
      insert into t (id, a) values (1, 10); create publication change_lake for table t ${generated};`);
    const { seen } = await take(rig);
    expect(seen[0]?.json.after).toEqual(version === 18 ? { id: 1, a: 10, b: 20 } : { id: 1, a: 10 });
  });

  test('a table that is rewritten after the slot was made is not empty', async () => {
    await using rig = await open(`create table a (id int primary key); create table z (id int primary key, note text);
      insert into a values (1); insert into z values (1, '10'), (2, '20'); ${PUBLISH}`);
    const holder = new Client({ connectionString: rig.database.connectionString.reveal() });
    await holder.connect();
    await holder.query('begin isolation level repeatable read');
    const { rows } = await holder.query<{ name: string }>('select pg_export_snapshot() as name');
    await rig.sql.query('insert into a values (2)');
    await rig.sql.query('alter table z alter note type int using note::int');
    const { seen } = await take(rig, { exported: rows[0]?.name ?? '' });
    await holder.end();
    // The one as it was when the snapshot was taken; the other has no such rows any more.
    expect(ids(seen, 'a')).toEqual([1]);
    expect(seen.filter(({ json }) => json.source.table === 'z').map(({ json }) => json.after)).toEqual([
      { id: 1, note: 10 },
      { id: 2, note: 20 },
    ]);
  });

  test('tables whose names join to the same text have ids and keys of their own', async () => {
    await using rig =
      await open(`create schema x; create schema "x.y"; create table "x.y".z (id int primary key); create table x."y.z" (id int primary key);
      insert into "x.y".z values (1); insert into x."y.z" values (1); ${PUBLISH}`);
    const { seen } = await take(rig);
    expect(seen.map(({ key }) => key).sort()).toEqual(['"x.y".z/[1]', 'x."y.z"/[1]']);
    expect(new Set(seen.map(({ eventId }) => eventId)).size).toBe(2);
  });
});

describe('the statement that reads a table', () => {
  const key = (name: string, type: string, operatorSchema = 'pg_catalog', index = 0) => ({
    index,
    name,
    type,
    operatorSchema,
  });
  const table: SnapshotTable = {
    ...{ name: '"public"."t"', kind: 'table', types: [], rowFilter: null, estimatedRows: null },
    description: {
      oid: 1,
      schema: 'public',
      table: 't',
      columns: [
        { name: 'a"b', typeOid: 25, isKey: true },
        { name: 'c', typeOid: 23, isKey: true },
      ],
    },
    key: [key('a"b', 'text'), key('c', 'integer', 'pg_catalog', 1)],
  };
  const quote = (text: string): string => `'${text}'`;

  test('goes on behind a key by a row comparison, which an index answers', () => {
    expect(copySql(table, { kind: 'behind', key: ['x', '7'] }, quote)).toBe(
      `copy (select "a""b", "c" from only "public"."t" where ("a""b", "c") operator("pg_catalog".>) ('x'::text, '7'::integer) order by "a""b", "c") to stdout`,
    );
  });

  test('compares by an extension’s own operators, wherever they are', () => {
    const mail = { ...table, key: [key('a"b', 'ext.citext', 'ext'), key('c', 'integer', 'pg_catalog', 1)] };
    expect(copySql(mail, { kind: 'behind', key: ['x', '7'] }, quote)).toContain(
      `where (("a""b" operator("ext".>) 'x'::ext.citext) or ("a""b" operator("ext".=) 'x'::ext.citext and "c" operator("pg_catalog".>) '7'::integer)) order`,
    );
  });

  test('a condition of the publication stands in brackets of its own', () => {
    expect(copySql({ ...table, rowFilter: 'c > 1 OR c < 0' }, { kind: 'blocks', from: 2, to: 4 }, quote)).toBe(
      `copy (select pg_catalog.concat(tableoid, ctid), xmin, "a""b", "c" from only "public"."t" where (c > 1 OR c < 0) and ctid >= '(2,0)' and ctid < '(4,0)') to stdout`,
    );
  });
});
