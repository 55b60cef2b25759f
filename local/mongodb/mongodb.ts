import { randomBytes, randomUUID } from 'node:crypto';
import { type AddressInfo, type Server as NetServer } from 'node:net';
import { openAll } from '../storage/closing';
import { Cursors } from './cursors';
import { type Server } from './context';
import { Faults, type MongoFaults } from './faults';
import { Journal } from './journal';
import { closeServer, listenMongo, serveMongo } from './listen';
import { ReplicaSet } from './replica-set';
import { Sessions } from './sessions';
import { Sockets } from './sockets';
import { Store, type EarlierHalf } from './store';

export { type Fault, type FaultKind, type FaultRule, type MongoFaults, type OplogLimit } from './faults';
export { type EarlierHalf } from './store';

export interface ShardedOptions {
  /**
   * A document that moves to the other shard is deleted on one and inserted on the other, each shard in its own time. Null (or left
   * out): at one moment.
   */
  readonly earlierHalf?: EarlierHalf;
}

export interface MongoOptions {
  /** 27017 when left out, 0 for any free port. */
  readonly port?: number;
  /** The replica set's name, `rs0` when left out; null for a standalone, which has no change streams and no transactions. */
  readonly replicaSet?: string | null;
  /** A mongos of two shards instead of a replica set; see `shardCollection` and `split` in the docs. */
  readonly sharded?: boolean | ShardedOptions;
  /** Whether the replica set has a second member, which is never primary; see `faults.holdReplication`. */
  readonly secondary?: boolean;
  /** Where acknowledged writes are kept between runs; null (or left out) for memory alone. */
  readonly folder?: string | null;
  /** Entries of the oplog that are kept, each a write or a transaction; 100,000 when left out. */
  readonly oplogEntries?: number;
  /** How often an idle server writes an entry of no effect, by which the resume tokens of quiet streams move on; 10,000. */
  readonly noopEveryMs?: number;
  readonly log?: (line: string) => void;
  /** UTC, milliseconds since 1970; the system's clock when left out. */
  readonly now?: () => number;
}

/** A MongoDB replica set of one member on this machine. */
export interface LocalMongo extends AsyncDisposable {
  readonly port: number;
  /** For a driver: it names the replica set. */
  readonly uri: string;
  readonly faults: MongoFaults;
  /** How many clients' connections are open now. */
  openConnections(): number;
  /** How many cursors are open now. */
  openCursors(): number;
  /** How many of them a client waits at for what is to come. */
  waitingCursors(): number;
  /** Entries of the oplog now. */
  oplogEntries(): number;
  /** Ends every connection and leaves nothing behind but what is in the folder. */
  close(): Promise<void>;
}

/**
 * Starts the stand-in, listening on 127.0.0.1 alone.
 *
 * @throws Error that names the port when it is in use, or the file when the folder is damaged
 */
export async function startMongo(options: MongoOptions = {}): Promise<LocalMongo> {
  const { port = 27_017, noopEveryMs = 10_000 } = options;
  const sockets = new Sockets();
  const { value, close } = await openAll(async (keep) => {
    // Clients learn of the secondary from the first member, so it may listen before it is served.
    const second = options.secondary === true ? await listenMongo(0) : null;
    if (second !== null) keep({ close: () => closeServer(second, sockets) });
    // The port comes before the folder: the process that has it may have the folder open too.
    const listening = await listenMongo(port);
    keep({ close: () => closeServer(listening, sockets) });
    const hosts = [listening, second ?? []].flat().map((each) => `127.0.0.1:${portOf(each)}`);
    const server = openServer(options, hosts, keep);
    const secondary = second === null ? null : secondaryOf(server);
    const faults = new Faults(server, secondary, sockets);
    serveMongo(listening, server, faults, sockets);
    if (second !== null && secondary !== null) serveMongo(second, secondary, faults, sockets);
    // Before the files are closed.
    keep({ close: () => Promise.resolve(void sockets.cutAll()) });
    const noops = setInterval(() => writeNoop(server), noopEveryMs).unref();
    keep({ close: () => Promise.resolve(clearInterval(noops)) });
    const members = [server, secondary ?? []].flat();
    return { server, members, faults, port: portOf(listening) };
  });
  const { server, members, faults } = value;
  const cursors = () => members.flatMap((member) => member.cursors.open);
  const { kind, name } = server.replicaSet;
  const query =
    name === null ? (kind === 'mongos' ? '' : 'directConnection=true') : `replicaSet=${encodeURIComponent(name)}`;
  return {
    port: value.port,
    uri: `mongodb://127.0.0.1:${value.port}/?${query}`,
    faults,
    openConnections: () => sockets.count,
    openCursors: () => cursors().length,
    waitingCursors: () => cursors().filter(({ isWaiting }) => isWaiting).length,
    oplogEntries: () => server.store.oplog.end - server.store.oplog.begin,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function openServer(
  {
    replicaSet = 'rs0',
    sharded = false,
    folder = null,
    oplogEntries = 100_000,
    log = () => undefined,
    now = Date.now,
  }: MongoOptions,
  hosts: readonly string[],
  keep: (opened: { close(): Promise<void> }) => unknown,
): Server {
  const journal = folder === null ? null : new Journal(folder, log);
  if (journal !== null) keep({ close: () => Promise.resolve(journal.close()) });
  const sessions = new Sessions();
  const earlierHalf = typeof sharded === 'object' ? (sharded.earlierHalf ?? null) : null;
  const store = new Store({ oplogEntries, earlierHalf, journal, now }, (entry) => sessions.restore(entry));
  const term = store.term + 1;
  const message = store.origin === null ? `${INITIATING}${randomBytes(12).toString('hex')}` : 'new primary';
  store.commit([{ kind: 'noop', message, term }]);
  store.flush();
  const kind = sharded !== false ? 'mongos' : replicaSet === null ? 'standalone' : 'replicaSet';
  const replicaSetId = Buffer.from((store.origin ?? '').slice(INITIATING.length), 'hex');
  return {
    store,
    sessions,
    cursors: new Cursors(),
    replicaSet: new ReplicaSet(kind, replicaSet, replicaSetId, term),
    address: hosts[0] ?? '',
    hosts,
    processId: randomBytes(12),
    now,
    newUuid: () => Buffer.from(randomUUID().replaceAll('-', ''), 'hex'),
    log,
  };
}

/** A member with what the first one has, as far as it is replicated. */
const secondaryOf = (server: Server): Server => ({
  ...server,
  cursors: new Cursors(1),
  address: server.hosts[1] ?? '',
  processId: randomBytes(12),
});

/** The first entry names the set for ever. */
const INITIATING = 'initiating set ';

function writeNoop({ store, replicaSet }: Server): void {
  if (!replicaSet.isPrimary) return;
  store.commit([{ kind: 'noop', message: 'periodic noop', term: store.term }]);
  store.flush();
}

const portOf = (server: NetServer): number => (server.address() as AddressInfo).port;
