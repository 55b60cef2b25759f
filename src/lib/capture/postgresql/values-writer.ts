const CHUNK_BYTES = 256 * 1024;
const MOST_SHARED_BYTES = 4 * CHUNK_BYTES;
/** A piece doubles up to this size; beyond it, it grows by a quarter. */
const DOUBLES_UP_TO_BYTES = 64 * 1024 * 1024;
/** Up to so many bytes a loop copies faster than a call. */
const SHORT = 32;

const COMMA = 0x2c;

/**
 * Collects the bytes of one piece after the other. Pieces share chunks, so that a small one costs neither an allocation nor a
 * copy; what `take` gave out is never written to again.
 */
export class ByteWriter {
  /** Where to write, from `at` on, after a call of `reserve`. */
  bytes: Buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  at = 0;
  #start = 0;

  /** How many bytes the piece has so far. */
  get length(): number {
    return this.at - this.#start;
  }

  /** Makes room for `count` bytes more. `bytes` and `at` may be others afterwards. */
  reserve(count: number): void {
    if (count > this.bytes.length - this.at) this.#grow(count);
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.at++] = value;
  }

  /** Writes a closing bracket, in place of the comma where one was written last. */
  close(bracket: number): void {
    if (this.bytes[this.at - 1] === COMMA && this.length > 0) this.at--;
    this.byte(bracket);
  }

  /** Text of ASCII characters alone. */
  ascii(text: string): void {
    this.reserve(text.length);
    const { bytes } = this;
    let { at } = this;
    for (let index = 0; index < text.length; index++) bytes[at++] = text.charCodeAt(index);
    this.at = at;
  }

  raw(source: Buffer, start = 0, end = source.length): void {
    this.reserve(end - start);
    if (end - start > SHORT) {
      source.copy(this.bytes, this.at, start, end);
      this.at += end - start;
      return;
    }
    const { bytes } = this;
    let { at } = this;
    for (let from = start; from < end; from++) bytes[at++] = source[from] ?? 0;
    this.at = at;
  }

  /** The piece's bytes `from` … `to` as text. */
  text(from: number, to: number): string {
    return this.bytes.toString('utf8', this.#start + from, this.#start + to);
  }

  /** Takes back what was written behind the piece's first `length` bytes. */
  rewind(length: number): void {
    this.at = this.#start + length;
  }

  /** Ends the piece and gives it out. */
  take(): Buffer {
    const piece = this.bytes.subarray(this.#start, this.at);
    this.#start = this.at;
    // A chunk that outgrew its size goes with its piece: the next small one would keep hundreds of megabytes in memory.
    if (this.bytes.length > MOST_SHARED_BYTES) {
      this.bytes = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      this.#start = 0;
      this.at = 0;
    }
    return piece;
  }

  #grow(count: number): void {
    const { length } = this;
    const wanted = length + count;
    const more = wanted > DOUBLES_UP_TO_BYTES ? Math.ceil(wanted / 4) : wanted;
    const grown = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, wanted + more));
    this.bytes.copy(grown, 0, this.#start, this.at);
    this.bytes = grown;
    this.#start = 0;
    this.at = length;
  }
}
