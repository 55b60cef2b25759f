import { fields, TYPE, type RawValue } from './raw';
import { asNumber, asText } from './values';

/**
 * The server's KeyString: bytes that sort as the values do, of which its resume tokens are made.
 * https://github.com/mongodb/mongo/blob/master/src/mongo/db/storage/key_string/README.md
 * Numbers with a fraction and decimals sort among themselves, but have other bytes than the server's.
 */
const CODE = {
  nothing: 0x14,
  numeric: 0x1e,
  negative: 0x27,
  zero: 0x29,
  fraction: 0x2a,
  positive: 0x2b,
  text: 0x3c,
  document: 0x46,
  array: 0x50,
  binary: 0x5a,
  objectId: 0x64,
  false: 0x6e,
  date: 0x78,
  timestamp: 0x82,
  other: 0x8c,
} as const;

/** After the last value. */
export const END = Buffer.of(0x04);

const MEMBERS_END = Buffer.of(0);

export function keyString(value: RawValue): Buffer {
  switch (value.type) {
    case TYPE.null:
    case TYPE.undefined:
      return Buffer.of(CODE.nothing);
    case TYPE.int32:
      return integerKey(BigInt(value.bytes.readInt32LE()));
    case TYPE.int64:
      return integerKey(value.bytes.readBigInt64LE());
    case TYPE.double:
    case TYPE.decimal:
      return numberKey(asNumber(value) ?? 0);
    case TYPE.string:
    case TYPE.symbol:
      return Buffer.concat([Buffer.of(CODE.text), textKey(asText(value) ?? '')]);
    case TYPE.document: {
      const members = fields(value.bytes).flatMap((member) => {
        const inner = keyString(member);
        return [Buffer.of(kindOf(inner)), Buffer.from(`${member.name}\0`), inner];
      });
      return Buffer.concat([Buffer.of(CODE.document), ...members, MEMBERS_END]);
    }
    case TYPE.array:
      return Buffer.concat([Buffer.of(CODE.array), ...fields(value.bytes).map(keyString), MEMBERS_END]);
    case TYPE.binary: {
      const length = value.bytes.readInt32LE();
      const head = length < 0xff ? Buffer.of(CODE.binary, length) : Buffer.of(CODE.binary, 0xff, 0, 0, 0, 0);
      if (length >= 0xff) head.writeUInt32BE(length, 2);
      return Buffer.concat([head, value.bytes.subarray(4)]);
    }
    case TYPE.objectId:
      return Buffer.concat([Buffer.of(CODE.objectId), value.bytes]);
    case TYPE.boolean:
      return Buffer.of(CODE.false + (value.bytes[0] ?? 0));
    case TYPE.date:
      return wide(CODE.date, BigInt.asUintN(64, value.bytes.readBigInt64LE() ^ (1n << 63n)));
    case TYPE.timestamp:
      return wide(CODE.timestamp, value.bytes.readBigUInt64LE());
    default:
      return Buffer.concat([Buffer.of(CODE.other), value.bytes, MEMBERS_END]);
  }
}

/** Before a member's name stands the kind of its value: one for all numbers, one for both truths. */
function kindOf(key: Buffer): number {
  const code = key[0] as number;
  if (code > CODE.numeric && code < CODE.text) return CODE.numeric;
  return code === CODE.false + 1 ? CODE.false : code;
}

/** Nought ends a text; one inside it is followed by 0xff. */
function textKey(value: string): Buffer {
  const parts = value.split('\0').map((part) => Buffer.from(part));
  const inside = Buffer.of(0, 0xff);
  return Buffer.concat([...parts.flatMap((part, index) => (index === 0 ? [part] : [inside, part])), MEMBERS_END]);
}

/** The magnitude, shifted by one, in as few bytes as it needs; their count is in the code. */
export function integerKey(value: bigint): Buffer {
  if (value === 0n) return Buffer.of(CODE.zero);
  const magnitude = (value < 0n ? -value : value) << 1n;
  const hex = magnitude.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  if (value > 0n) return Buffer.concat([Buffer.of(CODE.positive + bytes.length - 1), bytes]);
  return Buffer.concat([Buffer.of(CODE.negative - bytes.length + 1), bytes.map((byte) => byte ^ 0xff)]);
}

function numberKey(value: number): Buffer {
  if (Number.isSafeInteger(value)) return integerKey(BigInt(value));
  const bytes = Buffer.alloc(9, CODE.fraction);
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

function wide(code: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(9, code);
  bytes.writeBigUInt64BE(value, 1);
  return bytes;
}
