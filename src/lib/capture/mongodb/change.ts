import { factsOf } from '../claim';
import { type CapturedEvent } from '../port';
import { elementsOf, TYPE, type BsonElement } from './bson-elements';
import { objectJson, valueJson } from './canonical-json';
import { sourceField, type MongoSource } from './source-field';

/** A change-stream document, whole. */
export interface Change {
  readonly event: CapturedEvent;
  /** The stream goes on after this. */
  readonly token: string;
  /** When the server made the change, in microseconds since 1970; null where it does not tell. */
  readonly committedAtUs: bigint | null;
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
export function readChange(fragments: readonly Buffer[], source: MongoSource, database: string): Change {
  const parts = fragments.map((fragment) => elementsOf(fragment));
  const elements = parts.length === 1 ? (parts[0] as BsonElement[]) : whole(parts);
  const fields: Fields = new Map(elements.map((element) => [element.name, element]));
  const last = parts.at(-1)?.find(({ name }) => name === '_id');
  const token = textAt(within(fields.get('_id'), '_data'));
  if (token === null || last === undefined) throw new Error('a change-stream document has no resume token');
  const body = Buffer.from(`${objectJson(elements).slice(0, -1)}${sourceField(source)}}`);
  return {
    event: {
      key: keyOf(fields, database),
      eventId: `${source.name}/${source.history}/${token}`,
      body,
      facts: () => factsOf(body),
    },
    token: valueJson(last),
    committedAtUs: committedAtUs(fields),
  };
}

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

/** `shop.orders/{"_id":…}`; what happened to a whole collection or database has no document key. */
function keyOf(fields: Fields, database: string): string {
  const namespace = fields.get('ns');
  const db = textAt(within(namespace, 'db')) ?? database;
  const collection = textAt(within(namespace, 'coll'));
  const documentKey = fields.get('documentKey');
  const place = collection === null ? db : `${db}.${collection}`;
  return documentKey === undefined ? place : `${place}/${valueJson(documentKey)}`;
}

/** `wallTime` (MongoDB 6 and later) has milliseconds, the cluster time seconds. */
function committedAtUs(fields: Fields): bigint | null {
  const wall = fields.get('wallTime');
  if (wall?.type === TYPE.date) return wall.bytes.readBigInt64LE(wall.start) * 1_000n;
  const cluster = fields.get('clusterTime');
  return cluster?.type === TYPE.timestamp ? BigInt(cluster.bytes.readUInt32LE(cluster.start + 4)) * 1_000_000n : null;
}

function within(element: BsonElement | undefined, name: string): BsonElement | undefined {
  if (element?.type !== TYPE.document) return undefined;
  return elementsOf(element.bytes, element.start).find((inner) => inner.name === name);
}

const textAt = (element: BsonElement | undefined): string | null =>
  element?.type === TYPE.string ? element.bytes.toString('utf8', element.start + 4, element.end - 1) : null;

const int32At = (element: BsonElement | undefined): number | null =>
  element?.type === TYPE.int32 ? element.bytes.readInt32LE(element.start) : null;
