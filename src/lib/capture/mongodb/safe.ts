import { type ChangeSink } from '../port';

/** Keeps what is known to be safe. */
export interface SafeKeeping {
  readonly sink: ChangeSink;
  /** Writes the resume token down in the lake. */
  readonly keep: (token: string) => Promise<void>;
}

/** Events wait no longer than this for their batch to fill. */
const FLUSH_EVERY_MS = 500;

/** The token is written down so often; a request to storage each time it has moved. */
const KEEP_EVERY_MS = 5_000;

/**
 * The way of a resume token: reached when its event was put, accepted by Event Hubs, written down in the lake. In this order: what is
 * written down leaves nothing out.
 */
export class SafeToken {
  readonly #keeping: SafeKeeping;
  readonly #failed: (error: unknown) => void;
  #reached: string | null;
  #accepted: string | null;
  #kept: string | null;
  #keptAt = -Infinity;
  #flushing: Promise<void> | null = null;
  readonly #timer: NodeJS.Timeout;

  /**
   * @param start what is written down already; null where nothing is
   * @param failed told of what went wrong, once: nothing is safe from then on
   */
  constructor(keeping: SafeKeeping, start: string | null, failed: (error: unknown) => void) {
    this.#keeping = keeping;
    this.#failed = failed;
    [this.#reached, this.#accepted, this.#kept] = [start, start, start];
    this.#timer = setInterval(() => this.#tick(), FLUSH_EVERY_MS);
  }

  /** Everything up to here was put into the sink. */
  reach(token: string): void {
    this.#reached = token;
  }

  /** Brings what was reached all the way. */
  async settle(): Promise<void> {
    clearInterval(this.#timer);
    await this.#flushing;
    await this.#flush();
    await this.#keep();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    if (this.#flushing !== null) return;
    this.#flushing = this.#advance()
      .catch((error: unknown) => {
        this.stop();
        this.#failed(error);
      })
      .finally(() => (this.#flushing = null));
  }

  async #advance(): Promise<void> {
    await this.#flush();
    if (performance.now() - this.#keptAt >= KEEP_EVERY_MS) await this.#keep();
  }

  async #flush(): Promise<void> {
    // Taken first: what is reached while this waits may have been put after the flush began.
    const reached = this.#reached;
    await this.#keeping.sink.flush();
    this.#accepted = reached;
  }

  async #keep(): Promise<void> {
    const accepted = this.#accepted;
    this.#keptAt = performance.now();
    if (accepted === null || accepted === this.#kept) return;
    await this.#keeping.keep(accepted);
    this.#kept = accepted;
  }
}
