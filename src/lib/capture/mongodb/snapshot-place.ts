import { BSON, type Document } from 'mongodb';
import { elementOf, elementsOf, TYPE, type BsonElement } from './bson-elements';

/** A document's `_id` alone, as BSON in base64: exact, whatever it holds. */
export function placeOf(document: Buffer): string {
  const id = idOf(document);
  const header = Buffer.from([0, 0, 0, 0, id.type, 0x5f, 0x69, 0x64, 0]);
  const alone = Buffer.concat([header, id.bytes.subarray(id.start, id.end), Buffer.of(0)]);
  alone.writeInt32LE(alone.length);
  return alone.toString('base64');
}

export function idOf(document: Buffer): BsonElement {
  const id = elementOf(document, '_id');
  if (id === undefined) throw new Error('a document has no _id');
  return id;
}

/**
 * The order in which MongoDB sorts values of different types; `{_id: {$gt: value}}` finds only those of the value's own kind.
 * https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/
 */
const KINDS: readonly (readonly number[])[] = [
  [TYPE.minKey],
  [TYPE.undefined],
  [TYPE.null],
  [TYPE.int32, TYPE.int64, TYPE.double, TYPE.decimal],
  [TYPE.string, TYPE.symbol],
  [TYPE.document],
  [TYPE.array],
  [TYPE.binary],
  [TYPE.objectId],
  [TYPE.boolean],
  [TYPE.date],
  [TYPE.timestamp],
  [TYPE.regex],
  [TYPE.dbPointer],
  [TYPE.code],
  [TYPE.codeWithScope],
  [TYPE.maxKey],
];

/**
 * Queries that, one after the other and each in the order of `_id`, find every document behind `after`.
 *
 * @param after what {@link placeOf} gave; null for all
 */
export function queriesAfter(after: string | null): Document[] {
  if (after === null) return [{}];
  const id = idOf(Buffer.from(after, 'base64'));
  const kind = KINDS.findIndex((types) => types.includes(id.type));
  const laterTypes = KINDS.slice(kind + 1).flat();
  const later = laterTypes.map((type) => ({ _id: { $type: type } }));
  return [
    { _id: isNaNumber(id) ? { $gte: -Infinity } : { $gt: valueOf(id) } },
    ...(later.length === 0 ? [] : [{ $or: later }]),
  ];
}

/** Nothing is greater than NaN to a query, and yet it sorts before all other numbers. */
function isNaNumber({ type, bytes, start, end }: BsonElement): boolean {
  if (type === TYPE.double) return Number.isNaN(bytes.readDoubleLE(start));
  return type === TYPE.decimal && new BSON.Decimal128(bytes.subarray(start, end)).toString() === 'NaN';
}

/** As the driver takes it: a Map keeps the order of any names. */
function valueOf({ type, bytes, start, end }: BsonElement): unknown {
  if (type === TYPE.document) {
    return new Map(elementsOf(bytes, start).map((element) => [element.name, valueOf(element)]));
  }
  if (type === TYPE.array) return elementsOf(bytes, start).map(valueOf);
  const header = Buffer.from([0, 0, 0, 0, type, 0x76, 0]);
  const alone = Buffer.concat([header, bytes.subarray(start, end), Buffer.of(0)]);
  alone.writeInt32LE(alone.length);
  const { v } = BSON.deserialize(alone, {
    promoteValues: false,
    promoteLongs: false,
    promoteBuffers: false,
    bsonRegExp: true,
  });
  if (v instanceof Date && Number.isNaN(v.getTime())) {
    throw new Error('a date in an _id lies beyond those of JavaScript: the collection cannot be read in parts');
  }
  return v;
}
