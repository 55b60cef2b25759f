import { PgoutputError } from './pgoutput-error';

const LETTERS = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));

/** Reads a message's fields one after the other; numbers are big-endian. */
export class Cursor {
  at = 0;

  constructor(readonly bytes: Buffer) {}

  /**
   * Steps over `count` bytes and returns where they begin.
   *
   * @throws PgoutputError when there are fewer
   */
  skip(count: number): number {
    const start = this.at;
    if (count > this.bytes.length - start) throw this.#cutShort(count);
    this.at = start + count;
    return start;
  }

  view(count: number): Buffer {
    const start = this.skip(count);
    return this.bytes.subarray(start, start + count);
  }

  uint8(): number {
    return this.bytes[this.skip(1)] ?? 0;
  }

  letter(): string {
    return LETTERS[this.uint8()] ?? '';
  }

  uint16(): number {
    return (this.uint8() << 8) | this.uint8();
  }

  uint32(): number {
    const { bytes } = this;
    const at = this.skip(4);
    const high = ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16);
    return (high | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
  }

  uint64(): bigint {
    return this.bytes.readBigUInt64BE(this.skip(8));
  }

  int64(): bigint {
    return this.bytes.readBigInt64BE(this.skip(8));
  }

  /** Text that a zero byte ends. */
  string(): string {
    const start = this.at;
    const end = this.bytes.indexOf(0, start);
    if (end === -1) throw this.#cutShort(this.bytes.length - start + 1);
    this.at = end + 1;
    return this.bytes.toString('utf8', start, end);
  }

  /** @throws PgoutputError when something is left */
  end(): void {
    const left = this.bytes.length - this.at;
    if (left > 0) throw this.error(`${left} more than its format has`);
  }

  error(found: string): PgoutputError {
    const letter = this.bytes.toString('latin1', 0, 1);
    return new PgoutputError(`pgoutput message "${letter}", byte ${this.at} of ${this.bytes.length}: ${found}`);
  }

  #cutShort(count: number): PgoutputError {
    return this.error(`cut short, expected ${count} more`);
  }
}
