/**
 * A budget of bytes shared by all batches under way in this process, so that encoding on many partitions at once fits
 * the instance's memory. Those who must wait are served in turn.
 */
export class ByteBudget {
  readonly totalBytes: number;
  #freeBytes: number;
  readonly #waiting: { readonly bytes: number; readonly go: () => void }[] = [];

  constructor(totalBytes: number) {
    this.totalBytes = totalBytes;
    this.#freeBytes = totalBytes;
  }

  /**
   * Runs `act` while holding `bytes` of the budget (all of it, if `bytes` is more).
   *
   * @throws what `signal` was aborted with, when that happens while waiting
   */
  async holding<T>(bytes: number, signal: AbortSignal, act: () => Promise<T>): Promise<T> {
    const held = Math.min(bytes, this.totalBytes);
    await this.#acquire(held, signal);
    try {
      return await act();
    } finally {
      this.#freeBytes += held;
      this.#serve();
    }
  }

  async #acquire(bytes: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#waiting.length === 0 && bytes <= this.#freeBytes) {
      this.#freeBytes -= bytes;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const waiter = {
        bytes,
        go: () => {
          signal.removeEventListener('abort', giveUp);
          resolve();
        },
      };
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(signal.reason as Error);
        this.#serve();
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.push(waiter);
    });
  }

  #serve(): void {
    for (
      let first = this.#waiting[0];
      first !== undefined && first.bytes <= this.#freeBytes;
      first = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.#freeBytes -= first.bytes;
      first.go();
    }
  }
}
