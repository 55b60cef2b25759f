/** Whoever holds events that are on disk as well, and can let go of them. */
export interface Holder {
  forget(sequence: number): void;
}

/**
 * Keeps the newest events of all partitions in memory, up to a number of bytes: consumers mostly want those. What falls out is
 * read from disk again.
 */
export class RecentEvents {
  readonly #maxBytes: number;
  #queue: { readonly holder: Holder; readonly sequence: number; readonly bytes: number }[] = [];
  #first = 0;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  add(holder: Holder, sequence: number, bytes: number): void {
    this.#queue.push({ holder, sequence, bytes });
    this.#bytes += bytes;
    while (this.#bytes > this.#maxBytes) this.#forgetOldest();
    // The front of the array is cut off now and then, not each time.
    if (this.#first > 4096 && this.#first * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#first);
      this.#first = 0;
    }
  }

  #forgetOldest(): void {
    const oldest = this.#queue[this.#first];
    if (oldest === undefined) return;
    this.#first += 1;
    this.#bytes -= oldest.bytes;
    oldest.holder.forget(oldest.sequence);
  }
}
