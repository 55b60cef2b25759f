import { BSON } from 'mongodb';
import { documentOf, fields, TYPE, type RawField, type RawValue } from './raw';

/** Values made here, and values read: each maker beside its reader. */

const fixed = (type: number, length: number, write: (bytes: Buffer) => void): RawValue => {
  const bytes = Buffer.allocUnsafe(length);
  write(bytes);
  return { type, bytes };
};

export const double = (value: number): RawValue => fixed(TYPE.double, 8, (bytes) => bytes.writeDoubleLE(value));
export const int = (value: number): RawValue => fixed(TYPE.int32, 4, (bytes) => bytes.writeInt32LE(value));
export const long = (value: bigint): RawValue => fixed(TYPE.int64, 8, (bytes) => bytes.writeBigInt64LE(value));
export const bool = (value: boolean): RawValue => ({ type: TYPE.boolean, bytes: Buffer.of(value ? 1 : 0) });
export const nothing: RawValue = { type: TYPE.null, bytes: Buffer.alloc(0) };
export const embedded = (document: Buffer): RawValue => ({ type: TYPE.document, bytes: document });

/** Milliseconds since 1970. */
export const date = (milliseconds: number): RawValue =>
  fixed(TYPE.date, 8, (bytes) => bytes.writeBigInt64LE(BigInt(milliseconds)));

/** Seconds since 1970 in the upper 32 bits, a counter in the lower. */
export const timestamp = (value: bigint): RawValue =>
  fixed(TYPE.timestamp, 8, (bytes) => bytes.writeBigUInt64LE(value));

export function text(value: string): RawValue {
  const length = Buffer.byteLength(value) + 1;
  return fixed(TYPE.string, 4 + length, (bytes) => {
    bytes.writeInt32LE(length, 0);
    bytes.write(value, 4, 'utf8');
    bytes[bytes.length - 1] = 0;
  });
}

export const binary = (value: Buffer, subtype: number): RawValue => {
  const head = Buffer.allocUnsafe(5);
  head.writeInt32LE(value.length);
  head[4] = subtype;
  return { type: TYPE.binary, bytes: Buffer.concat([head, value]) };
};

/** Of 16 bytes. */
export const uuidValue = (value: Buffer): RawValue => binary(value, 4);

export const objectId = (value: Buffer): RawValue => ({ type: TYPE.objectId, bytes: value });

export const array = (values: readonly RawValue[]): RawValue => ({
  type: TYPE.array,
  bytes: documentOf(values.map(({ type, bytes }, index) => ({ name: String(index), type, bytes }))),
});

/** A document of the fields that are there; names that look like numbers would lose their place. */
export function make(parts: Readonly<Record<string, RawValue | undefined>>): Buffer {
  const present: RawField[] = [];
  for (const [name, value] of Object.entries(parts))
    if (value !== undefined) present.push({ name, type: value.type, bytes: value.bytes });
  return documentOf(present);
}

export const named = (name: string, { type, bytes }: RawValue): RawField => ({ name, type, bytes });

/** Of a string or symbol; undefined for anything else. */
export const asText = (value: RawValue | undefined): string | undefined =>
  value?.type === TYPE.string || value?.type === TYPE.symbol
    ? value.bytes.toString('utf8', 4, value.bytes.length - 1)
    : undefined;

export function asNumber(value: RawValue | undefined): number | undefined {
  switch (value?.type) {
    case TYPE.int32:
      return value.bytes.readInt32LE();
    case TYPE.int64:
      return Number(value.bytes.readBigInt64LE());
    case TYPE.double:
      return value.bytes.readDoubleLE();
    case TYPE.decimal:
      return Number(new BSON.Decimal128(value.bytes).toString());
    default:
      return undefined;
  }
}

/** Whether it is there and true, or a number other than 0. */
export const asFlag = (value: RawValue | undefined): boolean =>
  value?.type === TYPE.boolean ? value.bytes[0] === 1 : (asNumber(value) ?? 0) !== 0;

export const asLong = (value: RawValue | undefined): bigint | undefined => {
  const number = value?.type === TYPE.int64 ? value.bytes.readBigInt64LE() : asNumber(value);
  return number === undefined ? undefined : BigInt(number);
};

export const asTimestamp = (value: RawValue | undefined): bigint | undefined =>
  value?.type === TYPE.timestamp ? value.bytes.readBigUInt64LE() : undefined;

export const asDate = (value: RawValue | undefined): number | undefined =>
  value?.type === TYPE.date ? Number(value.bytes.readBigInt64LE()) : undefined;

export const asDocument = (value: RawValue | undefined): Buffer | undefined =>
  value?.type === TYPE.document ? value.bytes : undefined;

/** The members of an array. */
export const asArray = (value: RawValue | undefined): readonly RawField[] | undefined =>
  value?.type === TYPE.array ? fields(value.bytes) : undefined;

/** The documents in an array; what is none is left out. */
export const asDocuments = (value: RawValue | undefined): Buffer[] | undefined =>
  asArray(value)?.flatMap((member) => asDocument(member) ?? []);

/** The bytes of a binary value, a UUID's for one. */
export const asBinary = (value: RawValue | undefined): Buffer | undefined =>
  value?.type === TYPE.binary ? value.bytes.subarray(5) : undefined;

export const sameBytes = (a: RawValue, b: RawValue): boolean => a.type === b.type && a.bytes.equals(b.bytes);
