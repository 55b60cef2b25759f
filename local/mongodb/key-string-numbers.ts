import { notBuilt } from './errors';
import { TYPE, type RawValue } from './raw';
import { FIRST_DECIMAL_ZERO, NEGATIVE_DOUBLE_ZERO, NUMBER_BITS, type TypeBits } from './type-bits';

/** The numbers of a KeyString: `BuilderBase::_appendNumber…` in the server's key_string.cpp. */
export const NUMERIC = {
  nan: 0x1e,
  negativeLarge: 0x1f,
  negative1Byte: 0x27,
  negativeSmall: 0x28,
  zero: 0x29,
  positiveSmall: 0x2a,
  positive1Byte: 0x2b,
  positiveLarge: 0x33,
} as const;

/** The last bits of a number with a fraction: whether it is the double, or a decimal that the double stands for. */
const EXACTLY = 0n;
const AS_15_DIGITS = 2n;

const LARGE = 2 ** 63;
const SMALLEST_COMMON = 2 ** -255;

export function numberKey({ type, bytes }: RawValue, bits: TypeBits): Buffer {
  switch (type) {
    case TYPE.int32:
      bits.add(NUMBER_BITS.int, 2);
      return integerKey(BigInt(bytes.readInt32LE()));
    case TYPE.int64:
      bits.add(NUMBER_BITS.long, 2);
      return integerKey(bytes.readBigInt64LE());
    case TYPE.double: {
      const value = bytes.readDoubleLE();
      if (Object.is(value, -0)) bits.add(NEGATIVE_DOUBLE_ZERO, 5);
      else bits.add(NUMBER_BITS.double, 2);
      return doubleKey(value, EXACTLY);
    }
    case TYPE.decimal:
      return decimalKey(bytes, bits);
    default:
      throw new RangeError(`BSON: type ${type} is no number`);
  }
}

/** The magnitude, shifted by one, in as few bytes as it needs; their count is in the code. */
export function integerKey(value: bigint): Buffer {
  if (value === 0n) return Buffer.of(NUMERIC.zero);
  const magnitude = (value < 0n ? -value : value) << 1n;
  if (magnitude >> 64n !== 0n) return doubleKey(Number(value), EXACTLY);
  const hex = magnitude.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return value > 0n
    ? Buffer.concat([Buffer.of(NUMERIC.positive1Byte + bytes.length - 1), bytes])
    : Buffer.concat([Buffer.of(NUMERIC.negative1Byte - bytes.length + 1), inverted(bytes)]);
}

function doubleKey(value: number, mark: bigint): Buffer {
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return Buffer.of(NUMERIC.nan);
  if (magnitude === 0) return Buffer.of(NUMERIC.zero);
  const isNegative = value < 0;
  if (magnitude >= LARGE) {
    const encoded = magnitude === Infinity ? -1n : (bitsOf(magnitude) << 1n) & ((1n << 63n) - 1n);
    return signed(isNegative, NUMERIC.positiveLarge, NUMERIC.negativeLarge, encoded);
  }
  if (magnitude < 1) {
    // The tiniest are shifted up, so that all have as many digits.
    const isCommon = magnitude >= SMALLEST_COMMON;
    const encoded = isCommon ? (bitsOf(magnitude) << 2n) | mark : (bitsOf(magnitude * 2 ** 256) << 1n) + (1n << 62n);
    return signed(isNegative, NUMERIC.positiveSmall, NUMERIC.negativeSmall, encoded);
  }
  if (Number.isInteger(value) && mark === EXACTLY) return integerKey(BigInt(value));
  // Eight bytes: those of the whole part, doubled, plus one for the fraction in the rest.
  const whole = BigInt(Math.trunc(magnitude));
  const wholeBytes = Math.ceil((whole << 1n).toString(2).length / 8);
  const restBytes = 8 - wholeBytes;
  const encoded = (BigInt(magnitude * 256 ** restBytes) + ((whole + 1n) << BigInt(restBytes * 8))) | mark;
  const [positive, negative] = [NUMERIC.positive1Byte + wholeBytes - 1, NUMERIC.negative1Byte - wholeBytes + 1];
  return signed(isNegative, positive, negative, encoded);
}

