import { startPostgres, type LocalPostgres } from '../../../local/postgres/postgres';
import { databaseRows, keylessTables, tableKeys } from '../../../local/shop/postgresql/table-rows';
import { openDatabase, type Database } from './support';

let server: LocalPostgres;
let database: Database;

beforeAll(async () => {
  server = await startPostgres();
  database = await openDatabase(server, 'judged');
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await server.stop();
});

/** A type, a value as SQL, and its token. */
const VALUES: readonly [type: string, value: string, token: string][] = [
  ['smallint', '-7', '-7'],
  ['bigint', '9007199254740993', '9007199254740993'],
  ['oid', '4294967295', '4294967295'],
  ['boolean', 'true', 'true'],
  ['boolean', 'false', 'false'],
  ['real', '0.1', '0.1'],
  ['double precision', `'-0'`, '-0'],
  ['double precision', '1e300', '1e+300'],
  ['double precision', '0.1::float8 + 0.2', '0.30000000000000004'],
  ['double precision', `'NaN'`, '"NaN"'],
  ['real', `'-Infinity'`, '"-Infinity"'],
  ['numeric', '12.50', '"12.50"'],
  ['numeric', '123456789012345678901234567890.10', '"123456789012345678901234567890.10"'],
  ['numeric', `'NaN'`, '"NaN"'],
  ['numeric', `'Infinity'`, '"Infinity"'],
  ['money', '12.5', '"$12.50"'],
  [
    'text',
    `E'two\\nlines\\ttab "quoted" \\\\ \\u0001 é🙂\\u2028/'`,
    '"two\\nlines\\ttab \\"quoted\\" \\\\ \\u0001 é🙂\u2028/"',
  ],
  ['text', `''`, '""'],
  ['text', `'null'`, '"null"'],
  ['char(3)', `'F'`, '"F  "'],
  ['uuid', `'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'`, '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"'],
  ['mood', `'so so'`, '"so so"'],
  ['price', '1.10', '"1.10"'],
  ['point_of_sale', `row(1, 'a "b"')`, '"(1,\\"a \\"\\"b\\"\\"\\")"'],
  ['inet', `'10.0.0.1/8'`, '"10.0.0.1/8"'],
  ['interval', `'1 year 2 days 03:04:05.6'`, '"P1Y2DT3H4M5.6S"'],
  ['tstzrange', `'[2026-11-22 12:00:00+02,)'`, '"[\\"2026-11-22 10:00:00+00\\",)"'],
  ['json', `'{"a": 1.0,  "a":2}'`, '"{\\"a\\": 1.0,  \\"a\\":2}"'],
  ['jsonb', `'{"b":1.0,"a":[9007199254740993]}'`, '"{\\"a\\": [9007199254740993], \\"b\\": 1.0}"'],
  ['jsonb', `'null'`, '"null"'],
  ['bytea', `'\\xdeadbeef'`, '"3q2+7w=="'],
  ['bytea', `''`, '""'],
  ['bytea', `decode(repeat('00', 100), 'hex')`, `"${Buffer.alloc(100).toString('base64')}"`],
  ['date', `'2026-11-22'`, '"2026-11-22"'],
  ['date', `'0044-03-15 BC'`, '"0044-03-15 BC"'],
  ['date', `'infinity'`, '"infinity"'],
  ['timestamp', `'2026-11-22 12:00:00.1234'`, '"2026-11-22T12:00:00.1234"'],
  ['timestamptz', `'2026-11-22 12:00:00.123456+02'`, '"2026-11-22T10:00:00.123456Z"'],
  ['timestamptz', `'2026-11-22 12:00:00+00'`, '"2026-11-22T12:00:00Z"'],
  ['timestamptz', `'-infinity'`, '"-infinity"'],
  ['timestamptz', `'0044-03-15 12:00:00+00 BC'`, '"0044-03-15 12:00:00+00 BC"'],
  ['timestamptz', `'12026-01-01 00:00:00+00'`, '"12026-01-01 00:00:00+00"'],
  ['time', `'12:00:00.5'`, '"12:00:00.5"'],
  ['timetz', `'12:00:00+02'`, '"12:00:00+02"'],
  ['integer[]', `'{}'`, '[]'],
  ['oid[]', `'{4294967295}'`, '[4294967295]'],
  ['integer[]', `'{{1,2},{3,NULL}}'`, '[[1,2],[3,null]]'],
  ['integer[]', `'[2:3]={1,2}'`, '[1,2]'],
  ['bigint[]', `'{9007199254740993}'`, '[9007199254740993]'],
  ['boolean[]', `'{t,f}'`, '[true,false]'],
  ['real[]', `'{NaN,0.1,-0}'`, '["NaN",0.1,-0]'],
  ['numeric[]', `'{1.50,NaN}'`, '["1.50","NaN"]'],
  ['text[]', `array['a,b', '"', null, 'NULL', '']`, '["a,b","\\"",null,"NULL",""]'],
  ['mood[]', `'{so so}'`, '["so so"]'],
  ['date[]', `'{2026-11-22}'`, '["2026-11-22"]'],
  [
    'timestamptz[]',
    `'{2026-11-22 12:00:00+00,infinity,12026-01-01 00:00:00+00}'`,
    '["2026-11-22T12:00:00Z","infinity","12026-01-01 00:00:00+00"]',
  ],
  ['timestamp[]', `'{2026-11-22 12:00:00.5}'`, '["2026-11-22T12:00:00.5"]'],
  ['jsonb[]', `array['{"a":1.0}'::jsonb]`, '["{\\"a\\": 1.0}"]'],
  ['text', 'null', 'null'],
  ['integer[]', 'null', 'null'],
];

