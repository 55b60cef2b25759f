import { type Client, type ClientConfig } from 'pg';
import { PipelineError } from '../../errors';
import { type PostgresDatabase } from './database';
import { pinSession } from './session';

const CONNECT_MS = 15_000;

/** A connection that closes at the end of its block, and tells at most one error: the first. */
export interface Session extends AsyncDisposable {
  readonly client: Client;
  /** Rejects when the connection breaks. */
  readonly broken: Promise<never>;
}

/**
 * Connects to the database, as an ordinary client or for replication.
 *
 * @throws PipelineError SOURCE_FAILED; SOURCE_NOT_READY where a session cannot be given its settings
 */
export async function connect(database: PostgresDatabase, kind: 'query' | 'replication'): Promise<Session> {
  const config: ClientConfig = {
    connectionString: database.connectionString.reveal(),
    application_name: `change-lake ${database.name}`,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
  };
  // Loaded when first needed: an app that captures nothing never pays for it.
  const { Client } = await import('pg');
  const client = new Client(config);
  // pg lets the connection string win over its configuration: these are not for it to say.
  Object.assign((client as unknown as { connectionParameters: object }).connectionParameters, {
    replication: kind === 'replication' ? 'database' : undefined,
    query_timeout: false,
  });
  const broken = new Promise<never>((_, reject) => client.on('error', reject));
  // Whoever waits for it is told; until then it must not count as nobody's.
  broken.catch(() => undefined);
  try {
    await client.connect();
    await pinSession(client, database);
  } catch (error) {
    await end(client);
    throw sourceFailure(database, 'connect', error);
  }
  return { client, broken, [Symbol.asyncDispose]: () => end(client) };
}

/** Says goodbye, but does not wait for an answer for long: the peer may be gone. */
async function end(client: Client): Promise<void> {
  const stream = (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream;
  const patience = setTimeout(() => stream.destroy(), 1_000);
  await client.end().catch(() => undefined);
  clearTimeout(patience);
}

/** What failed at the database, by its name, with PostgreSQL's own code and words; these hold no row's values. */
export function sourceFailure(database: PostgresDatabase, tried: string, error: unknown): PipelineError {
  if (error instanceof PipelineError) return error;
  const { code, message } = innermost(error);
  const found = `${code ?? 'no code'}, ${message.split('\n')[0] ?? ''}`;
  return new PipelineError(
    'SOURCE_FAILED',
    `PostgreSQL ${database.name}: could not ${tried}: ${found}. Nothing is lost: the next run goes on from the last position that Event ` +
      `Hubs has accepted. ${adviceFor(code)}`,
    { retryable: true, cause: error },
  );
}

/** A host with several addresses fails with several errors, and no message of its own. */
function innermost(error: unknown): { readonly code?: string; readonly message: string } {
  const last: unknown = error instanceof AggregateError ? error.errors.at(-1) : error;
  return last instanceof Error ? last : { message: String(last) };
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
function adviceFor(code: string | undefined): string {
  switch (code) {
    case '28P01':
    case '28000':
      return 'Check user, password and pg_hba.conf: replication needs a line of its own there.';
    case '3D000':
      return "Check the database's name in the connection string.";
    case '42501':
      return 'The user needs LOGIN REPLICATION, and SELECT on the tables for a snapshot.';
    case '53300':
    case '53400':
      return 'Raise max_connections, max_wal_senders or max_replication_slots.';
    default:
      return 'Check that the server runs and can be reached from here.';
  }
}
