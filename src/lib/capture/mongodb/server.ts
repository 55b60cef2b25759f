import { MongoServerError, Timestamp, type Document, type MongoClient, type ObjectId } from 'mongodb';
import { type ClusterTime } from './cluster-time';

/** What decides how capture begins. */
export interface ServerFacts {
  readonly kind: 'replicaSet' | 'sharded' | 'standalone';
  /** `rs0:65f0…` or, where the user may not ask for the replica set's id, `rs0`. */
  readonly deployment: string;
  /** The deployment's time now; null where it states none. */
  readonly time: ClusterTime | null;
}

export async function readServer(client: MongoClient): Promise<ServerFacts> {
  // Of the primary: a secondary that lags would name a time that lies before what is kept.
  const admin = client.db('admin', { readPreference: 'primary' });
  const hello = await admin.command({ hello: 1 });
  const { operationTime } = await admin.command({ ping: 1 });
  const time = operationTime instanceof Timestamp ? momentOf(operationTime) : null;
  if (hello.msg === 'isdbgrid') {
    const version = await ifPermitted(client.db('config').collection('version').findOne());
    return { kind: 'sharded', deployment: named('sharded', version?.clusterId), time };
  }
  if (typeof hello.setName !== 'string') return { kind: 'standalone', deployment: 'standalone', time: null };
  const answer = await ifPermitted(admin.command({ replSetGetConfig: 1 }));
  const { settings } = (answer?.config ?? {}) as { settings?: Document };
  return { kind: 'replicaSet', deployment: named(hello.setName, settings?.replicaSetId), time };
}

const named = (name: string, id: unknown): string =>
  (id as Partial<ObjectId> | undefined)?.toHexString === undefined ? name : `${name}:${(id as ObjectId).toHexString()}`;

/** Whether both can be the same: an id is not told to everybody. */
export function isSameDeployment(one: string, other: string): boolean {
  const [[oneName, oneId], [otherName, otherId]] = [one.split(':'), other.split(':')];
  return oneName === otherName && (oneId === undefined || otherId === undefined || oneId === otherId);
}

/** How far back the oplog reaches. */
export interface OplogWindow {
  readonly first: ClusterTime;
  readonly last: ClusterTime;
  /** Whether old entries make way for new ones; null where the user may not ask for its size. */
  readonly isFull: boolean | null;
}

/** Null where the user may not read the oplog (or on a cluster: each shard has its own). */
export async function readOplogWindow(client: MongoClient): Promise<OplogWindow | null> {
  const local = client.db('local', { readPreference: 'primary' });
  const oplog = local.collection('oplog.rs');
  const at = async (direction: 1 | -1): Promise<unknown> => {
    const options = { sort: { $natural: direction }, projection: { ts: 1 } } as const;
    return (await ifPermitted(oplog.findOne({}, options)))?.ts;
  };
  const [first, last] = [await at(1), await at(-1)];
  if (!(first instanceof Timestamp) || !(last instanceof Timestamp)) return null;
  const stats = await ifPermitted(local.command({ collStats: 'oplog.rs' }));
  const { size, maxSize } = (stats ?? {}) as { size?: unknown; maxSize?: unknown };
  // Entries go by the chunk: it never is full to the last byte.
  const isFull = typeof size === 'number' && typeof maxSize === 'number' ? size > FULL_SHARE * maxSize : null;
  return { first: momentOf(first), last: momentOf(last), isFull };
}

const FULL_SHARE = 0.9;

const momentOf = ({ t, i }: Timestamp): ClusterTime => ({ seconds: t, increment: i });

/** Null where the server refuses to tell; what breaks on the way is thrown. */
async function ifPermitted(answer: Promise<Document | null>): Promise<Document | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof MongoServerError && REFUSALS.includes(error.code)) return null;
    throw error;
  }
}

/** Unauthorized, IllegalOperation (a mongos has no oplog), CommandNotFound, InvalidNamespace, CommandNotSupported, and those of services. */
const REFUSALS: readonly unknown[] = [13, 20, 59, 73, 115, 303, 304, 8000];
