/**
 * BSON as it lies on the wire. Documents are kept and handed on as the bytes that a client sent, so that the types of numbers,
 * the order of fields and whatever a client's library cannot express stay as they were.
 */
export interface RawValue {
  readonly type: number;
  /** What follows the field's name. */
  readonly bytes: Buffer;
}

export interface RawField extends RawValue {
  readonly name: string;
}

/** https://bsonspec.org/spec.html */
export const TYPE = {
  double: 0x01,
  string: 0x02,
  document: 0x03,
  array: 0x04,
  binary: 0x05,
  undefined: 0x06,
  objectId: 0x07,
  boolean: 0x08,
  date: 0x09,
  null: 0x0a,
  regex: 0x0b,
  dbPointer: 0x0c,
  code: 0x0d,
  symbol: 0x0e,
  codeWithScope: 0x0f,
  int32: 0x10,
  timestamp: 0x11,
  int64: 0x12,
  decimal: 0x13,
  maxKey: 0x7f,
  minKey: 0xff,
} as const;

const FIXED_BYTES = new Map<number, number>([
  [TYPE.double, 8],
  [TYPE.undefined, 0],
  [TYPE.objectId, 12],
  [TYPE.boolean, 1],
  [TYPE.date, 8],
  [TYPE.null, 0],
  [TYPE.int32, 4],
  [TYPE.timestamp, 8],
  [TYPE.int64, 8],
  [TYPE.decimal, 16],
  [TYPE.maxKey, 0],
  [TYPE.minKey, 0],
]);

/** Bytes of the value of that type at `start`. */
function lengthAt(document: Buffer, type: number, start: number): number {
  switch (type) {
    case TYPE.string:
    case TYPE.code:
    case TYPE.symbol:
      return 4 + document.readInt32LE(start);
    case TYPE.document:
    case TYPE.array:
    case TYPE.codeWithScope:
      return document.readInt32LE(start);
    case TYPE.binary:
      return 5 + document.readInt32LE(start);
    case TYPE.dbPointer:
      return 16 + document.readInt32LE(start);
    case TYPE.regex:
      return document.indexOf(0, document.indexOf(0, start) + 1) + 1 - start;
    default: {
      const length = FIXED_BYTES.get(type);
      if (length === undefined) throw new RangeError(`BSON: there is no type ${type}`);
      return length;
    }
  }
}

/** Calls `visit` for each field until it returns false. */
function walk(
  document: Buffer,
  visit: (type: number, nameStart: number, start: number, length: number) => boolean,
): void {
  const end = document.length - 1;
  for (let at = 4; at < end;) {
    const type = document[at] as number;
    const nameEnd = document.indexOf(0, at + 1);
    const start = nameEnd + 1;
    const length = lengthAt(document, type, start);
    if (nameEnd < 0 || length < 0 || start + length > end) throw new RangeError(`BSON: cut short at byte ${at}`);
    if (!visit(type, at + 1, start, length)) return;
    at = start + length;
  }
}

/** A document without fields. */
export const EMPTY: Buffer = Buffer.of(5, 0, 0, 0, 0);

export function fields(document: Buffer): RawField[] {
  const found: RawField[] = [];
  walk(document, (type, nameStart, start, length) => {
    const name = document.toString('utf8', nameStart, start - 1);
    found.push({ name, type, bytes: document.subarray(start, start + length) });
    return true;
  });
  return found;
}

export function field(document: Buffer, name: string): RawValue | undefined {
  let found: RawValue | undefined;
  const nameBytes = Buffer.byteLength(name);
  walk(document, (type, nameStart, start, length) => {
    if (start - 1 - nameStart !== nameBytes || document.toString('utf8', nameStart, start - 1) !== name) return true;
    found = { type, bytes: document.subarray(start, start + length) };
    return false;
  });
  return found;
}

export const firstField = (document: Buffer): RawField | undefined => {
  let found: RawField | undefined;
  walk(document, (type, nameStart, start, length) => {
    const name = document.toString('utf8', nameStart, start - 1);
    found = { name, type, bytes: document.subarray(start, start + length) };
    return false;
  });
  return found;
};

/** A document of these fields, in their order. */
export function documentOf(parts: readonly RawField[]): Buffer {
  let length = 5;
  for (const { name, bytes } of parts) length += 2 + Buffer.byteLength(name) + bytes.length;
  const document = Buffer.allocUnsafe(length);
  document.writeInt32LE(length, 0);
  let at = 4;
  for (const { name, type, bytes } of parts) {
    document[at] = type;
    at += 1 + document.write(name, at + 1, 'utf8');
    document[at] = 0;
    at += 1 + bytes.copy(document, at + 1);
  }
  document[at] = 0;
  return document;
}
