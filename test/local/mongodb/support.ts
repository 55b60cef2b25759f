import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  MongoClient,
  Timestamp,
  type ChangeStream,
  type Collection,
  type Db,
  type Document,
  type MongoClientOptions,
  type MongoServerError,
} from 'mongodb';
import { startMongo, type LocalMongo, type MongoOptions } from '../../../local/mongodb/mongodb';

/** A replica set to run against instead of the stand-in; tests of faults are the stand-in's alone. */
const TEST_URI = process.env['MONGODB_TEST_URI'];

/** Where nobody waits for long, and nobody for what will not come. */
const hasty = { serverSelectionTimeoutMS: 15_000, heartbeatFrequencyMS: 500, minHeartbeatFrequencyMS: 50 };

/** A client, and a database that no other test uses; it is dropped at the end. */
export interface Deployment extends AsyncDisposable {
  readonly uri: string;
  readonly client: MongoClient;
  readonly db: Db;
}

/** With the server behind it, for tests that make it fail. */
export interface StandIn extends Deployment {
  readonly server: LocalMongo;
}

let databases = 0;

const databaseName = (): string => `test_${process.pid}_${Date.now()}_${(databases += 1)}`;

/** The replica set that MONGODB_TEST_URI names, or a stand-in of its own. */
export async function openDeployment(): Promise<Deployment> {
  if (TEST_URI === undefined || TEST_URI === '') return openStandIn();
  const client = await new MongoClient(TEST_URI, hasty).connect();
  const db = client.db(databaseName());
  return {
    uri: TEST_URI,
    client,
    db,
    async [Symbol.asyncDispose]() {
      await db.dropDatabase();
      await client.close();
    },
  };
}

export async function openStandIn(
  options: MongoOptions = {},
  clientOptions: MongoClientOptions = {},
): Promise<StandIn> {
  const server = await startMongo({ port: 0, ...options });
  const client = await new MongoClient(server.uri, { ...hasty, ...clientOptions }).connect();
  return {
    uri: server.uri,
    server,
    client,
    db: client.db(databaseName()),
    async [Symbol.asyncDispose]() {
      await client.close();
      await server.close();
    },
  };
}

/** A change stream that is open: what is written from now on is in it. */
export async function opened<S extends ChangeStream>(stream: S): Promise<S> {
  const event = await stream.tryNext();
  if (event !== null) throw new Error('an event came before any was expected');
  return stream;
}

/** Getting no event takes that long. */
export const quick = { maxAwaitTimeMS: 100 };

export type AnyEvent = Document & { readonly operationType: string; readonly _id: { readonly _data: string } };

/** The next `count` events. */
export async function take(stream: ChangeStream, count: number): Promise<AnyEvent[]> {
  const events: AnyEvent[] = [];
  while (events.length < count) events.push((await stream.next()) as unknown as AnyEvent);
  return events;
}

export const typesOf = (events: readonly AnyEvent[]): string[] => events.map(({ operationType }) => operationType);

/** A moment after everything that has happened: a stream from there on tells what comes. */
export async function momentAfter(db: Db): Promise<Timestamp> {
  const { operationTime } = await db.command({ ping: 1 });
  const last = operationTime as Timestamp;
  return new Timestamp({ t: last.t, i: last.i + 1 });
}

/** What the server refuses with. */
export async function refusal(promise: Promise<unknown>): Promise<MongoServerError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason as MongoServerError,
  );
  if (error === null) throw new Error('nothing was refused');
  return error;
}

/** A document whose _id is a number. */
export interface Numbered extends Document {
  readonly _id: number;
}

export const numbered = (db: Db, name = 'orders'): Collection<Numbered> => db.collection<Numbered>(name);

/** Looks again and again until `isSo`. */
export async function eventually(isSo: () => boolean, what: string, patienceMs = 20_000): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`waited for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A folder that is gone when the test is over. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mongodb-'));
  return { path: folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
