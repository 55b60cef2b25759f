import { type Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { startPostgres, type LocalPostgres } from '../../../local/postgres/postgres';
import { snapshotEncoder } from '../../../src/lib/capture/postgresql/envelope-snapshot';
import { type RelationMessage } from '../../../src/lib/capture/postgresql/pgoutput-messages';
import { TYPE_QUERY, type TypeRow } from '../../../src/lib/capture/postgresql/types';
import { CopyRows } from '../../../src/lib/capture/postgresql/values-copy';
import { TYPES, VALUES } from './every-type';
import { connect, keyOf, NOW_MS, seen, Source, VERSIONS, type SeenEvent } from './source';

const FACTS = { consistentPoint: 24_025_000n, takenAtUs: 1_764_158_400_000_123n };

describe.each(VERSIONS)('PostgreSQL %s', (version) => {
  let postgres: LocalPostgres;
  let client: Client;

  beforeAll(async () => {
    postgres = await startPostgres({ version });
    client = await connect(postgres.connectionString);
    await client.query(TYPES);
  });

  afterAll(async () => {
    await client.end();
    await postgres.stop();
  });

  test('a row of any types is the same in the snapshot as in the stream, and so is its key', async () => {
    const columns = VALUES.map(([type], index) => `c${index} ${type}`).join();
    await client.query(`create table every_type (id int primary key, ${columns})`);
    const source = await Source.open(client, 'every_type', 'for table every_type');
    await client.query(`insert into every_type values (1, ${VALUES.map(([, literal]) => literal).join()})`);
    await client.query(`insert into every_type values (2)`);
    await sameInBoth(source);
  });

  test('texts with every control character, delimiter and escape are the same', async () => {
    await client.query('create table texts (a text, b text, primary key (b, a))');
    const source = await Source.open(client, 'texts', 'for table texts');
    await client.query(
      `insert into texts select chr(code), 'x' || chr(code) || E'\\\\' from generate_series(1, 300) as code`,
    );
    await client.query(
      String.raw`insert into texts values ('\N', ''), ('\.', 'N'), ('', E'\\\n\t\\'), ('NULL', 'null')`,
    );
    await sameInBoth(source);
  });

  test('rows of a table without a key are the same, NULL and empty texts apart', async () => {
    await client.query('create table nulls (a text, b text)');
    const source = await Source.open(client, 'nulls', 'for table nulls');
    await client.query(String.raw`insert into nulls values (null, null), ('', null), (null, '\N'), ('a', '')`);
    const rows = await sameInBoth(source);
    expect(rows.map(({ after }) => after)).toEqual([
      '{"a":null,"b":null}',
      '{"a":"","b":null}',
      '{"a":null,"b":"\\\\N"}',
      '{"a":"a","b":""}',
    ]);
    expect(new Set(rows.map(({ key }) => key))).toEqual(new Set(['public.nulls']));
  });

  /** Compares the table's rows, none of which has changed since it was inserted, with what the source tells of them. */
  async function sameInBoth(source: Source): Promise<SeenEvent[]> {
    const steps = await source.steps();
    const streamed = steps.flatMap((step) => (step.kind === 'events' ? step.events.map(seen) : []));
    const described = steps.find((step) => step.kind === 'relation');
    if (described === undefined) throw new Error('nothing was streamed');
    const rows = await snapshot(source, described.relation);
    expect(rows.map(({ key, after }) => ({ key, after }))).toEqual(streamed.map(({ key, after }) => ({ key, after })));
    expect(new Set(rows.map(({ eventId }) => eventId)).size).toBe(rows.length);
    for (const { json } of rows)
      expect(json).toMatchObject({ op: 'r', transaction: null, source: { snapshot: 'true' } });
    return rows;
  }

  async function snapshot(source: Source, relation: RelationMessage): Promise<SeenEvent[]> {
    const key = await keyOf(client, relation.oid);
    const columns = relation.columns.map((column) => ({ ...column, isKey: key.includes(column.name) }));
    const oids = columns.map(({ typeOid }) => typeOid);
    const types = (await client.query<TypeRow>(TYPE_QUERY, [oids])).rows;
    const encode = snapshotEncoder(source.facts, FACTS, { ...relation, columns }, types);
    const copyRows = new CopyRows();
    const events: SeenEvent[] = [];
    for await (const chunk of client.query(copyTo(`copy ${relation.table} to stdout`))) {
      for (const row of copyRows.push(chunk as Buffer)) events.push(seen(encode(row, NOW_MS, row)));
    }
    return events;
  }
});
