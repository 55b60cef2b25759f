import zlib from 'node:zlib';
import { MongoClient } from 'mongodb';
import { unlessAborted } from './cut';
import { type MongoDatabase } from './database';
import { notReady, sourceFailure, wordsOf } from './failure';
import { unfitService } from './refusals';

const CONNECT_MS = 15_000;
const GOODBYE_MS = 1_000;

/** A client that closes at the end of its block. */
export interface Session extends AsyncDisposable {
  readonly client: MongoClient;
  /** Ends what is under way at once. */
  close(): void;
}

/**
 * Connects to the deployment, unless the signal is aborted before.
 *
 * @throws PipelineError SOURCE_FAILED, SOURCE_NOT_READY
 */
export async function connect(database: MongoDatabase, ended: AbortSignal): Promise<Session> {
  const client = open(database);
  try {
    await unlessAborted(client.connect(), ended);
  } catch (error) {
    await end(client);
    ended.throwIfAborted();
    throw sourceFailure(database, 'connect', error);
  }
  return { client, close: () => void end(client), [Symbol.asyncDispose]: () => end(client) };
}

/** @throws PipelineError SOURCE_NOT_READY for an address that cannot be used */
function open(database: MongoDatabase): MongoClient {
  const client = clientOf(database);
  const { compressors, credentials, proxyHost, srvHost, hosts } = client.options;
  const service = unfitService([...hosts.map(({ host }) => host ?? ''), srvHost ?? '']);
  if (service !== null) throw notReady(database, `the address is of ${service}`, 'It cannot be captured.');
  const wanted = [...compressors, credentials?.mechanism, proxyHost === undefined ? undefined : 'proxyHost'];
  for (const { option, module, isThere, instead } of OPTIONAL_MODULES) {
    if (isThere || !wanted.includes(option)) continue;
    throw notReady(
      database,
      `the connection string asks for ${option}, whose module ${module} is not part of capture`,
      instead,
    );
  }
  return client;
}

/** What the driver does by modules that are not bundled, by the value, or the name, of the option that asks for it. */
const OPTIONAL_MODULES = [
  { option: 'snappy', module: 'snappy', isThere: false, instead: 'Take compressors=zlib.' },
  {
    option: 'zstd',
    module: '@mongodb-js/zstd',
    isThere: 'zstdCompress' in zlib,
    instead: 'Take compressors=zlib, or Node.js 22.15.',
  },
  { option: 'GSSAPI', module: 'kerberos', isThere: false, instead: 'Take another authMechanism.' },
  {
    ...{ option: 'MONGODB-AWS', module: '@aws-sdk/credential-providers', isThere: false },
    instead: 'Take another authMechanism: SCRAM-SHA-256, MONGODB-X509 or MONGODB-OIDC.',
  },
  { option: 'proxyHost', module: 'socks', isThere: false, instead: 'Leave the proxy out.' },
] as const;

function clientOf(database: MongoDatabase): MongoClient {
  try {
    return new MongoClient(database.connectionString.reveal(), {
      appName: `change-lake ${database.name}`,
      serverSelectionTimeoutMS: CONNECT_MS,
      connectTimeoutMS: CONNECT_MS,
      maxPoolSize: 5,
    });
  } catch (error) {
    // Without its cause, which may quote the connection string.
    throw notReady(database, `the connection string cannot be used: ${wordsOf(database, error)}`, 'Correct it.');
  }
}

/** Says goodbye, but does not wait for an answer for long: the peer may be gone. */
async function end(client: MongoClient): Promise<void> {
  await soon(client.close());
}

/** Waits for `done`, well or not, but not for long. */
export async function soon(done: Promise<unknown>): Promise<void> {
  let patience: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => (patience = setTimeout(resolve, GOODBYE_MS)));
  await Promise.race([done.catch(() => undefined), enough]);
  clearTimeout(patience);
}
