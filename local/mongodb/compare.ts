import { fields, TYPE, type RawValue } from './raw';
import { asDate, asNumber, asText } from './values';

/** https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/ */
const RANKS = new Map<number, number>(
  (
    [
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
    ] as const
  ).flatMap((types, rank) => types.map((type) => [type, rank] as const)),
);

/** Values of one rank are compared with each other; a query finds no others. */
export const rankOf = ({ type }: RawValue): number => RANKS.get(type) ?? -1;

/** Below 0: `a` sorts first. Decimals are compared as doubles. */
export function compare(a: RawValue, b: RawValue): number {
  const rank = rankOf(a);
  const difference = rank - rankOf(b);
  if (difference !== 0) return difference;
  switch (a.type) {
    case TYPE.int32:
    case TYPE.int64:
    case TYPE.double:
    case TYPE.decimal:
      return compareNumbers(a, b);
    case TYPE.string:
    case TYPE.symbol:
      return Buffer.compare(Buffer.from(asText(a) ?? ''), Buffer.from(asText(b) ?? ''));
    case TYPE.document:
    case TYPE.array:
      return compareDocuments(a.bytes, b.bytes, a.type === TYPE.array);
    case TYPE.binary:
      // Length first, then subtype, then content.
      return a.bytes.length - b.bytes.length || Buffer.compare(a.bytes.subarray(4), b.bytes.subarray(4));
    case TYPE.date:
      return (asDate(a) ?? 0) - (asDate(b) ?? 0);
    case TYPE.timestamp:
      return sign(a.bytes.readBigUInt64LE(), b.bytes.readBigUInt64LE());
    default:
      return Buffer.compare(a.bytes, b.bytes);
  }
}

const sign = (a: bigint | number, b: bigint | number): number => (a < b ? -1 : a > b ? 1 : 0);

function compareNumbers(a: RawValue, b: RawValue): number {
  const [one, other] = [exact(a), exact(b)];
  // NaN sorts before all other numbers.
  if (Number.isNaN(one) || Number.isNaN(other)) return Number(Number.isNaN(other)) - Number(Number.isNaN(one));
  return sign(one, other);
}

/** JavaScript compares a bigint with a number exactly. */
const exact = (value: RawValue): bigint | number =>
  value.type === TYPE.int64 ? value.bytes.readBigInt64LE() : (asNumber(value) ?? NaN);

/** Field by field: type, then name, then value; what ends first sorts first. */
function compareDocuments(a: Buffer, b: Buffer, isArray: boolean): number {
  const others = fields(b);
  for (const [index, one] of fields(a).entries()) {
    const other = others[index];
    if (other === undefined) return 1;
    const byType = rankOf(one) - rankOf(other);
    if (byType !== 0) return byType;
    const byName = isArray ? 0 : Buffer.compare(Buffer.from(one.name), Buffer.from(other.name));
    const difference = byName === 0 ? compare(one, other) : byName;
    if (difference !== 0) return difference;
  }
  return fields(a).length - others.length;
}

/** Two values have the same key exactly if they are equal: numbers of several types are. */
export function keyOf(value: RawValue): string {
  switch (value.type) {
    case TYPE.int32:
    case TYPE.int64:
    case TYPE.double:
    case TYPE.decimal:
      return `n${numberKey(value)}`;
    case TYPE.document:
    case TYPE.array:
      return `${value.type}{${fields(value.bytes)
        .map((member) => `${JSON.stringify(member.name)}:${keyOf(member)}`)
        .join()}}`;
    default:
      return `${value.type}:${value.bytes.toString('latin1')}`;
  }
}

function numberKey(value: RawValue): string {
  const number = exact(value);
  return typeof number === 'number' && Number.isInteger(number) ? String(BigInt(number)) : String(number);
}
