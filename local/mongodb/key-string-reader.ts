import { CommandError } from './errors';
import { CODE } from './key-string';
import { integerKey, NUMERIC } from './key-string-numbers';
import { FIRST_DECIMAL_ZERO, NEGATIVE_DOUBLE_ZERO, NUMBER_BITS, TypeBitsReader } from './type-bits';

/**
 * The values of a KeyString, each as the KeyString that the server makes of it again once it has read it with these type bits. That is
 * another where they are of something else: a 64-bit number without its bits is read as one of 32, and cut.
 * https://github.com/mongodb/mongo/blob/master/src/mongo/db/storage/key_string/key_string.cpp (`toBsonValue`)
 *
 * @param typeBits null for zeros without end
 * @throws CommandError where bytes and bits do not go together, or end too early
 */
export function readKeyString(bytes: Buffer, typeBits: Buffer | null): Buffer[] {
  const reader = new Reader(bytes, new TypeBitsReader(typeBits));
  const values: Buffer[] = [];
  while (!reader.atEnd) {
    const code = reader.byte();
    if (code === END_CODE) break;
    values.push(reader.value(code));
  }
  return values;
}

const END_CODE = 0x04;

class Reader {
  readonly #bytes: Buffer;
  readonly #bits: TypeBitsReader;
  #at = 0;

  constructor(bytes: Buffer, bits: TypeBitsReader) {
    this.#bytes = bytes;
    this.#bits = bits;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    return this.#take(1).readUInt8();
  }

