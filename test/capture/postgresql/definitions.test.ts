import { startPostgres, type LocalPostgres } from '../../../local/postgres/postgres';
import { type PostgresDatabase } from '../../../src/lib/capture/postgresql/database';
import { OrderedHub, Rig, type Seen } from './rig';
import { VERSIONS } from './source';

const TYPES = `
  create type mood as enum ('sad', 'glad'); create domain large as int8; create type pair as (a int, b text);
  create domain moods as mood[];`;
const ROW = `'sad', '{sad,glad}', 5, '{9007199254740993}', '(1,x)', '{"(1,x)"}', '{glad}'`;
const COLUMNS =
  'mood mood, many mood[], large large, larges large[], pair pair, pairs pair[], moods moods, id int primary key';

describe.each(VERSIONS)('PostgreSQL %s', (version) => {
  let server: LocalPostgres;
  let names = 0;

  beforeAll(async () => (server = await startPostgres({ version, settings: { max_replication_slots: '40' } })), 60_000);
  afterAll(() => server[Symbol.asyncDispose]());

  const open = (tables: string): Promise<Rig> => Rig.open(server, `kept_${(names += 1)}`, tables);

  /** Captures until so many events are accepted. */
  async function capture(rig: Rig, events: number, database: Partial<PostgresDatabase> = {}): Promise<Seen[]> {
    const hub = new OrderedHub();
    const run = rig.run(database, { sink: hub });
    await Promise.race([hub.until((seen) => seen.length >= events), run.ended]);
    await run.stop();
    return hub.inOrder();
  }

  test('a value has the form of its type, though the type is gone before the change is read', async () => {
    await using rig = await open(`${TYPES} create table typed (${COLUMNS});`);
    await rig.begin();
    await rig.sql.query(`insert into typed values (${ROW}, 1)`);
    await rig.sql
      .query(`alter table typed drop mood, drop many, drop large, drop larges, drop pair, drop pairs, drop moods;
      drop domain moods; drop type mood, pair; drop domain large; insert into typed values (2)`);
    const [before, after] = await capture(rig, 2);
    expect(before?.body.toString()).toContain(
      '"after":{"mood":"sad","many":["sad","glad"],"large":5,"larges":[9007199254740993],"pair":"(1,x)","pairs":["(1,x)"],' +
        '"moods":["glad"],"id":1}',
    );
    expect(after?.json.after).toEqual({ id: 2 });
  });

  test('of a table that was never seen, the stream names the types: only arrays of gone domains are texts', async () => {
    await using rig = await open(TYPES);
    await rig.begin();
    await rig.sql.query(`create table typed (${COLUMNS}); alter publication change_lake add table typed`);
    await rig.sql.query(`insert into typed values (${ROW}, 1)`);
    await rig.sql.query('drop table typed; drop domain moods; drop type mood, pair; drop domain large');
    const [event] = await capture(rig, 1);
    expect(event?.body.toString()).toContain(
      '"after":{"mood":"sad","many":["sad","glad"],"large":5,"larges":["9007199254740993"],"pair":"(1,x)","pairs":["(1,x)"],' +
        '"moods":["glad"],"id":1}',
    );
  });

  const FULL = 'create table whole (id int primary key, note text); alter table whole replica identity full;';

  test('a key that is dropped before the change is read still tells its rows apart', async () => {
    await using rig = await open(FULL);
    await rig.begin();
    await rig.sql.query(`insert into whole values (1, 'a'); update whole set id = 2`);
    await rig.sql.query('alter table whole drop constraint whole_pkey');
    const events = await capture(rig, 3);
    expect(events.map(({ json, key }) => `${json.op} ${key}`)).toEqual([
      'c public.whole/[1]',
      'd public.whole/[1]',
      'c public.whole/[2]',
    ]);
    // Behind the end of the log at which the next session found it gone, it no longer does.
    await rig.sql.query('update whole set id = 3');
    expect((await capture(rig, 1)).map(({ json, key }) => `${json.op} ${key}`)).toEqual(['u public.whole']);
  });

  test('a key that is made while capture runs tells rows apart from the next change on', async () => {
    await using rig = await open(
      `create table whole (id int not null, note text); alter table whole replica identity full;`,
    );
    await rig.begin();
    const run = rig.run();
    await rig.sql.query(`insert into whole values (1, 'a'); update whole set id = 2`);
    await rig.hub.until((seen) => seen.length === 2);
    await rig.sql.query('alter table whole add primary key (id)');
    await rig.sql.query('update whole set id = 3');
    await rig.hub.until((seen) => seen.length === 4);
    await run.stop();
    expect(rig.hub.inOrder().map(({ json, key }) => `${json.op} ${key}`)).toEqual([
      'c public.whole',
      'u public.whole',
      'd public.whole/[2]',
      'c public.whole/[3]',
    ]);
    const kept = rig.definitions.of('whole');
    expect(kept.map(({ catalog }) => catalog?.key)).toEqual([[], ['id']]);
    expect(kept[1]?.catalog?.columns).toEqual([
      { name: 'id', number: 1, typeOid: 23, modifier: -1, type: 'integer' },
      { name: 'note', number: 2, typeOid: 25, modifier: -1, type: 'text' },
    ]);
    expect(kept[1]?.stream).toMatchObject({ replicaIdentity: 'full', partitionKeys: null });
  });

  test('what is read again after a change of the catalog is the same, byte for byte', async () => {
    await using rig = await open(`${TYPES} create table typed (${COLUMNS}, note text); ${FULL}
      create table parts (id int, k int, note text, primary key (id, k)) partition by range (k);
      create table part_1 partition of parts for values from (0) to (10);
      create table part_2 partition of parts for values from (10) to (20);
      alter table parts replica identity full; alter table part_2 replica identity full;`);
    await rig.sql.query('create publication change_lake for all tables with (publish_via_partition_root = true)');
    await rig.begin();
    await rig.sql.query('select pg_copy_logical_replication_slot($1, $2)', [rig.database.slot, 'again']);
    const began = rig.progress.kept as NonNullable<typeof rig.progress.kept>;
    await rig.sql.query(`insert into typed values (${ROW}, 1, 'x');
      insert into whole values (1, 'a'); update whole set id = 2;
      insert into parts values (1, 1, 'x'), (2, 12, null); update parts set id = id + 10; delete from parts`);
    const first = rig.run();
    await rig.hub.until((seen) => seen.length === 12);
    // Behind what the session found when it began: looked up as they come.
    await rig.sql.query('alter table whole drop constraint whole_pkey; alter table whole add primary key (note)');
    await rig.sql.query(`update whole set note = 'b'; alter table typed rename note to remark;
      insert into typed values (${ROW}, 2, 'y')`);
    await rig.sql.query(
      'create table late (id int primary key, larges large[]); insert into late values (1, $$ {1} $$)',
    );
    await rig.sql.query(`alter table part_1 replica identity full; insert into parts values (3, 3, 'z'), (4, 14, null);
      update parts set note = 'n'; delete from parts`);
    await rig.hub.until((seen) => seen.length === 22);
    await first.stop();
    const told = rig.hub.inOrder();

    await rig.sql.query(`drop table late; alter table typed drop mood, drop many, drop large, drop larges, drop pair,
      drop pairs, drop moods; drop domain moods; drop type mood, pair; drop domain large;
      alter table whole drop constraint whole_pkey; alter table part_1 replica identity default`);
    rig.progress.kept = { ...began, slot: 'again' };
    const again = await capture(rig, told.length, { slot: 'again' });
    await rig.sql.query(`select pg_drop_replication_slot('again')`);
    const bytes = (events: readonly Seen[]) =>
      events.map(({ key, eventId, body }) => [key, eventId, body.toString().replace(/"ts_ms":\d+,"transaction"/, '')]);
    expect(bytes(again)).toEqual(bytes(told));
  }, 60_000);

  test('versions that nothing can be read by any more are forgotten', async () => {
    await using rig = await open('create table often (id int primary key)');
    await rig.begin();
    for (let at = 1; at <= 4; at += 1) {
      await rig.sql.query(`alter table often add c${at} int; insert into often values (${at})`);
      await capture(rig, 1);
    }
    const kept = rig.definitions.of('often');
    expect(kept.length).toBeLessThanOrEqual(3);
    expect(kept.at(-1)?.stream?.columns.map(({ name }) => name)).toEqual(['id', 'c1', 'c2', 'c3', 'c4']);
  });
});
