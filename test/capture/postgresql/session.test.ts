import { Client } from 'pg';
import { startPostgres, type LocalPostgres } from '../../../local/postgres/postgres';
import { connect } from '../../../src/lib/capture/postgresql/connect';
import { pinSession } from '../../../src/lib/capture/postgresql/session';
import { Secret } from '../../../src/lib/config/secret';
import { Rig } from './rig';
import { VERSIONS } from './source';

/** What exact values and long statements rest on, and what these tests set against it. */
const FORMS = {
  DateStyle: ['German', 'ISO, MDY'],
  TimeZone: ['Asia/Kolkata', 'UTC'],
  IntervalStyle: ['postgres_verbose', 'iso_8601'],
  bytea_output: ['escape', 'hex'],
  extra_float_digits: ['-5', '1'],
  client_encoding: ['LATIN1', 'UTF8'],
  search_path: ['public', ''],
  quote_all_identifiers: ['on', 'off'],
  standard_conforming_strings: ['off', 'on'],
  row_security: ['on', 'off'],
  client_min_messages: ['error', 'notice'],
  statement_timeout: ['50s', '0'],
  lock_timeout: ['50s', '0'],
  idle_in_transaction_session_timeout: ['50s', '0'],
  idle_session_timeout: ['50s', '0'],
} as const;
const NAMES = Object.keys(FORMS) as (keyof typeof FORMS)[];

const TABLES = `
  create table t (id int primary key, at timestamptz, f float8, i interval, b bytea);
  insert into t values (1, '2026-01-01 00:00:00+00', 0.1234567890123456, '1 day 2 hours', '\\x00ff')`;
const VALUES = { at: '2026-01-01T00:00:00Z', f: 0.1234567890123456, i: 'P1DT2H', b: 'AP8=' };

describe.each(VERSIONS)('PostgreSQL %s', (version) => {
  let server: LocalPostgres;
  let names = 0;

  beforeAll(async () => (server = await startPostgres({ version })), 60_000);
  afterAll(() => server[Symbol.asyncDispose]());

  const open = (): Promise<Rig> => Rig.open(server, `forms_${(names += 1)}`, TABLES);

  /** Each way in which a session gets other settings: what undoes it. */
  const WAYS: Readonly<Record<string, (rig: Rig) => Promise<() => Promise<unknown>>>> = {
    'the connection string': (rig) => {
      const options = NAMES.map((name) => `-c ${name}=${FORMS[name][0]}`).join(' ');
      const url = `${rig.database.connectionString.reveal()}?options=${encodeURIComponent(options)}&query_timeout=1`;
      rig.database = { ...rig.database, connectionString: new Secret(url) };
      return Promise.resolve(() => Promise.resolve());
    },
    PGOPTIONS: () => {
      process.env['PGOPTIONS'] = NAMES.map((name) => `-c ${name}=${FORMS[name][0]}`).join(' ');
      return Promise.resolve(() => Promise.resolve(delete process.env['PGOPTIONS']));
    },
    'the database': async (rig) => {
      for (const name of NAMES) {
        await rig.sql.query(`alter database ${rig.database.name} set ${name} = '${FORMS[name][0]}'`);
      }
      return () => Promise.resolve();
    },
    'the role': async (rig) => {
      for (const name of NAMES) await rig.sql.query(`alter role current_user set ${name} = '${FORMS[name][0]}'`);
      return () => rig.sql.query('alter role current_user reset all');
    },
    'the server': async (rig) => {
      const settable = NAMES.filter((name) => name !== 'client_encoding');
      for (const name of settable) await rig.sql.query(`alter system set ${name} = '${FORMS[name][0]}'`);
      await rig.sql.query('select pg_reload_conf()');
      return () => rig.sql.query('alter system reset all').then(() => rig.sql.query('select pg_reload_conf()'));
    },
  };

  test.each(Object.keys(WAYS))('%s does not change how values come, nor ends long statements', async (way) => {
    await using rig = await open();
    const undo = await (WAYS[way] as (typeof WAYS)[string])(rig);
    try {
      for (const kind of ['query', 'replication'] as const) {
        await using session = await connect(rig.database, kind);
        for (const name of NAMES) {
          const { rows } = await session.client.query<Record<string, string>>(
            `select current_setting('${name}') as found`,
          );
          expect([kind, name, rows[0]?.['found']]).toEqual([kind, name, FORMS[name][1]]);
        }
      }
      const run = rig.run({ snapshot: 'initial' });
      await rig.hub.until((seen) => seen.length === 1);
      await rig.sql.query('update t set f = f');
      await rig.hub.until((seen) => seen.length === 2);
      await run.stop();
    } finally {
      await undo();
    }
    expect(rig.hub.seen.map(({ json }) => json.after)).toEqual([
      { id: 1, ...VALUES },
      { id: 1, ...VALUES },
    ]);
  });

  test('a snapshot that takes longer than the timeouts of the role is not cut off', async () => {
    await using rig = await open();
    const timeouts = ['statement_timeout', 'idle_in_transaction_session_timeout', 'lock_timeout'];
    if (version === 18) timeouts.push('transaction_timeout');
    for (const name of timeouts) await rig.sql.query(`alter role current_user set ${name} = '1s'`);
    try {
      await rig.sql.query('insert into t select n, now(), n from generate_series(2, 100000) n');
      let waited = false;
      rig.hub.onPut = () => {
        if (waited) return undefined;
        waited = true;
        return rig.sql.query('select pg_sleep(1.5)').then(() => undefined);
      };
      await using locker = await connect(rig.database, 'query');
      await locker.client.query('begin; lock table public.t in access exclusive mode');
      const run = rig.run({ snapshot: 'initial' });
      await rig.sql.query('select pg_sleep(1.5)');
      await locker.client.query('rollback');
      await rig.hub.until((seen) => seen.length === 100_000);
      expect(await run.stop()).toBe('stopped');
    } finally {
      await rig.sql.query('alter role current_user reset all');
    }
  }, 60_000);

  test('a replication=… in the connection string makes no other session of it', async () => {
    await using rig = await open();
    const url = `${rig.database.connectionString.reveal()}?replication=true`;
    await using session = await connect({ ...rig.database, connectionString: new Secret(url) }, 'query');
    expect((await session.client.query('select 1 as one where 1 = $1', [1])).rows).toEqual([{ one: 1 }]);
  });

  test('lc_monetary of the role is refused, since the digits of money mean what the database says', async () => {
    await using rig = await open();
    await rig.sql.query("alter role current_user set lc_monetary = 'C'");
    const refused = connect(rig.database, 'query');
    await refused.catch(() => undefined);
    await rig.sql.query('alter role current_user reset all');
    await expect(refused).rejects.toThrow(
      /^SOURCE_NOT_READY: PostgreSQL forms_\d+: lc_monetary is set.*ALTER ROLE CURRENT_USER RESET lc_monetary/s,
    );
  });

  test('a server or pooler that does not obey is refused by the name of the setting', async () => {
    await using rig = await open();
    const sql = new Client({ connectionString: rig.database.connectionString.reveal() });
    await sql.connect();
    // As a pooler does that takes SET for itself, or gives the next statement to another session.
    const forgetful = {
      query: (text: string) => (text.includes('set_config') ? Promise.resolve({ rows: [] }) : sql.query(text)),
    } as unknown as Client;
    await expect(pinSession(forgetful, rig.database)).rejects.toThrow(
      /^SOURCE_NOT_READY: PostgreSQL forms_\d+: .*\w+ is .* after it was set to .*pooler/s,
    );
    await sql.end();
  });
});