test('each value has the token that capture sends, whatever the client prints values like', async () => {
  const { client } = database;
  await client.query(`
    set datestyle = 'German'; set timezone = 'Asia/Kathmandu'; set intervalstyle = 'postgres_verbose'; set extra_float_digits = 0;
    create type mood as enum ('so so'); create domain price as numeric; create type point_of_sale as (n int, name text);
    create table valued (id int primary key, ${VALUES.map(([type], i) => `c${i} ${type}`).join(', ')});
    insert into valued values (1, ${VALUES.map(([, value]) => value).join(', ')})`);
  const rows = (await databaseRows(client)).get('judged.public.valued');
  const expected = Object.fromEntries(VALUES.map(([, , token], i) => [`c${i}`, token]));
  expect(rows).toEqual(new Map([['[1]', { id: '1', ...expected }]]));
});

test('a row is named by its key columns in the order of the table: of the replica identity where one was chosen', async () => {
  const { client } = database;
  await client.query(`
    create schema "odd ""one""";
    create table "odd ""one"""."Two Keys" ("b b" text, gone int, a bigint, primary key (a, "b b"));
    alter table "odd ""one"""."Two Keys" drop column gone;
    insert into "odd ""one"""."Two Keys" values ('x "y"', 9007199254740993), ('', 1);
    create table chosen (id int primary key, code text not null, at timestamptz not null);
    create unique index chosen_code on chosen (at, code);
    alter table chosen replica identity using index chosen_code;
    insert into chosen values (1, 'a', '2026-11-22 12:00:00+00');
    create table keyless (n int)`);
  const tables = await databaseRows(client);
  expect([...tables.keys()].filter((name) => name !== 'judged.public.valued')).toEqual([
    'judged."odd ""one""".Two Keys',
    'judged.public.chosen',
    'judged.public.keyless',
  ]);
  expect((await keylessTables(client)).map(({ table }) => table)).toEqual(['keyless']);
  expect(tables.get('judged."odd ""one""".Two Keys')).toEqual(
    new Map([
      ['["x \\"y\\"",9007199254740993]', { 'b b': '"x \\"y\\""', a: '9007199254740993' }],
      ['["",1]', { 'b b': '""', a: '1' }],
    ]),
  );
  expect([...(tables.get('judged.public.chosen')?.keys() ?? [])]).toEqual(['["a","2026-11-22T12:00:00Z"]']);
  expect((await tableKeys(client)).find(({ table }) => table === 'chosen')?.columns).toEqual(['code', 'at']);
});

test('of tables that inherit and of partitions each has its own rows; a partitioned table where it is published itself', async () => {
  const { client } = database;
  await client.query(`
    create schema kinds;
    create table kinds.parent (id int primary key);
    create table kinds.child (extra int, primary key (id)) inherits (kinds.parent);
    insert into kinds.parent values (1); insert into kinds.child values (1, 7);
    create table kinds.root (id int primary key) partition by range (id);
    create table kinds.low partition of kinds.root for values from (0) to (10);
    create table kinds.high partition of kinds.root default partition by range (id);
    create table kinds.higher partition of kinds.high default;
    insert into kinds.root values (1), (2), (30)`);
  const keysIn = (tables: Awaited<ReturnType<typeof databaseRows>>): Record<string, string[]> =>
    Object.fromEntries(
      [...tables].filter(([name]) => name.includes('kinds')).map(([name, rows]) => [name, [...rows.keys()]]),
    );
  const parents = { 'judged.kinds.parent': ['[1]'], 'judged.kinds.child': ['[1]'] };
  const leaves = { 'judged.kinds.low': ['[1]', '[2]'], 'judged.kinds.higher': ['[30]'] };
  expect(keysIn(await databaseRows(client))).toEqual({ ...parents, ...leaves });
  const throughRoot = await databaseRows(client, { throughRoot: true, generated: false });
  expect(keysIn(throughRoot)).toEqual({ ...parents, 'judged.kinds.root': ['[1]', '[2]', '[30]'] });
});

test('what PostgreSQL computes is in a row only where it is published, and then what it keeps alone', async () => {
  const { client } = database;
  await client.query(`
    create table computed (id int primary key, twice int generated always as (id * 2) stored, half int generated always as (id / 2));
    insert into computed values (6)`);
  const name = 'judged.public.computed';
  expect((await databaseRows(client)).get(name)?.get('[6]')).toEqual({ id: '6' });
  const generated = await databaseRows(client, { throughRoot: false, generated: true });
  expect(generated.get(name)?.get('[6]')).toEqual({ id: '6', twice: '12' });
});

test('rows without a key are counted', async () => {
  const { client } = database;
  await client.query(`create table alike (n int, t text); insert into alike values (1, 'a'), (1, null), (1, 'a')`);
  const rows = (await databaseRows(client)).get('judged.public.alike');
  expect([...(rows ?? [])]).toEqual([
    ['"n":1,"t":"a" 1', { n: '1', t: '"a"' }],
    ['"n":1,"t":null 1', { n: '1', t: 'null' }],
    ['"n":1,"t":"a" 2', { n: '1', t: '"a"' }],
  ]);
});

test('rows that row level security hides are read all the same', async () => {
  const { client } = database;
  await client.query(`
    create table hidden (id int primary key); insert into hidden values (1);
    alter table hidden enable row level security; alter table hidden force row level security`);
  expect((await databaseRows(client)).get('judged.public.hidden')?.size).toBe(1);
});

test('what the judge has no rule for it refuses', async () => {
  const { client } = database;
  await client.query('create table unruly (id int primary key, files bytea[])');
  await expect(databaseRows(client)).rejects.toThrow('files is an array of bytea');
  await client.query('drop table unruly');
});
