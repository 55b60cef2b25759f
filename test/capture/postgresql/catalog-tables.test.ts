import { type Client } from 'pg';
import { startPostgres, type LocalPostgres } from '../../../local/postgres/postgres';
import { lookUpTables, type PublishedTable } from '../../../src/lib/capture/postgresql/catalog-tables';
import { connect, VERSIONS } from './source';

describe.each(VERSIONS)('PostgreSQL %s', (version) => {
  let postgres: LocalPostgres;
  let client: Client;

  beforeAll(async () => {
    postgres = await startPostgres({ version });
    client = await connect(postgres.connectionString);
  }, 60_000);

  afterAll(async () => {
    await client.end();
    await postgres.stop();
  });

  const published = (...names: string[]): Promise<PublishedTable[]> => lookUpTables(client, names);
  const named = (tables: readonly PublishedTable[]): string[] =>
    tables.map(({ schema, table }) => `${schema}|${table}`);
  const columns = (table: PublishedTable | undefined): string[] => (table?.columns ?? []).map(({ name }) => name);

  test('a table is described as the catalog has it', async () => {
    await client.query(`
      create type mood as enum ('good', 'bad'); create domain price as numeric(12,2);
      create table facts (gone int, b int not null, id bigint primary key, total price[], feeling mood);
      alter table facts drop column gone; insert into facts values (1, 1); analyze facts;
      create publication facts for table facts;`);
    const { rows } = await client.query<{ oid: number }>(`select 'facts'::regclass::oid as oid`);
    const [facts] = await published('facts');
    expect(facts).toMatchObject({
      ...{ relationOid: rows[0]?.oid, schema: 'public', table: 'facts', kind: 'table', isPartition: false },
      ...{ replicaIdentity: 'default', key: ['id'], rowFilter: null, estimatedRows: 1 },
    });
    expect(facts?.columns).toMatchObject([
      { name: 'b', number: 2, typeOid: 23, modifier: -1, type: 'integer', isGenerated: false },
      { name: 'id', number: 3, type: 'bigint' },
      { name: 'total', number: 4, type: 'price[]' },
      { name: 'feeling', number: 5, type: 'mood' },
    ]);
    // The array, its domain, that domain's base type and the enum.
    expect(facts?.types.map(({ typtype }) => typtype).sort()).toEqual(['b', 'b', 'd', 'e']);
    expect(facts?.lsn).toBeGreaterThan(0n);
  });

  test('the key is that of the replica identity; a part of a key is none', async () => {
    await client.query(`
      create table by_index (id int primary key, code text not null unique); alter table by_index replica identity using index by_index_code_key;
      create table by_full (id int primary key); alter table by_full replica identity full;
      create table by_later (id int primary key deferrable); alter table by_later replica identity full;
      create table by_nothing (note text);
      create table by_part (a int, b int, note text, primary key (a, b));
      create publication keys for table by_index, by_full, by_later, by_nothing;
      create publication parts for table by_part (a, note) with (publish = 'insert');`);
    const keys = (await published('keys', 'parts')).map(({ table, key, replicaIdentity }) => [
      table,
      key,
      replicaIdentity,
    ]);
    expect(keys).toEqual([
      ['by_full', ['id'], 'full'],
      ['by_index', ['code'], 'index'],
      // Two rows may have one key until the transaction ends.
      ['by_later', [], 'full'],
      ['by_nothing', [], 'default'],
      ['by_part', [], 'default'],
    ]);
  });

  test('generated columns are there where the publication sends them', async () => {
    await client.query(
      'create table generated (id int primary key, a int, b int generated always as (a * 2) stored, c int)',
    );
    await client.query('create publication generated_none for table generated');
    expect(columns((await published('generated_none'))[0])).toEqual(['id', 'a', 'c']);
    if (version !== 18) return; // Earlier ones publish no generated column.
    await client.query('alter table generated add column v int generated always as (a * 3) virtual');
    await client.query(
      'create publication generated_all for table generated with (publish_generated_columns = stored)',
    );
    await client.query('create publication generated_list for table generated (b, id)');
    expect(columns((await published('generated_none'))[0])).toEqual(['id', 'a', 'c']);
    expect(columns((await published('generated_all'))[0])).toEqual(['id', 'a', 'b', 'c']);
    expect(columns((await published('generated_list'))[0])).toEqual(['id', 'b']);
  });

  test('of two publications a table is listed once; its row filters hold as one of them does', async () => {
    await client.query(`
      create table twice (id int primary key, a int); create table once (id int primary key);
      create publication twice_1 for table twice where (id < 3), once;
      create publication twice_2 for table twice where (id > 7);
      create publication twice_3 for table twice;`);
    const both = await published('twice_1', 'twice_2');
    expect(named(both)).toEqual(['public|once', 'public|twice']);
    const count = async (table: PublishedTable | undefined): Promise<unknown> => {
      const filter = table?.rowFilter ?? 'true';
      const { rows } = await client.query<{ ids: number[] }>(
        `select array_agg(id order by id) as ids from twice where ${filter}`,
      );
      return rows[0]?.ids;
    };
    await client.query('insert into twice select n from generate_series(1, 9) n');
    expect(await count(both[1])).toEqual([1, 2, 8, 9]);
    expect((await published('twice_1', 'twice_3')).map(({ rowFilter }) => rowFilter)).toEqual([null, null]);
    expect(await published('missing')).toEqual([]);
  });

  test('partitions come under the name under which their changes are sent', async () => {
    await client.query(`
      create table root (id int, at int, primary key (id, at)) partition by range (at);
      create table low partition of root for values from (0) to (10);
      create table high partition of root for values from (10) to (20) partition by range (at);
      create table high_1 partition of high for values from (10) to (20);
      insert into root values (1, 1), (2, 11); analyze root;
      create publication by_leaf for table root;
      create publication by_root for table root with (publish_via_partition_root);
      create publication by_middle for table high with (publish_via_partition_root);
      create publication one_leaf for table low;`);
    const [byRoot] = await published('by_root');
    expect(byRoot).toMatchObject({
      table: 'root',
      kind: 'partitioned',
      isPartition: false,
      key: ['id', 'at'],
      estimatedRows: 2,
    });
    expect(named(await published('by_leaf'))).toEqual(['public|high_1', 'public|low']);
    expect(named(await published('by_leaf', 'by_root'))).toEqual(['public|root']);
    expect(named(await published('by_leaf', 'by_middle'))).toEqual(['public|high', 'public|low']);
    expect(named(await published('by_middle', 'one_leaf', 'by_root'))).toEqual(['public|root']);
    expect(named(await published('by_middle', 'one_leaf'))).toEqual(['public|high', 'public|low']);
  });

  test('parent and child of an inheritance are two tables, and names may hold dots', async () => {
    await client.query(`
      create table parent (id int primary key); create table child (primary key (id)) inherits (parent);
      create schema "x.y"; create schema x; create table "x.y".z (id int primary key); create table x."y.z" (id int primary key);
      create publication family for table only parent, child, "x.y".z, x."y.z";`);
    expect(named(await published('family'))).toEqual(['public|child', 'public|parent', 'x|y.z', 'x.y|z']);
  });
});
