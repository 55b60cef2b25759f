import { integerKey, numberKey, NUMERIC } from './key-string-numbers';
import { fields, TYPE, type RawValue } from './raw';
import { type TypeBits } from './type-bits';

/**
 * The server's KeyString (version 1): bytes that sort as the values do, of which its resume tokens are made.
 * https://github.com/mongodb/mongo/blob/master/src/mongo/db/storage/key_string/README.md
 * Decimals of more than 15 digits that are no double are not built.
 */
export const CODE = {
  minKey: 0x0a,
  undefined: 0x0f,
  nothing: 0x14,
  text: 0x3c,
  document: 0x46,
  array: 0x50,
  binary: 0x5a,
  objectId: 0x64,
  false: 0x6e,
  true: 0x6f,
  date: 0x78,
  timestamp: 0x82,
  regex: 0x8c,
  dbPointer: 0x96,
  code: 0xa0,
  codeWithScope: 0xaa,
  maxKey: 0xf0,
} as const;

/** After the last value. */
export const END = Buffer.of(0x04);

const MEMBERS_END = Buffer.of(0);

/** @param bits get the types that the bytes do not say */
export function keyString(value: RawValue, bits: TypeBits): Buffer {
  const { type, bytes } = value;
  switch (type) {
    case TYPE.int32:
    case TYPE.int64:
    case TYPE.double:
    case TYPE.decimal:
      return numberKey(value, bits);
    case TYPE.string:
    case TYPE.symbol:
      bits.add(type === TYPE.string ? 0 : 1, 1);
      return Buffer.concat([Buffer.of(CODE.text), textKey(bytes.subarray(4, -1))]);
    case TYPE.document:
      return Buffer.concat([Buffer.of(CODE.document), membersKey(bytes, bits)]);
    case TYPE.array: {
      const members = fields(bytes).map((member) => keyString(member, bits));
      return Buffer.concat([Buffer.of(CODE.array), ...members, MEMBERS_END]);
    }
    case TYPE.binary: {
      const length = bytes.readInt32LE();
      const head = length < 0xff ? Buffer.of(CODE.binary, length) : Buffer.of(CODE.binary, 0xff, 0, 0, 0, 0);
      if (length >= 0xff) head.writeUInt32BE(length, 2);
      return Buffer.concat([head, bytes.subarray(4)]);
    }
    case TYPE.objectId:
      return Buffer.concat([Buffer.of(CODE.objectId), bytes]);
    case TYPE.boolean:
      return Buffer.of(bytes[0] === 1 ? CODE.true : CODE.false);
    case TYPE.date:
      return wide(CODE.date, BigInt.asUintN(64, bytes.readBigInt64LE() ^ (1n << 63n)));
    case TYPE.timestamp:
      return wide(CODE.timestamp, bytes.readBigUInt64LE());
    case TYPE.null:
      return Buffer.of(CODE.nothing);
    case TYPE.undefined:
      return Buffer.of(CODE.undefined);
    case TYPE.minKey:
      return Buffer.of(CODE.minKey);
    case TYPE.maxKey:
      return Buffer.of(CODE.maxKey);
    case TYPE.regex:
      return Buffer.concat([Buffer.of(CODE.regex), bytes]);
    case TYPE.dbPointer: {
      const head = Buffer.of(CODE.dbPointer, 0, 0, 0, 0);
      head.writeInt32BE(bytes.readInt32LE() - 1, 1);
      return Buffer.concat([head, bytes.subarray(4, -13), bytes.subarray(-12)]);
    }
    case TYPE.code:
      return Buffer.concat([Buffer.of(CODE.code), textKey(bytes.subarray(4, -1))]);
    case TYPE.codeWithScope: {
      const codeEnd = 8 + bytes.readInt32LE(4);
      const scope = membersKey(bytes.subarray(codeEnd), bits);
      return Buffer.concat([Buffer.of(CODE.codeWithScope), textKey(bytes.subarray(8, codeEnd - 1)), scope]);
    }
    default:
      throw new RangeError(`BSON: there is no type ${type}`);
  }
}

/** An integer of a token's own: 32 bits of BSON, whatever it counts. */
export function tokenInteger(value: number, bits: TypeBits): Buffer {
  bits.add(0, 2);
  return integerKey(BigInt(value));
}

function membersKey(document: Buffer, bits: TypeBits): Buffer {
  const members = fields(document).flatMap((member) => {
    const inner = keyString(member, bits);
    return [Buffer.of(kindOf(inner)), Buffer.from(`${member.name}\0`), inner];
  });
  return Buffer.concat([...members, MEMBERS_END]);
}

/** Before a member's name stands the kind of its value: one for all numbers, one for both truths. */
function kindOf(key: Buffer): number {
  const code = key[0] as number;
  if (code >= NUMERIC.nan && code < CODE.text) return NUMERIC.nan;
  return code === CODE.true ? CODE.false : code;
}

/** Nought ends a text; one inside it is followed by 0xff. */
function textKey(value: Buffer): Buffer {
  const parts: Buffer[] = [];
  let start = 0;
  for (let end = value.indexOf(0); end >= 0; end = value.indexOf(0, start)) {
    parts.push(value.subarray(start, end), Buffer.of(0, 0xff));
    start = end + 1;
  }
  return Buffer.concat([...parts, value.subarray(start), MEMBERS_END]);
}

function wide(code: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(9, code);
  bytes.writeBigUInt64BE(value, 1);
  return bytes;
}
