import { type Client } from 'pg';
import { PipelineError } from '../../errors';
import { type PostgresDatabase } from './database';
import { clientEncoding, SESSION_SETTINGS } from './values';

/**
 * The settings of our sessions. The server, the database, the role, the connection string and PGOPTIONS may all say otherwise: these are set
 * after connecting, where they win over all of them, and read back. (`pg_dump` does the same for the same reasons.)
 */
const PINNED: Readonly<Record<string, string>> = {
  ...SESSION_SETTINGS,
  DateStyle: 'ISO, MDY',
  // Names outside of pg_catalog come with their schema: in regclass values, row filters and types.
  search_path: '',
  quote_all_identifiers: 'off',
  standard_conforming_strings: 'on',
  // A role that may not see all rows is refused, and does not pass off some rows as all.
  row_security: 'off',
  synchronize_seqscans: 'off',
  client_min_messages: 'notice',
  // A snapshot takes as long as it takes.
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
  // Of a role or a database it may be shorter than the time between two of our confirmations.
  wal_sender_timeout: '1min',
};

/** Settings that not every version has, by the first that has them. */
const PINNED_SINCE: readonly { readonly version: number; readonly name: string; readonly value: string }[] = [
  { version: 170_000, name: 'transaction_timeout', value: '0' },
];

/** Where a setting comes from that is not the server's or the database's own. */
const FOREIGN_SOURCES = ['user', 'database user', 'client', 'environment variable', 'command line'];

interface ServerRow {
  readonly version: string;
  readonly encoding: string;
  readonly monetary_source: string | null;
}

/**
 * Sets what exact values and long statements rest on, and checks that it is so. It may be called again within a transaction: behind a pooler
 * each transaction may have another session of the server.
 *
 * @throws PipelineError SOURCE_NOT_READY with the name of a setting that the server, or a pooler before it, does not take
 */
export async function pinSession(client: Pick<Client, 'query'>, database: PostgresDatabase): Promise<void> {
  // Without parameters everywhere: a replication session knows the simple protocol alone.
  const { rows } = await client.query<ServerRow>(SERVER);
  const [server] = rows;
  const wanted = settingsFor(Number(server?.version ?? 0), server?.encoding ?? '');
  try {
    await client.query(`select ${wanted.map(([name, value]) => `${SET}('${name}', '${value}', false)`).join(', ')}`);
  } catch (error) {
    if (!/^(22|42|55)/.test((error as { code?: string }).code ?? '')) throw error;
    throw disobeyed(database, (error as Error).message, { cause: error });
  }
  const names = wanted.map(([name]) => `pg_catalog.current_setting('${name}')`).join(', ');
  const answer = await client.query<{ found: readonly string[] }>(`select array[${names}]::pg_catalog.text[] as found`);
  const found = answer.rows[0]?.found ?? [];
  wanted.forEach(([name, value], index) => {
    const is = found[index];
    if (is !== value) throw disobeyed(database, `${name} is ${is ?? 'not there'} after it was set to '${value}'`);
  });
  if (FOREIGN_SOURCES.includes(server?.monetary_source ?? '')) throw foreignMoney(database);
}

const SET = 'pg_catalog.set_config';

const SERVER = `
select pg_catalog.current_setting('server_version_num') as version, pg_catalog.current_setting('server_encoding') as encoding,
  (select source from pg_catalog.pg_settings where name = 'lc_monetary') as monetary_source`;

function settingsFor(version: number, encoding: string): readonly (readonly [string, string])[] {
  const later = PINNED_SINCE.filter((one) => version >= one.version).map(({ name, value }) => [name, value] as const);
  return [...Object.entries(PINNED), ...later, ['client_encoding', clientEncoding(encoding)]];
}

function disobeyed(database: PostgresDatabase, found: string, options: { cause?: unknown } = {}): PipelineError {
  return new PipelineError(
    'SOURCE_NOT_READY',
    `PostgreSQL ${database.name}: a session cannot be given the settings that it needs: ${found}. Values would come in other forms, or a ` +
      `snapshot would be cut off. If a pooler stands between, connect to the server itself, or pool by session`,
    options,
  );
}

/** The digits of `money` mean what the locale says: 1234 is 12.34 dollars and 1234 yen. It is the database's to say, and no session's. */
function foreignMoney(database: PostgresDatabase): PipelineError {
  return new PipelineError(
    'SOURCE_NOT_READY',
    `PostgreSQL ${database.name}: lc_monetary is set for this user or this connection: values of the type money would come in another form ` +
      `than the database's. Remove it from the connection string and PGOPTIONS, or: ALTER ROLE CURRENT_USER RESET lc_monetary; ` +
      `(and IN DATABASE, where it is set there)`,
  );
}
