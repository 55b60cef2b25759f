import { type RawValue } from './raw';
import { array, bool, date, embedded, int, long, make, objectId, text, timestamp } from './values';
import { MAX_MESSAGE_BYTES } from './message';

/** The version that this server says it is. https://github.com/mongodb/specifications/blob/master/source/wireversion-featurelist/wireversion-featurelist.md */
export const VERSION = '7.0.14';
const MAX_WIRE_VERSION = 21;

/** What clients take the server for. */
export type TopologyKind = 'replicaSet' | 'mongos' | 'standalone';

export interface ReplicaSetView {
  readonly kind: TopologyKind;
  /** Of a replica set alone. */
  readonly name: string | null;
  readonly isPrimary: boolean;
  readonly term: number;
  readonly counter: bigint;
}

export interface ServerFacts {
  /** `host:port`, as clients are to connect. */
  readonly address: string;
  /** Of all members. */
  readonly hosts: readonly string[];
  /** Null: there is none now. */
  readonly primary: string | null;
  /** 12 bytes that are another for each start. */
  readonly processId: Buffer;
  readonly lastTs: bigint;
  /** UTC, milliseconds since 1970. */
  readonly now: number;
  readonly connectionId: number;
}

export type ReplyFields = Readonly<Record<string, RawValue | undefined>>;

/** What `hello` (or `isMaster`) tells. https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring.md */
export function helloReply(view: ReplicaSetView, facts: ServerFacts, legacyName: boolean): ReplyFields {
  const writable = view.kind !== 'replicaSet' || view.isPrimary;
  return {
    helloOk: bool(true),
    topologyVersion: embedded(make({ processId: objectId(facts.processId), counter: long(view.counter) })),
    ...(view.name === null ? {} : replicaSetFields(view, view.name, facts)),
    msg: view.kind === 'mongos' ? text('isdbgrid') : undefined,
    [legacyName ? 'ismaster' : 'isWritablePrimary']: bool(writable),
    maxBsonObjectSize: int(16 * 1024 * 1024),
    maxMessageSizeBytes: int(MAX_MESSAGE_BYTES),
    maxWriteBatchSize: int(100_000),
    localTime: date(facts.now),
    logicalSessionTimeoutMinutes: int(30),
    connectionId: int(facts.connectionId),
    minWireVersion: int(0),
    maxWireVersion: int(MAX_WIRE_VERSION),
    readOnly: bool(false),
  };
}

function replicaSetFields(
  view: ReplicaSetView,
  name: string,
  { address, hosts, primary, lastTs, now }: ServerFacts,
): ReplyFields {
  const opTime = embedded(make({ ts: timestamp(lastTs), t: long(BigInt(view.term)) }));
  return {
    hosts: array(hosts.map(text)),
    setName: text(name),
    setVersion: int(1),
    secondary: bool(!view.isPrimary),
    primary: primary === null ? undefined : text(primary),
    me: text(address),
    electionId: view.isPrimary ? objectId(electionId(view.term)) : undefined,
    lastWrite: embedded(
      make({ opTime, lastWriteDate: date(now), majorityOpTime: opTime, majorityWriteDate: date(now) }),
    ),
  };
}

/** The greatest wins: clients take a lower one for a primary that does not know of its end. */
function electionId(term: number): Buffer {
  const id = Buffer.alloc(12);
  id.writeUInt32BE(0x7fffffff);
  id.writeBigUInt64BE(BigInt(term), 4);
  return id;
}

export const buildInfoReply = (): ReplyFields => ({
  version: text(VERSION),
  gitVersion: text('a stand-in'),
  versionArray: array(VERSION.split('.').map(Number).concat(0).map(int)),
  bits: int(64),
  debug: bool(false),
  maxBsonObjectSize: int(16 * 1024 * 1024),
  storageEngines: array([text('standIn')]),
  modules: array([]),
});
