import { type Client, type ClientConfig } from 'pg';
import { type PostgresDatabase } from './database';
import { sourceFailure } from './failure';
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
 * @param abort breaks the connection: the server may wait for a lock, or for other transactions, as long as they take
 * @throws PipelineError SOURCE_FAILED; SOURCE_NOT_READY where a session cannot be given its settings
 */
export async function connect(
  database: PostgresDatabase,
  kind: 'query' | 'replication',
  abort?: AbortSignal,
): Promise<Session> {
  const config: ClientConfig = {
    connectionString: database.connectionString.reveal(),
    application_name: `change-lake ${database.name}`,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
  };
  // Loaded when first needed: an app that captures nothing never pays for it.
  const { Client } = await import('pg');
  const client = open(database, () => new Client(config));
  // pg lets the connection string win over its configuration: these are not for it to say.
  Object.assign((client as unknown as { connectionParameters: object }).connectionParameters, {
    replication: kind === 'replication' ? 'database' : undefined,
    query_timeout: false,
  });
  const broken = new Promise<never>((_, reject) => client.on('error', reject));
  // Whoever waits for it is told; until then it must not count as nobody's.
  broken.catch(() => undefined);
  const cut = (): void => streamOf(client).destroy();
  abort?.addEventListener('abort', cut);
  const close = async (): Promise<void> => {
    abort?.removeEventListener('abort', cut);
    await end(client);
  };
  try {
    abort?.throwIfAborted();
    await client.connect();
    await pinSession(client, database);
  } catch (error) {
    await close();
    throw sourceFailure(database, 'connect', error);
  }
  return { client, broken, [Symbol.asyncDispose]: close };
}

/** The client parses the address, and reads the files that it names. */
function open(database: PostgresDatabase, make: () => Client): Client {
  try {
    return make();
  } catch (error) {
    throw sourceFailure(database, 'use the address', error);
  }
}

/** Says goodbye, but does not wait for an answer for long: the peer may be gone. */
async function end(client: Client): Promise<void> {
  const patience = setTimeout(() => streamOf(client).destroy(), 1_000);
  await client.end().catch(() => undefined);
  clearTimeout(patience);
}

const streamOf = (client: Client): { destroy(): void } =>
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream;
