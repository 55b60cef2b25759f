/** Hands values from one who produces them to one who consumes them, a single one at a time: the producer waits until each is taken. */
export class Handover<T> {
  #offered: { readonly value: T; readonly taken: () => void } | null = null;
  #failure: { readonly error: unknown } | null = null;
  #isClosed = false;
  #wake: () => void = () => undefined;

  /** Resolves once `value` was taken, or nobody will take it any more. One offer at a time. */
  offer(value: T): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return new Promise((taken) => {
      this.#offered = { value, taken };
      this.#wake();
    });
  }

  /** What `take` throws from now on; the first failure counts. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake();
  }

  /** The next value. Rejects with what the producer or `signal` failed with, or with `late` after `ms`. */
  async take(ms: number, late: () => unknown, signal: AbortSignal): Promise<T> {
    const deadline = AbortSignal.timeout(ms);
    for (;;) {
      signal.throwIfAborted();
      if (this.#offered !== null) {
        const { value, taken } = this.#offered;
        this.#offered = null;
        taken();
        return value;
      }
      if (this.#failure !== null) throw this.#failure.error;
      if (deadline.aborted) throw late();
      await this.#changed(AbortSignal.any([signal, deadline]));
    }
  }

  /** Nothing is taken any more: whoever offers need not wait. */
  close(): void {
    this.#isClosed = true;
    this.#offered?.taken();
    this.#offered = null;
  }

  #changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#wake = done;
      if (signal.aborted) done();
      else signal.addEventListener('abort', done, { once: true });
    });
  }
}
