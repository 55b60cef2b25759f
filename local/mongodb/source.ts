/** Where a cursor's documents come from, one after the other. */
export interface Source {
  /** More may come after the last: the client waits. */
  readonly isTailable: boolean;
  /** Nothing will ever come any more. */
  readonly isExhausted: boolean;
  /** Of a change stream alone. */
  readonly resumeToken: Buffer | null;
  /** The next document, which stays the next until it is taken; null where there is none now. */
  next(): Buffer | null;
  take(): void;
  /** Calls `wake` whenever there may be more, until the function that is returned is called. */
  watch(wake: () => void): () => void;
}

/** Documents that were found all at once: the cursor's client sees one state of the collection. */
export class FoundDocuments implements Source {
  readonly isTailable = false;
  readonly resumeToken = null;
  readonly #documents: readonly Buffer[];
  #taken = 0;

  constructor(documents: readonly Buffer[]) {
    this.#documents = documents;
  }

  get isExhausted(): boolean {
    return this.#taken >= this.#documents.length;
  }

  next(): Buffer | null {
    return this.#documents[this.#taken] ?? null;
  }

  take(): void {
    this.#taken += 1;
  }

  watch(): () => void {
    return () => undefined;
  }
}
