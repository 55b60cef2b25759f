import { Client } from 'pg';
import { startPostgres, type LocalPostgres } from '../../../local/postgres/postgres';
import { Rig } from './rig';
import { ids, numbers, take } from './snapshots';
import { VERSIONS } from './source';

const PUBLISH = 'create publication change_lake for all tables;';
const TWO = `create table a (id int primary key); insert into a values (1);
  create table b (id int primary key, x int, y int); insert into b values (1, 2, 3); ${PUBLISH}`;

describe.each(VERSIONS)('PostgreSQL %s', (version) => {
  let server: LocalPostgres;
  let names = 0;

  beforeAll(async () => (server = await startPostgres({ version })), 60_000);
  afterAll(() => server[Symbol.asyncDispose]());

  const open = (sql: string): Promise<Rig> => Rig.open(server, `altered_${(names += 1)}`, sql);

  /** Runs once, when the first row of the snapshot is put: the tables were looked up by then. */
  function whenBegun(rig: Rig, sql: string): void {
    let ran: Promise<void> | null = null;
    const run = async (): Promise<void> => {
      const client = new Client({ connectionString: rig.database.connectionString.reveal() });
      await client.connect();
      await client.query(sql);
      await client.end();
    };
    rig.hub.onPut = () => (ran ??= run());
  }

  const rowsOf = (rig: Rig, table: string): unknown[] =>
    rig.hub.seen.filter(({ json }) => json.source.table === table).map(({ json }) => json.after);

  test.each([
    ['a column gets another type', "alter table b alter x type text using 'abc'", [{ id: 1, x: 'abc', y: 3 }]],
    ['a column is dropped, and another is added', 'alter table b drop x, add z int default 7', [{ id: 1, y: 3, z: 7 }]],
    ['a column is renamed', 'alter table b rename x to z', [{ id: 1, z: 2, y: 3 }]],
    [
      'another table gets its name',
      "alter table b rename to c; create table b (t text); insert into b values ('n')",
      [{ t: 'n' }],
    ],
    ['it is dropped', 'drop table b', []],
  ])('a table that is altered before its turn is read as it is: %s', async (_, sql, rows) => {
    await using rig = await open(TWO);
    whenBegun(rig, sql);
    const { isThrough, setAside } = await take(rig);
    expect({ isThrough, setAside, rows: rowsOf(rig, 'b') }).toEqual({ isThrough: true, setAside: [], rows });
  });

  test('so it is where rows are read by the snapshot of the slot', async () => {
    await using rig = await open(TWO);
    await rig.sql.query('begin isolation level repeatable read');
    const { rows } = await rig.sql.query<{ exported: string }>('select pg_export_snapshot() as exported');
    whenBegun(rig, "alter table b alter x type text using 'abc', drop y");
    const { setAside } = await take(rig, { exported: rows[0]?.exported ?? '' });
    expect([setAside, rowsOf(rig, 'b')]).toEqual([[], [{ id: 1, x: 'abc' }]]);
  });

  test.each([
    ['collation', 'text collate ci', '(name collate "C")', ['a', 'A', 'b', 'B', 'c', 'C']],
    ['operator class', 'pair', '(name record_image_ops)', ['(1.0)', '(1.00)', '(2)', '(2.0)', '(3)', '(3.0)']],
  ])('rows whose key index has another %s than its column are all read, however often it goes on', async (...given) => {
    const [, type, index, values] = given;
    await using rig = await open(`create type pair as (n numeric);
      create collation ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      create table named (id int, name ${type} not null, filler text not null); create unique index named_key on named ${index};
      alter table named alter filler set storage plain, replica identity using index named_key; ${PUBLISH}`);
    for (const [at, value] of values.entries()) {
      // One row a block: it can go on behind each of them.
      await rig.sql.query(`insert into named values (${at + 1}, '${value}', repeat('x', 5000))`);
    }
    for (let runs = 0; rig.progress.kept?.snapshot !== null && runs < 10; runs += 1) {
      await take(rig, { rows: 1, stopWhen: (puts) => puts >= 1 });
    }
    expect((ids(rig.hub.once, 'named') as number[]).toSorted((one, other) => one - other)).toEqual(numbers(1, 6));
  });

  test('a key is read in the order of its index: nothing is sorted', async () => {
    await using rig = await open(
      `create table orders (id int, tenant int, primary key (tenant, id)); insert into orders values (1, 2), (2, 1); ${PUBLISH}`,
    );
    const { seen } = await take(rig);
    expect(ids(seen, 'orders')).toEqual([2, 1]);
    expect(seen[0]?.key).toBe('public.orders/[2,1]');
  });
});
