import { MAX_MESSAGE_BYTES } from './message';

const LEAST_BYTES = 16;

/** Cuts what arrives on a socket into whole messages. */
export class Framing {
  #chunks: Buffer[] = [];
  #bytes = 0;

  /**
   * @returns the messages that are whole now
   * @throws Error where the length cannot be a message's
   */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    const messages: Buffer[] = [];
    for (let length = this.#nextLength(); length !== null && length <= this.#bytes; length = this.#nextLength())
      messages.push(this.#take(length));
    return messages;
  }

  #nextLength(): number | null {
    if (this.#bytes < 4) return null;
    if ((this.#chunks[0] as Buffer).length < 4) this.#chunks = [Buffer.concat(this.#chunks)];
    const length = (this.#chunks[0] as Buffer).readInt32LE();
    if (length < LEAST_BYTES || length > MAX_MESSAGE_BYTES) throw new Error(`a message of ${length} bytes`);
    return length;
  }

  #take(length: number): Buffer {
    const all = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    const rest = all.subarray(length);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#bytes = rest.length;
    return all.subarray(0, length);
  }
}