  value(code: number): Buffer {
    const start = this.#at - 1;
    if (code >= NUMERIC.nan && code <= NUMERIC.positiveLarge) return this.#number(code);
    switch (code) {
      case CODE.text:
        this.#typeBits(1);
        this.#text();
        break;
      case CODE.document:
        return Buffer.concat([Buffer.of(code), ...this.#members()]);
      case CODE.array:
        return Buffer.concat([Buffer.of(code), ...this.#elements()]);
      case CODE.binary: {
        const short = this.byte();
        this.#take(1 + (short === 0xff ? this.#take(4).readUInt32BE() : short));
        break;
      }
      case CODE.objectId:
        this.#take(12);
        break;
      case CODE.date:
      case CODE.timestamp:
        this.#take(8);
        break;
      case CODE.regex:
        this.#text();
        this.#text();
        break;
      case CODE.dbPointer:
        this.#take(this.#take(4).readUInt32BE() + 12);
        break;
      case CODE.code:
        this.#text();
        break;
      case CODE.codeWithScope: {
        this.#text();
        const head = this.#bytes.subarray(start, this.#at);
        return Buffer.concat([head, ...this.#members()]);
      }
      case CODE.minKey:
      case CODE.undefined:
      case CODE.nothing:
      case CODE.false:
      case CODE.true:
      case CODE.maxKey:
        break;
      default:
        throw malformed(50811, `Unknown type: ${code}`);
    }
    return this.#bytes.subarray(start, this.#at);
  }

  *#members(): Generator<Buffer> {
    for (let kind = this.byte(); kind !== 0; kind = this.byte()) {
      const start = this.#at - 1;
      this.#text();
      yield this.#bytes.subarray(start, this.#at);
      yield this.value(this.byte());
    }
    yield Buffer.of(0);
  }

  *#elements(): Generator<Buffer> {
    for (let code = this.byte(); code !== 0; code = this.byte()) yield this.value(code);
    yield Buffer.of(0);
  }

  #number(code: number): Buffer {
    const start = this.#at - 1;
    const type = this.#typeBits(2);
    if (code === NUMERIC.zero) this.#zero(type);
    else if (code === NUMERIC.nan) this.#checkFraction(type, 50819, 'Invalid type bits for numeric NaN');
    else if (code === NUMERIC.negativeLarge || code === NUMERIC.positiveLarge) this.#large(code, type);
    else if (code === NUMERIC.negativeSmall || code === NUMERIC.positiveSmall) this.#small(code, type);
    else return this.#whole(code, type);
    return this.#bytes.subarray(start, this.#at);
  }

  #zero(type: number): void {
    if (type !== NUMBER_BITS.decimal) return;
    const which = (type << 3) | this.#typeBits(3);
    if (which === NEGATIVE_DOUBLE_ZERO) return;
    if (which < FIRST_DECIMAL_ZERO) throw malformed(50846, 'Invalid numeric zero decimal.');
    this.#typeBits(12);
  }

  #large(code: number, type: number): void {
    const encoded = magnitude(this.#take(8), code === NUMERIC.negativeLarge);
    const isHuge = encoded >> 63n === 1n && encoded !== INFINITE;
    if (isHuge && type !== NUMBER_BITS.decimal) throw malformed(50818, 'Invalid type bits for decimal number.');
    const isSmallestLong = code === NUMERIC.negativeLarge && encoded === SMALLEST_LONG;
    if (type === NUMBER_BITS.long && !isSmallestLong) throw malformed(50821, 'Unexpected value for large number.');
    if (type === NUMBER_BITS.int) throw malformed(50826, 'Unexpected type of large number.');
    if (type !== NUMBER_BITS.decimal || encoded === INFINITE) return;
    this.#typeBits(6);
    if (isHuge || (encoded & 1n) === 1n) this.#take(8);
  }

  #small(code: number, type: number): void {
    const encoded = magnitude(this.#take(8), code === NUMERIC.negativeSmall);
    const isCommon = encoded >> 62n === 3n;
    this.#checkFraction(type, isCommon ? 50825 : 50823, 'Unexpected type for small number, expected decimal.');
    if (type === NUMBER_BITS.double) return;
    this.#typeBits(6);
    if (encoded >> 62n === 0n || (encoded & 1n) === 1n) this.#take(8);
  }

  /** A number of 1 or more, with or without a fraction. */
  #whole(code: number, type: number): Buffer {
    const start = this.#at - 1;
    const isNegative = code < NUMERIC.zero;
    const wholeBytes = isNegative ? NUMERIC.negative1Byte - code + 1 : code - NUMERIC.positive1Byte + 1;
    const encoded = magnitude(this.#take(wholeBytes), isNegative);
    if (type === NUMBER_BITS.decimal) this.#typeBits(6);
    if ((encoded & 1n) === 0n) {
      const value = isNegative ? -(encoded >> 1n) : encoded >> 1n;
      // What is read as an integer of 32 bits is cut to them.
      return type === NUMBER_BITS.int ? integerKey(BigInt.asIntN(32, value)) : this.#bytes.subarray(start, this.#at);
    }
    const rest = this.#take(8 - wholeBytes);
    if (type === NUMBER_BITS.int || type === NUMBER_BITS.long) throw malformed(50810, 'Expected type Decimal.');
    const mark = wholeBytes === 8 ? 3n : magnitude(rest, isNegative) & 3n;
    if (type === NUMBER_BITS.decimal && (mark & 1n) === 1n) this.#take(8);
    return this.#bytes.subarray(start, this.#at);
  }

  /** Only a double can be that, or a decimal. */
  #checkFraction(type: number, code: number, message: string): void {
    if (type !== NUMBER_BITS.double && type !== NUMBER_BITS.decimal) throw malformed(code, message);
  }

  #typeBits(width: number): number {
    const value = this.#bits.read(width);
    if (value === undefined) throw malformed(50615, 'Invalid size byte(s).');
    return value;
  }

  /** Up to its end; 0xff behind a nought stands for a nought of the text's own. */
  #text(): void {
    do {
      const end = this.#bytes.indexOf(0, this.#at);
      if (end < 0) throw malformed(50816, 'Failed to find null terminator in string.');
      this.#at = end + 1;
    } while (this.#bytes[this.#at] === 0xff);
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length)
      throw new CommandError(15, `buffer size too small to read (${length}) bytes at offset: ${this.#at}`);
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

const INFINITE = (1n << 64n) - 1n;
/** -2 to the power of 63 as a large double. */
const SMALLEST_LONG = (0x43e0000000000000n << 1n) & ((1n << 63n) - 1n);

/** Big-endian; the bits of a negative number's are turned round. */
function magnitude(bytes: Buffer, isNegative: boolean): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(isNegative ? byte ^ 0xff : byte);
  return value;
}

const malformed = (code: number, message: string): CommandError =>
  new CommandError(code, `KeyString format error: ${message}`);
