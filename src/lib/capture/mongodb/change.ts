import { hash } from 'node:crypto';
import { CLAIM_FACTS } from '../../decode/claim';
import { type CapturedEvent } from '../port';
import { elementsOf, TYPE, type BsonElement } from './bson-elements';
import { jsonBytes, valueJson } from './canonical-json';
import { type ClusterTime } from './cluster-time';
import { type ResumePoint } from './resume-point';
import { sourceField, type MongoSource } from './source-field';

/** A change-stream document, whole. */
export interface Change {
  readonly event: CapturedEvent;
  /** The stream goes on behind this. */
  readonly point: ResumePoint;
  /** When the server made the change, in microseconds since 1970; null where it does not tell. */
  readonly committedAtUs: bigint | null;
  /** The collection that was renamed gets this name; null for what is no rename. */
  readonly renamedTo: Namespace | null;
}

export interface Namespace {
  readonly db: string;
  readonly coll: string;
}

/** Fields of a change-stream document, and those that capture reads. */
type Fields = ReadonlyMap<string, BsonElement>;

/**
 * Makes the event of a change-stream document. Its body is the document in canonical Extended JSON, with a `source` field behind it.
 *
 * @param fragments its BSON; several where it was larger than 16 MB and `$changeStreamSplitLargeEvent` has cut it up
 * @param source whose event it is
 * @param database stands for what names no namespace (`invalidate`)
 * @throws Error for what is no change-stream document
 */
export async function readChange(fragments: readonly Buffer[], source: MongoSource, database: string): Promise<Change> {
  const parts = fragments.map((fragment) => elementsOf(fragment));
  const elements = parts.length === 1 ? (parts[0] as BsonElement[]) : whole(parts);
  const fields: Fields = new Map(elements.map((element) => [element.name, element]));
  const last = parts.at(-1)?.find(({ name }) => name === '_id');
  const data = textAt(within(fields.get('_id'), '_data'));
  if (data === null || last === undefined) throw new Error('a change-stream document has no resume token');
  const operation = textAt(fields.get('operationType'));
  const isWhole = !fields.has('splitEvent') && parts.length === 1;
  return {
    event: {
      key: keyOf(fields, database),
      eventId: `${source.name}/${source.history}/${idText(isWhole ? data : eventToken(data))}`,
      body: await jsonBytes(objectParts(elements, source)),
      facts: () => Buffer.from(factsJson(elements, source)),
    },
    point: {
      token: valueJson(last),
      time: timestampAt(fields.get('clusterTime')),
      kind: operation === 'invalidate' ? 'invalidate' : isWhole ? 'event' : 'fragment',
    },
    committedAtUs: committedAtUs(fields),
    renamedTo: operation === 'rename' ? namespaceAt(fields.get('to')) : null,
  };
}

/** The object of these fields, with ours behind them. */
const objectParts = (elements: readonly BsonElement[], source: MongoSource): (string | BsonElement)[] => [
  '{',
  ...elements.flatMap((element) => [`${JSON.stringify(element.name)}:`, element, ',']),
  `${sourceField(source)}}`,
];

/** A reference must fit into the hub: a document key that is longer is in the event alone. */
const MAX_FACT_BYTES = 64 * 1024;

function factsJson(elements: readonly BsonElement[], source: MongoSource): string {
  const facts = elements.filter(({ name, start, end }) => CLAIM_FACTS.has(name) && end - start <= MAX_FACT_BYTES);
  return objectParts(facts, source)
    .map((part) => (typeof part === 'string' ? part : valueJson(part)))
    .join('');
}

/**
 * The token that the event would have in one piece, by that of its first fragment, whose number, a KeyString's nought (29), stands before the
 * end (04). The server cuts an event up or not by what it looks up for it: the same change must have the same id both times.
 */
const eventToken = (data: string): string => data.replace(/2904$/, '04');

/** A token holds its document's key, which may be of any length; so many characters of it are an id as they are. */
const MAX_ID_CHARACTERS = 1_024;

const idText = (data: string): string =>
  data.length <= MAX_ID_CHARACTERS ? data : `${data.slice(0, MAX_ID_CHARACTERS)}-${hash('sha256', data, 'hex')}`;

/** The fields of all fragments, under the resume token of the first: the same however often it is sent. */
function whole(parts: readonly BsonElement[][]): BsonElement[] {
  const [first = [], ...others] = parts.map((part) => part.filter(({ name }) => name !== 'splitEvent'));
  return [...first, ...others.flat().filter(({ name }) => name !== '_id')];
}

/** Which fragment this is, and of how many; null for a document that is not cut up. */
export function fragmentOf(document: Buffer): { readonly fragment: number; readonly of: number } | null {
  const split = elementsOf(document).find(({ name }) => name === 'splitEvent');
  const [fragment, of] = [int32At(within(split, 'fragment')), int32At(within(split, 'of'))];
  return fragment === null || of === null ? null : { fragment, of };
}

/**
 * `shop.orders/{"_id":…}`; what happened to a whole collection or database has no document key. Of the document key only the `_id`: a
 * document whose shard key changes is deleted under one key and inserted under another, and both belong into one partition.
 */
function keyOf(fields: Fields, database: string): string {
  const namespace = fields.get('ns');
  const db = textAt(within(namespace, 'db')) ?? database;
  const collection = textAt(within(namespace, 'coll'));
  const place = collection === null ? db : `${db}.${collection}`;
  const documentKey = fields.get('documentKey');
  if (documentKey === undefined) return place;
  const id = within(documentKey, '_id');
  return id === undefined ? `${place}/${valueJson(documentKey)}` : documentPlace(place, id);
}

/** The partition key of a document: in the stream and in a snapshot the same. */
export const documentPlace = (place: string, id: BsonElement): string => `${place}/{"_id":${valueJson(id)}}`;

/** `wallTime` (MongoDB 6 and later) has milliseconds, the cluster time seconds. */
function committedAtUs(fields: Fields): bigint | null {
  const wall = fields.get('wallTime');
  if (wall?.type === TYPE.date) return wall.bytes.readBigInt64LE(wall.start) * 1_000n;
  const cluster = timestampAt(fields.get('clusterTime'));
  return cluster === null ? null : BigInt(cluster.seconds) * 1_000_000n;
}

function namespaceAt(element: BsonElement | undefined): Namespace | null {
  const [db, coll] = [textAt(within(element, 'db')), textAt(within(element, 'coll'))];
  return db === null || coll === null ? null : { db, coll };
}

function timestampAt(element: BsonElement | undefined): ClusterTime | null {
  if (element?.type !== TYPE.timestamp) return null;
  const { bytes, start } = element;
  return { seconds: bytes.readUInt32LE(start + 4), increment: bytes.readUInt32LE(start) };
}

function within(element: BsonElement | undefined, name: string): BsonElement | undefined {
  if (element?.type !== TYPE.document) return undefined;
  return elementsOf(element.bytes, element.start).find((inner) => inner.name === name);
}

const textAt = (element: BsonElement | undefined): string | null =>
  element?.type === TYPE.string ? element.bytes.toString('utf8', element.start + 4, element.end - 1) : null;

const int32At = (element: BsonElement | undefined): number | null =>
  element?.type === TYPE.int32 ? element.bytes.readInt32LE(element.start) : null;
