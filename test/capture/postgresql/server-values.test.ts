import { type Client } from 'pg';
import { startPostgres, type LocalPostgres } from '../../../local/postgres/postgres';
import { BUILT_IN } from '../../../src/lib/capture/postgresql/types-built-in';
import { TYPES, VALUES } from './every-type';
import { connect, Source, VERSIONS } from './source';

describe.each(VERSIONS)('PostgreSQL %s', (version) => {
  let postgres: LocalPostgres;
  let client: Client;

  beforeAll(async () => {
    postgres = await startPostgres({ version, settings: { timezone: 'Asia/Kathmandu' } });
    client = await connect(postgres.connectionString);
    await client.query(TYPES);
  });

  afterAll(async () => {
    await client.end();
    await postgres.stop();
  });

  test('values of every type have the form that is agreed on', async () => {
    await client.query(`create table every_type (${VALUES.map(([type], index) => `c${index} ${type}`).join()})`);
    const source = await Source.open(client, 'every_type', 'for table every_type');
    await client.query(`insert into every_type values (${VALUES.map(([, literal]) => literal).join()})`);
    const [event] = await source.events();
    const expected = `{${VALUES.map(([, , token], index) => `"c${index}":${token}`).join()}}`;
    expect(inLines(event?.after)).toEqual(inLines(expected));
  });

  test('every built-in type that a column can have is known, with its arrays and their delimiter', async () => {
    // From 10000 on OIDs are given out when a cluster is made.
    const { rows } = await client.query<{ name: string; oid: number; array: number; delimiter: string }>(
      `select typname as name, oid, typarray as array, typdelim as delimiter from pg_type
       where typtype in ('b', 'r', 'm') and typarray <> 0 and oid < 10000`,
    );
    const known = rows.map(({ oid, array }) => [BUILT_IN.has(oid), BUILT_IN.get(array)]);
    expect(known).toEqual(
      rows.map(({ oid, delimiter }) => [true, { element: BUILT_IN.get(oid), delimiter: delimiter.charCodeAt(0) }]),
    );
    expect(rows.length).toBeGreaterThan(60);
  });
});

/** One column for each line, to see which one differs. */
function inLines(row: string | undefined): string[] {
  return row?.split(/,(?="c\d+":)/) ?? [];
}
