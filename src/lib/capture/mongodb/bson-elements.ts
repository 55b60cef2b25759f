/** BSON's types, by the byte that stands for each: https://bsonspec.org/spec.html */
export const TYPE = {
  double: 1,
  string: 2,
  document: 3,
  array: 4,
  binary: 5,
  undefined: 6,
  objectId: 7,
  boolean: 8,
  date: 9,
  null: 10,
  regex: 11,
  dbPointer: 12,
  code: 13,
  symbol: 14,
  codeWithScope: 15,
  int32: 16,
  timestamp: 17,
  int64: 18,
  decimal: 19,
  maxKey: 127,
  minKey: 255,
} as const;

/** A field of a document: where its value lies in the document's bytes. */
export interface BsonElement {
  readonly type: number;
  readonly name: string;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/**
 * The fields of a BSON document in their order. JavaScript's objects cannot hold them: they put `"2"` before `"a"`, and keep one of two
 * fields with one name.
 *
 * @param start where the document begins
 * @throws Error for what is no BSON
 */
export function elementsOf(bytes: Buffer, start = 0): BsonElement[] {
  const last = lastOf(bytes, start);
  const elements: BsonElement[] = [];
  let at = start + 4;
  while (at < last) {
    const type = bytes[at] as number;
    const nameEnd = bytes.indexOf(0, at + 1);
    const name = bytes.toString('utf8', at + 1, nameEnd);
    const end = endOf(type, bytes, nameEnd + 1, last);
    elements.push({ type, name, bytes, start: nameEnd + 1, end });
    at = end;
  }
  return elements;
}

/**
 * Where the last byte of a document or an array lies.
 *
 * @throws Error for what is no BSON
 */
export function lastOf(bytes: Buffer, start: number): number {
  const last = start + bytes.readInt32LE(start) - 1;
  if (bytes[last] !== 0) throw new Error('a BSON document does not end where it says');
  return last;
}

/**
 * Where a value ends.
 *
 * @param last of the document that the value is in
 * @throws Error for what is no BSON
 */
export function endOf(type: number, bytes: Buffer, start: number, last: number): number {
  const end = start + valueLength(type, bytes, start);
  if (end > last) throw new Error('a BSON value does not end within its document');
  return end;
}

/** The driver's bytes as a Buffer, not copied. */
export const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The first field of that name. */
export function elementOf(bytes: Buffer, name: string): BsonElement | undefined {
  return elementsOf(bytes).find((element) => element.name === name);
}

function valueLength(type: number, bytes: Buffer, at: number): number {
  switch (type) {
    case TYPE.undefined:
    case TYPE.null:
    case TYPE.minKey:
    case TYPE.maxKey:
      return 0;
    case TYPE.boolean:
      return 1;
    case TYPE.int32:
      return 4;
    case TYPE.double:
    case TYPE.date:
    case TYPE.timestamp:
    case TYPE.int64:
      return 8;
    case TYPE.objectId:
      return 12;
    case TYPE.decimal:
      return 16;
    case TYPE.string:
    case TYPE.code:
    case TYPE.symbol:
      return 4 + bytes.readInt32LE(at);
    case TYPE.binary:
      return 5 + bytes.readInt32LE(at);
    case TYPE.dbPointer:
      return 16 + bytes.readInt32LE(at);
    case TYPE.document:
    case TYPE.array:
    case TYPE.codeWithScope:
      return bytes.readInt32LE(at);
    case TYPE.regex:
      return bytes.indexOf(0, bytes.indexOf(0, at) + 1) + 1 - at;
    default:
      throw new Error(`BSON type 0x${type.toString(16)} is not known`);
  }
}
