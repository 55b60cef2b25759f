/**
 * The types that a KeyString leaves out, for 1, 1.0 and a 64-bit 1 have the same bytes: a stream of bits beside it. All zeros (32-bit
 * integers and strings) are no bits at all. The lowest bit of a byte comes first.
 * https://github.com/mongodb/mongo/blob/master/src/mongo/db/storage/key_string/key_string.h (`TypeBits`)
 */
export const NUMBER_BITS = { int: 0b00, long: 0b01, double: 0b10, decimal: 0b11 } as const;

/** Of zeros that are no plain 0: five bits; 12 bits more follow for decimals. */
export const NEGATIVE_DOUBLE_ZERO = 0b11000;
export const FIRST_DECIMAL_ZERO = 0b11010;

const MAX_SHORT_BYTES = 127;

export class TypeBits {
  readonly #bytes: number[] = [];
  #count = 0;

  /** Adds the lowest `width` bits of `value`, the highest of them first. */
  add(value: number, width: number): void {
    for (let place = width - 1; place >= 0; place -= 1) {
      if (this.#count % 8 === 0) this.#bytes.push(0);
      const last = this.#bytes.length - 1;
      this.#bytes[last] = (this.#bytes[last] ?? 0) | (((value >> place) & 1) << (this.#count % 8));
      this.#count += 1;
    }
  }

  /** As the server writes them; null where all are zeros. */
  get encoded(): Buffer | null {
    const bytes = Buffer.from(this.#bytes);
    if (bytes.every((byte) => byte === 0)) return null;
    if (bytes.length === 1 && bytes.readUInt8() < 0x80) return bytes;
    if (bytes.length <= MAX_SHORT_BYTES) return Buffer.concat([Buffer.of(0x80 | bytes.length), bytes]);
    const head = Buffer.of(0x80, 0, 0, 0, 0);
    head.writeUInt32LE(bytes.length, 1);
    return Buffer.concat([head, bytes]);
  }
}

export class TypeBitsReader {
  /** Null: zeros without end. */
  readonly #bytes: Buffer | null;
  #at = 0;

  constructor(encoded: Buffer | null) {
    this.#bytes = encoded === null || encoded.length === 0 || encoded[0] === 0 ? null : dataOf(encoded);
  }

  /** The next `width` bits as a number; undefined where there are fewer. */
  read(width: number): number | undefined {
    let value = 0;
    for (let left = width; left > 0; left -= 1) {
      const byte = this.#bytes === null ? 0 : this.#bytes[this.#at >> 3];
      if (byte === undefined) return undefined;
      value = (value << 1) | ((byte >> (this.#at & 7)) & 1);
      this.#at += 1;
    }
    return value;
  }
}

function dataOf(encoded: Buffer): Buffer {
  const [first = 0] = encoded;
  if (first < 0x80) return encoded.subarray(0, 1);
  if (first > 0x80) return encoded.subarray(1, 1 + (first & 0x7f));
  return encoded.length < 5 ? Buffer.alloc(0) : encoded.subarray(5, 5 + encoded.readUInt32LE(1));
}
