import { type LakeFile } from '../../../local/verdict/read-lake';

/** An event as the hub has it: what it tells, and where it landed. */
export interface HubEvent {
  readonly source: 'postgresql' | 'mongodb';
  readonly partition: number;
  readonly eventId: string | null;
  /** JSON, as the line has it. */
  readonly change: string;
  /** JSON, as the sender wrote it; null for one that was left in a file of its own. */
  readonly payload: string | null;
  readonly payloadRef?: string;
  /** Of which row it is, as our capture states it beside a reference. */
  readonly rowKey?: string;
}

const LETTERS = { c: 'create', u: 'update', d: 'delete', r: 'read', t: 'truncate', m: 'message' } as const;

export interface PostgresChange {
  readonly op: keyof typeof LETTERS;
  /** Of the transaction's commit. */
  readonly at: number;
  /** Its place in the transaction; null where the sender does not tell. 1 when left out. */
  readonly index?: number | null;
  /** JSON objects. */
  readonly before?: string;
  readonly after?: string;
  readonly unchanged?: readonly string[];
  readonly table?: string;
  readonly partition?: number;
  /** The server's name; null when left out. */
  readonly server?: string;
  readonly history?: number;
  /** The table's OID. */
  readonly relation?: number;
  /** '771' when left out; null for a row that a snapshot read, where it is known only of tables without a key. */
  readonly transactionId?: string | null;
  /** Made of position and index when left out. */
  readonly eventId?: string | null;
}

/** What our capture sends. */
export function postgres(change: PostgresChange): HubEvent {
  const {
    op,
    at,
    index = 1,
    before = 'null',
    after = 'null',
    unchanged = [],
    table = 'orders',
    partition = 0,
    server = null,
    history,
    relation,
    transactionId = '771',
  } = change;
  const left = unchanged.length === 0 ? '' : `,"unchanged":${JSON.stringify(unchanged)}`;
  const { eventId = `9/${server}/${history ?? 0}/${at}/${index}` } = change;
  const facts = [
    `"operation":"${LETTERS[op]}","server":${JSON.stringify(server)},"database":"shop","schema":"public","table":"${table}"`,
    ...(relation === undefined ? [] : [`"relation":${relation}`]),
    `"committedTime":"2026-11-22T23:59:59.812345Z"`,
    ...(history === undefined ? [] : [`"history":${history}`]),
    `"position":"${position(at)}"`,
    ...(index === null ? [] : [`"index":${index}`]),
    `"transactionId":${JSON.stringify(transactionId)}`,
  ];
  const payload =
    `{"before":${before},"after":${after}${left},"source":{"connector":"postgresql","db":"shop","schema":"public",` +
    `"table":"${table}","lsn":${at}},"op":"${op}"}`;
  return { source: 'postgresql', partition, eventId, change: `{${facts.join(',')}}`, payload };
}

/** A row as the snapshot reads it: at the lowest position, named by its key. */
export const snapshot = (key: string, after: string, change: Partial<PostgresChange> = {}): HubEvent =>
  postgres({
    op: 'r',
    at: 1,
    index: 0,
    transactionId: null,
    after,
    eventId: `9/slot/1/public.orders/${key}`,
    ...change,
  });

const position = (lsn: number): string => `00000000/${lsn.toString(16).toUpperCase().padStart(8, '0')}`;

export interface MongoChange {
  readonly operation: string;
  /** The cluster time's seconds. */
  readonly at: number;
  readonly key?: string;
  readonly document?: string | null;
  readonly partition?: number;
  readonly eventId?: string;
  readonly collection?: string;
  /** What the collection is renamed to. */
  readonly to?: string;
  /** Where our capture sent it. */
  readonly history?: number;
}