function signed(isNegative: boolean, positive: number, negative: number, encoded: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, encoded));
  return Buffer.concat(isNegative ? [Buffer.of(negative), inverted(bytes)] : [Buffer.of(positive), bytes]);
}

function bitsOf(value: number): bigint {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.readBigUInt64BE();
}

const inverted = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte) => byte ^ 0xff));

/** A finite decimal. */
interface Decimal {
  readonly isNegative: boolean;
  readonly coefficient: bigint;
  /** As stored: 6,176 more than the power of ten. */
  readonly biasedExponent: number;
}

const EXPONENT_BIAS = 6176;
const MAX_BIASED_EXPONENT = 12_287;

/** @throws CommandError for a decimal that no double equals, of more than 15 digits or very small or large: it is not built */
function decimalKey(bytes: Buffer, bits: TypeBits): Buffer {
  const decimal = readDecimal(bytes);
  if (typeof decimal === 'number') {
    bits.add(NUMBER_BITS.decimal, 2);
    return doubleKey(decimal, EXACTLY);
  }
  const { isNegative, coefficient, biasedExponent } = decimal;
  if (coefficient === 0n) {
    const which = biasedExponent + (isNegative ? MAX_BIASED_EXPONENT + 1 : 0);
    bits.add(FIRST_DECIMAL_ZERO + (which >> 12), 5);
    bits.add(which & 0xfff, 12);
    return Buffer.of(NUMERIC.zero);
  }
  bits.add(NUMBER_BITS.decimal, 2);
  bits.add(biasedExponent & 0x3f, 6);
  const power = biasedExponent - EXPONENT_BIAS;
  const sign = isNegative ? -1 : 1;
  const nearest = Number(`${coefficient}e${power}`);
  const difference = compareExactly(coefficient, power, nearest);
  if (difference === 0) return doubleKey(sign * nearest, EXACTLY);
  const truncated = difference < 0 ? nextBelow(nearest) : nearest;
  const digits = String(coefficient).replace(/0+$/, '').length;
  if (digits > 15 || truncated < SMALLEST_COMMON || truncated >= 2 ** 53)
    throw notBuilt('a decimal of that many digits in a resume token');
  return doubleKey(sign * truncated, AS_15_DIGITS);
}

/** A number where it is not finite. */
function readDecimal(bytes: Buffer): Decimal | number {
  const high = bytes.readBigUInt64LE(8);
  const isNegative = high >> 63n === 1n;
  const combination = Number((high >> 58n) & 0x1fn);
  if (combination === 0x1f) return NaN;
  if (combination === 0x1e) return isNegative ? -Infinity : Infinity;
  // The other form of the exponent goes with a coefficient that is too large and stands for 0.
  const isOther = combination >> 3 === 3;
  const biasedExponent = Number((high >> (isOther ? 47n : 49n)) & 0x3fffn);
  const coefficient = isOther ? 0n : ((high & ((1n << 49n) - 1n)) << 64n) | bytes.readBigUInt64LE();
  return { isNegative, coefficient, biasedExponent };
}

/** Of `coefficient` times ten to that power with a double above 0: below 0 where it is less. */
function compareExactly(coefficient: bigint, power: number, double: number): number {
  if (double === Infinity) return -1;
  const bits = bitsOf(double);
  const exponent = Number(bits >> 52n) || 1;
  const mantissa = (bits & ((1n << 52n) - 1n)) | (bits >> 52n === 0n ? 0n : 1n << 52n);
  const two = exponent - 1075;
  const one = coefficient * 10n ** BigInt(Math.max(power, 0)) * 2n ** BigInt(Math.max(-two, 0));
  const other = mantissa * 10n ** BigInt(Math.max(-power, 0)) * 2n ** BigInt(Math.max(two, 0));
  return one < other ? -1 : one > other ? 1 : 0;
}

function nextBelow(double: number): number {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(bitsOf(double) - 1n);
  return bytes.readDoubleBE();
}
