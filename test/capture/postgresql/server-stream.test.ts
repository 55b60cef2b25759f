import { type Client } from 'pg';
import { startPostgres, type LocalPostgres } from '../../../local/postgres/postgres';
import { connect, keyOf, lsnValue, NOW_MS, Source, VERSIONS, type SeenEvent } from './source';

describe.each(VERSIONS)('PostgreSQL %s', (version) => {
  let postgres: LocalPostgres;
  let client: Client;

  beforeAll(async () => {
    postgres = await startPostgres({ version, settings: { track_commit_timestamp: 'on', max_replication_slots: 40 } });
    client = await connect(postgres.connectionString);
  });

  afterAll(async () => {
    await client.end();
    await postgres.stop();
  });

  test('a transaction is told with its id, its commit time and its positions, and its events are counted', async () => {
    await client.query('create table orders (id int8 primary key, note text); create table items (id int primary key)');
    const source = await Source.open(client, 'transaction', 'for table orders, items');
    await client.query('begin');
    await client.query(`insert into orders values (1, 'a'), (2, 'b')`);
    const transactionId = await one(client, 'select pg_current_xact_id()::text');
    await client.query('insert into items values (1)');
    const atLeast = lsnValue(await one(client, 'select pg_current_wal_insert_lsn()::text'));
    await client.query('commit');
    const atMost = lsnValue(await one(client, 'select pg_current_wal_insert_lsn()::text'));
    const committedAtUs = await one(
      client,
      `select trunc(extract(epoch from pg_xact_commit_timestamp('${transactionId}'::xid)) * 1000000)::text`,
    );

    const steps = await source.steps();
    const [first, last] = [steps[0], steps.at(-1)];
    if (first?.kind !== 'begin' || last?.kind !== 'commit') throw new Error('no transaction');
    expect(first).toMatchObject({ transactionId: Number(transactionId), committedAtUs: BigInt(committedAtUs) });
    expect(last.commitLsn).toBe(first.commitLsn);
    expect(last.commitLsn).toBeGreaterThanOrEqual(atLeast);
    expect(last.endLsn).toBeGreaterThan(last.commitLsn);
    expect(last.endLsn).toBeLessThanOrEqual(atMost);

    const events = steps.flatMap((step) => (step.kind === 'events' ? step.events : []));
    const bodies = events.map(({ body }) => JSON.parse(body.toString()) as { source: { lsn: number } });
    const lsns = bodies.map((body) => body.source.lsn);
    expect(lsns).toEqual(lsns.toSorted((a, b) => a - b));
    expect(lsns.every((lsn) => lsn < Number(first.commitLsn))).toBe(true);
    for (const [index, body] of bodies.entries()) {
      expect(body).toMatchObject({
        source: {
          ts_ms: Math.floor(Number(committedAtUs) / 1000),
          ts_us: Number(committedAtUs),
          table: ['orders', 'orders', 'items'][index],
          txId: Number(transactionId),
          commit_lsn: Number(first.commitLsn),
        },
        ts_ms: NOW_MS,
        transaction: { id: `${transactionId}:${first.commitLsn}`, total_order: index + 1 },
      });
    }
    const hex = first.commitLsn.toString(16).toUpperCase().padStart(16, '0');
    expect(events.map(({ eventId }) => eventId)).toEqual(
      [1, 2, 3].map((order) => `${source.facts.systemId}/shop/1/${hex}/${order}`),
    );
  });

  test('what is rolled back, wholly or to a savepoint, is not told', async () => {
    await client.query('create table tried (id int primary key)');
    const source = await Source.open(client, 'rolled_back', 'for table tried');
    await client.query('begin; insert into tried values (1); rollback');
    await client.query('begin; insert into tried values (2); savepoint s; insert into tried values (3)');
    await client.query('rollback to s; insert into tried values (4); commit');
    expect(told(await source.events())).toEqual([
      'c public.tried/[2] null {"id":2}',
      'c public.tried/[4] null {"id":4}',
    ]);
  });

  test('by default, updates have no old row, deletes have its key, and a change of the key is two events', async () => {
    await client.query('create table by_default (id int primary key, note text)');
    const source = await Source.open(client, 'by_default', 'for table by_default');
    await client.query(`insert into by_default values (1, 'a')`);
    await client.query(`update by_default set note = 'b'`);
    await client.query('update by_default set id = 2');
    await client.query('delete from by_default');
    expect(told(await source.events())).toEqual([
      'c public.by_default/[1] null {"id":1,"note":"a"}',
      'u public.by_default/[1] null {"id":1,"note":"b"}',
      'd public.by_default/[1] {"id":1} null',
      'c public.by_default/[2] null {"id":2,"note":"b"}',
      'd public.by_default/[2] {"id":2} null',
    ]);
  });

  test('with a full replica identity, the old row is whole, and the primary key tells rows apart', async () => {
    await client.query(`create table whole (note text, id int primary key, at timestamptz);
      alter table whole replica identity full`);
    const source = await Source.open(client, 'whole', 'for table whole');
    await client.query(`insert into whole values ('a', 1, '2026-11-22 12:00:00+00')`);
    await client.query(`update whole set note = null`);
    await client.query(`update whole set id = 2`);
    await client.query(`delete from whole`);
    const at = '"at":"2026-11-22T12:00:00Z"';
    expect(told(await source.events())).toEqual([
      `c public.whole/[1] null {"note":"a","id":1,${at}}`,
      `u public.whole/[1] {"note":"a","id":1,${at}} {"note":null,"id":1,${at}}`,
      `d public.whole/[1] {"note":null,"id":1,${at}} null`,
      `c public.whole/[2] null {"note":null,"id":2,${at}}`,
      `d public.whole/[2] {"note":null,"id":2,${at}} null`,
    ]);
  });

  test('with a full replica identity and no primary key, nothing tells rows apart', async () => {
    await client.query('create table heap (id int); alter table heap replica identity full');
    const source = await Source.open(client, 'heap', 'for table heap');
    await client.query('insert into heap values (1), (1); update heap set id = 2; delete from heap');
    expect(told(await source.events())).toEqual([
      'c public.heap null {"id":1}',
      'c public.heap null {"id":1}',
      'u public.heap {"id":1} {"id":2}',
      'u public.heap {"id":1} {"id":2}',
      'd public.heap {"id":2} null',
      'd public.heap {"id":2} null',
    ]);
  });

  test('an index as replica identity is the key', async () => {
    await client.query(`create table indexed (id int primary key, b text not null, extra int, a int not null);
      create unique index indexed_by on indexed (b, a) include (extra);
      alter table indexed replica identity using index indexed_by`);
    const source = await Source.open(client, 'indexed', 'for table indexed');
    await client.query(`insert into indexed values (1, 'x', 0, 7)`);
    await client.query('update indexed set id = 2');
    await client.query('update indexed set a = 8');
    await client.query('delete from indexed');
    expect(told(await source.events())).toEqual([
      'c public.indexed/["x",7] null {"id":1,"b":"x","extra":0,"a":7}',
      'u public.indexed/["x",7] null {"id":2,"b":"x","extra":0,"a":7}',
      'd public.indexed/["x",7] {"b":"x","a":7} null',
      'c public.indexed/["x",8] null {"id":2,"b":"x","extra":0,"a":8}',
      'd public.indexed/["x",8] {"b":"x","a":8} null',
    ]);
    expect(await keyOf(client, await one(client, `select 'indexed'::regclass::oid::text`))).toEqual(['b', 'a']);
  });

  test('without a replica identity, only inserts come, by their primary key', async () => {
    await client.query('create table nothing (id int primary key); alter table nothing replica identity nothing');
    const source = await Source.open(client, 'nothing', 'for table nothing');
    await client.query('insert into nothing values (1)');
    await expect(client.query('update nothing set id = 2')).rejects.toThrow('does not have a replica identity');
    expect(told(await source.events())).toEqual(['c public.nothing/[1] null {"id":1}']);
  });

  test('the key that the catalog tells is the one that the stream marks', async () => {
    await client.query(`
      create table no_key (a int);
      create table two_keys (b int, a int, c int unique, primary key (a, b));
      create table included (a int, b int, primary key (b) include (a));
      create table deferred (a int primary key deferrable)`);
    const tables = ['no_key', 'two_keys', 'included', 'deferred'];
    const source = await Source.open(client, 'catalog_keys', `for table ${tables.join()}`);
    for (const table of tables) await client.query(`insert into ${table} (a) select 1 where '${table}' = 'no_key'`);
    await client.query('insert into two_keys values (1, 2, 3); insert into included values (1, 2)');
    await client.query('insert into deferred values (1)');
    const marked = (await source.steps()).flatMap((step) =>
      step.kind === 'relation'
        ? [[step.relation.oid, step.relation.columns.filter(({ isKey }) => isKey)] as const]
        : [],
    );
    expect(marked.map(([, columns]) => columns.map(({ name }) => name))).toEqual([[], ['b', 'a'], ['b'], []]);
    for (const [oid, columns] of marked) expect(await keyOf(client, oid)).toEqual(columns.map(({ name }) => name));
  });

  test('a long value that an update does not touch is left out and named, unless the old row has it', async () => {
    await client.query(`create table toasted (id int primary key, note text, "more ""notes""" text, count int);
      alter table toasted alter note set storage external, alter "more ""notes""" set storage external`);
    const source = await Source.open(client, 'toasted', 'for table toasted');
    const long = 'x'.repeat(10_000);
    await client.query(`insert into toasted values (1, '${long}', '${long}', 0)`);
    await client.query('update toasted set count = 1');
    await client.query(`update toasted set note = 'short', count = 2`);
    await client.query('update toasted set id = 2');
    await client.query('alter table toasted replica identity full');
    await client.query('update toasted set count = 3');
    const events = await source.events();
    expect(told(events).map((line) => line.replaceAll(long, 'LONG'))).toEqual([
      'c public.toasted/[1] null {"id":1,"note":"LONG","more \\"notes\\"":"LONG","count":0}',
      'u public.toasted/[1] null {"id":1,"count":1}',
      'u public.toasted/[1] null {"id":1,"note":"short","count":2}',
      'd public.toasted/[1] {"id":1} null',
      'c public.toasted/[2] null {"id":2,"note":"short","count":2}',
      'u public.toasted/[2] {"id":2,"note":"short","more \\"notes\\"":"LONG","count":2}' +
        ' {"id":2,"note":"short","more \\"notes\\"":"LONG","count":3}',
    ]);
    expect(events.map(({ json }) => json['unchanged'])).toEqual([
      undefined,
      ['note', 'more "notes"'],
      ['more "notes"'],
      undefined,
      ['more "notes"'],
      undefined,
    ]);
  });

  test('a long key that an update does not touch stays whole', async () => {
    await client.query(`create table long_key (id text primary key, count int);
      alter table long_key alter id set storage external`);
    const source = await Source.open(client, 'long_key', 'for table long_key');
    const long = 'k'.repeat(2_500);
    await client.query(`insert into long_key values ('${long}', 0); update long_key set count = 1`);
    const events = await source.events();
    expect(told(events).map((line) => line.replaceAll(long, 'LONG'))).toEqual([
      'c public.long_key/["LONG"] null {"id":"LONG","count":0}',
      'u public.long_key/["LONG"] null {"id":"LONG","count":1}',
    ]);
    expect(events[1]?.json).not.toHaveProperty('unchanged');
  });

  test('a truncate of several tables is an event for each', async () => {
    await client.query('create table first (id int primary key); create table second (id int references first)');
    const source = await Source.open(client, 'truncated', 'for table first, second');
    await client.query('truncate first, second restart identity');
    const events = await source.events();
    expect(told(events).toSorted()).toEqual(['t public.first null null', 't public.second null null']);
    expect(events.map(({ json }) => json['transaction'])).toMatchObject([{ total_order: 1 }, { total_order: 2 }]);
  });

  test('messages of both kinds come, the one even from a transaction that is rolled back', async () => {
    const source = await Source.open(client, 'messages', 'for all tables');
    const lsn = await one(client, `select pg_logical_emit_message(false, 'at once', '\\x00ff'::bytea)::text`);
    await client.query('begin');
    await client.query(
      `select pg_logical_emit_message(false, 'at once', 'äh'), pg_logical_emit_message(true, 'p', 'x')`,
    );
    await client.query('rollback');
    await client.query(`select pg_logical_emit_message(true, 'with the commit', 'text')`);
    const events = await source.events();
    expect(events.map(({ key, json }) => [key, json['op'], json['message']])).toEqual([
      ['message/at once', 'm', { prefix: 'at once', content: 'AP8=' }],
      ['message/at once', 'm', { prefix: 'at once', content: Buffer.from('äh').toString('base64') }],
      ['message/with the commit', 'm', { prefix: 'with the commit', content: Buffer.from('text').toString('base64') }],
    ]);
    const position = Number(lsnValue(lsn));
    expect(events[0]?.json['source']).toMatchObject({ schema: '', table: '', lsn: position, commit_lsn: position });
    expect(events[0]?.eventId).toMatch(/^\d+\/shop\/1\/[0-9A-F]{16}\/m$/);
    expect(events[0]?.json).not.toHaveProperty('transaction');
    expect(events[2]?.json['transaction']).toMatchObject({ total_order: 1 });
    expect(events[2]?.eventId).toMatch(/^\d+\/shop\/1\/[0-9A-F]{16}\/1$/);
  });

  test('a table that is altered in mid-stream is told as it was at each change', async () => {
    await client.query('create table altered (id int primary key, a text)');
    const source = await Source.open(client, 'altered', 'for table altered');
    await client.query(`insert into altered values (1, 'one')`);
    await client.query('alter table altered add b int8 not null default 7, alter a type varchar(9)');
    await client.query(`begin; insert into altered values (2, 'two', 8);
      alter table altered rename a to "A"; alter table altered drop b;
      insert into altered values (3, 'three'); commit`);
    await client.query(`create type colour as enum ('red'); create domain large as int8;
      alter table altered add colour colour, add large large[];
      insert into altered values (4, 'four', 'red', '{9007199254740993}')`);
    await client.query('alter table altered drop constraint altered_pkey; insert into altered values (5)');
    await client.query('alter table altered rename to renamed; insert into renamed values (6)');
    expect(told(await source.events())).toEqual([
      'c public.altered/[1] null {"id":1,"a":"one"}',
      'c public.altered/[2] null {"id":2,"a":"two","b":8}',
      'c public.altered/[3] null {"id":3,"A":"three"}',
      'c public.altered/[4] null {"id":4,"A":"four","colour":"red","large":[9007199254740993]}',
      'c public.altered null {"id":5,"A":null,"colour":null,"large":null}',
      'c public.renamed null {"id":6,"A":null,"colour":null,"large":null}',
    ]);
  });

  test('names of any kind come as they are', async () => {
    await client.query(`create schema "Größe & 'Maß'";
      create table "Größe & 'Maß'"."Order ""Items""/[1]" ("Id" int primary key, "ключ" text, "a""b\\c" int)`);
    const source = await Source.open(client, 'names', `for table "Größe & 'Maß'"."Order ""Items""/[1]"`);
    await client.query(`insert into "Größe & 'Maß'"."Order ""Items""/[1]" values (1, 'x', 2)`);
    const [event] = await source.events();
    expect(event).toMatchObject({
      key: `Größe & 'Maß'."Order ""Items""/[1]"/[1]`,
      after: '{"Id":1,"ключ":"x","a\\"b\\\\c":2}',
      json: { source: { schema: "Größe & 'Maß'", table: 'Order "Items"/[1]' } },
    });
  });

  test('generated columns are what the publication makes of them', async () => {
    await client.query(
      `create table computed (id int primary key, doubled int generated always as (id * 2) stored, n int)`,
    );
    const source = await Source.open(client, 'computed', 'for table computed');
    await client.query('insert into computed (id, n) values (1, 3)');
    expect(told(await source.events())).toEqual(['c public.computed/[1] null {"id":1,"n":3}']);
    if (version !== 18) return;
    const published = await Source.open(
      client,
      'stored',
      'for table computed with (publish_generated_columns = stored)',
    );
    await client.query('insert into computed (id, n) values (2, 4)');
    expect(told(await published.events())).toEqual(['c public.computed/[2] null {"id":2,"doubled":4,"n":4}']);
  });

  test('a table without columns has rows all the same', async () => {
    await client.query('create table empty ()');
    const source = await Source.open(client, 'empty', 'for table empty');
    await client.query('insert into empty default values');
    expect(told(await source.events())).toEqual(['c public.empty null {}']);
  });

  test('a partitioned table is told by its partitions, or as one when the publication says so', async () => {
    await client.query(`create table parted (id int primary key) partition by range (id);
      create table parted_low partition of parted for values from (0) to (10)`);
    const leaves = await Source.open(client, 'leaves', 'for table parted');
    const root = await Source.open(client, 'root', 'for table parted with (publish_via_partition_root = true)');
    await client.query('insert into parted values (1)');
    expect(told(await leaves.events())).toEqual(['c public.parted_low/[1] null {"id":1}']);
    expect(told(await root.events())).toEqual(['c public.parted/[1] null {"id":1}']);
  });

  test('what a database without an encoding holds is valid JSON all the same', async () => {
    await client.query(`create database no_encoding template template0 encoding SQL_ASCII locale 'C'`);
    const other = await connect(postgres.connectionString.replace(/postgres$/, 'no_encoding'));
    try {
      await other.query('create table bytes (id int primary key, note text)');
      const source = await Source.open(other, 'no_encoding', 'for table bytes');
      await other.query(`insert into bytes values (1, E'a\\xff"\\xc3\\xa4\\xe2\\x82')`);
      expect(told(await source.events())).toEqual(['c public.bytes/[1] null {"id":1,"note":"a\ufffd\\"ä\ufffd"}']);
      await other.query(`select pg_drop_replication_slot('no_encoding')`);
    } finally {
      await other.end();
    }
  });
});

/** Operation, key, `before` and `after` of each event. */
function told(events: readonly SeenEvent[]): string[] {
  return events.map(({ key, before, after, json }) => `${String(json['op'])} ${key} ${before} ${after}`);
}

async function one(client: Client, sql: string): Promise<string> {
  const { rows } = await client.query<string[]>({ text: sql, rowMode: 'array' });
  return rows[0]?.[0] ?? '';
}
