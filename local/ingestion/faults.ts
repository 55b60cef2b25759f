/** What the endpoint does to a request instead of taking it in. Nothing of it is recorded, except where it says so. */
export type IngestionFault =
  /** Answers with this status, and this Retry-After. */
  | { readonly kind: 'refuse'; readonly status: number; readonly retryAfterSeconds?: number }
  /** Takes in all but the items at these places of the request, of which it says `status` (206). */
  | { readonly kind: 'partial'; readonly places: readonly number[]; readonly status: number }
  /** Never answers. Whether it takes the items in is nobody's business: it does not. */
  | { readonly kind: 'hang' }
  /** Takes all in and cuts the connection instead of answering. */
  | { readonly kind: 'lose_answer' }
  /** Answers later. */
  | { readonly kind: 'slow'; readonly ms: number };

/** Which fault the next requests meet. */
export class Faults {
  #now: { readonly fault: IngestionFault; left: number } | null = null;

  /** The next `times` requests meet it; all, when left out. */
  set(fault: IngestionFault, times = Infinity): void {
    this.#now = { fault, left: times };
  }

  clear(): void {
    this.#now = null;
  }

  next(): IngestionFault | null {
    if (this.#now === null || this.#now.left <= 0) return null;
    this.#now.left -= 1;
    return this.#now.fault;
  }
}