/** What a change stream sends. */
export function mongo(change: MongoChange): HubEvent {
  const {
    operation,
    at,
    key,
    document,
    partition = 0,
    eventId = `82${at}`,
    collection = 'carts',
    to,
    history,
  } = change;
  const payload = [
    `{"_id":{"_data":"${eventId}"},"operationType":"${operation}"`,
    ...(document === undefined ? [] : [`"fullDocument":${document ?? 'null'}`]),
    `"ns":{"db":"shop","coll":"${collection}"}`,
    ...(to === undefined ? [] : [`"to":{"db":"shop","coll":"${to}"}`]),
    ...(key === undefined ? [] : [`"documentKey":${key}`]),
  ];
  const named = operation === 'insert' ? 'create' : operation;
  const counted = history === undefined ? '' : `"history":${history},`;
  const facts = `"operation":"${named}","server":null,"database":"shop","schema":null,"table":"${collection}",${counted}"position":"${clusterTime(at)}"`;
  return { source: 'mongodb', partition, eventId, change: `{${facts}}`, payload: `${payload.join(',')}}` };
}

/** A document as our snapshot of MongoDB reads it, in the envelope of Debezium's connector. */
export function mongoSnapshot(id: string, document: string, at = 1): HubEvent {
  const place = `"db":"shop","collection":"carts"`;
  const payload =
    `{"before":null,"after":${JSON.stringify(document)},"source":{"connector":"mongodb","ts_ms":${at}000,${place},"ord":1},` +
    `"op":"r"}`;
  const facts = `"operation":"read","database":"shop","schema":null,"table":"carts","position":"${clusterTime(at)}"`;
  return { source: 'mongodb', partition: 0, eventId: `shop/carts/${id}`, change: `{${facts}}`, payload };
}

const clusterTime = (seconds: number): string => `${String(seconds).padStart(10, '0')}:0000000001`;

/** Events into lines and files, those of a partition in the order given. `perFile` lines to a file. */
export function lakeOf(events: readonly HubEvent[], perFile = 3): LakeFile[] {
  const shelves = new Map<string, string[]>();
  for (const event of events) {
    const shelf = `${event.source}/${event.partition}`;
    const lines = shelves.get(shelf) ?? [];
    shelves.set(shelf, lines);
    lines.push(line(event, lines.length));
  }
  return [...shelves].flatMap(([shelf, lines]) => {
    const [source, partition] = shelf.split('/');
    const starts = lines.map((_, i) => i).filter((i) => i % perFile === 0);
    return starts.map((first) => {
      const some = lines.slice(first, first + perFile);
      const range = `${first}-${first + some.length - 1}_${some.length}`;
      const path = `bronze/${source}/2026/11/22/data_20261122T235959998Z_${partition}_${range}.json`;
      return { path, bytes: Buffer.from(some.join('')) };
    });
  });
}

/** Properties made to mislead who looks for the payload in the line's text. */
const PROPERTIES = String.raw`{"payload":7,"change":null,"note":",\"payload\":{}}","eventId":"else","deep":{"a":{},"payload":[1]}}`;

export function line(event: HubEvent, sequence: number): string {
  const { source, partition, eventId, change, payload, payloadRef, rowKey } = event;
  const properties = rowKey === undefined ? PROPERTIES : `{"rowKey":${JSON.stringify(rowKey)},${PROPERTIES.slice(1)}`;
  return (
    `{"format":1,"source":"${source}","namespace":"localhost","hub":"${source}-changes","incarnation":1,"partition":"${partition}",` +
    `"sequenceNumber":${sequence},"offset":"${sequence * 64}","enqueuedTime":"2026-11-22T23:59:59.998Z","partitionKey":null,` +
    `"properties":${properties},"eventId":${JSON.stringify(eventId)},"change":${change},` +
    `"payload":${payload ?? 'null'}${payloadRef === undefined ? '' : `,"payloadRef":"${payloadRef}"`}}\n`
  );
}

/** The event as it is in the lake where its payload is too large for a line, and the file that holds it. */
export function claimed(event: HubEvent, name: string, rowKey = 'public.orders/[1]'): [HubEvent, LakeFile] {
  const path = `claims/postgresql/2026/11/22/${name}.json`;
  return [
    { ...event, payload: null, payloadRef: path, rowKey },
    { path, bytes: Buffer.from(event.payload ?? '') },
  ];
}
