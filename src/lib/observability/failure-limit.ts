/** Lets a few of each code through in each span of time: what else fails the same way is told by the `failures` metric. */
export class FailureLimit {
  readonly #most: number;
  readonly #spanMs: number;
  readonly #spans = new Map<string, { readonly since: number; told: number }>();

  constructor(most: number, spanMs: number) {
    this.#most = most;
    this.#spanMs = spanMs;
  }

  /** Whether one of `code` may be told at `now`, which counts it. Codes are of a closed list, so the memory is bounded. */
  allows(code: string, now: number): boolean {
    const span = this.#spans.get(code);
    if (span === undefined || now - span.since >= this.#spanMs || now < span.since) {
      this.#spans.set(code, { since: now, told: 1 });
      return this.#most > 0;
    }
    span.told += 1;
    return span.told <= this.#most;
  }
}
