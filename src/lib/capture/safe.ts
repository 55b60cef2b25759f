import { type ChangeSink } from './port';

/** What a position goes through before its source may forget it. Positions are compared by identity: texts or bigints. */
export interface SafeKeeping<Position> {
  readonly sink: ChangeSink;
  /** Writes it down in the lake. */
  readonly keep: (position: Position) => Promise<void>;
  /** Tells the source: what was reached, and what is safe. Called every few seconds, moved or not, as long as anything is under way. */
  readonly tell?: (reached: Position, safe: Position) => void;
}

/** Events wait no longer than this for their batch to fill. */
const FLUSH_EVERY_MS = 500;

/** The position is written down, and the source told, so often; a request to storage each time it has moved. */
const KEEP_EVERY_MS = 5_000;

/**
 * The way of a position: reached when what is before it was put, accepted by Event Hubs, written down in the lake, told to the
 * source. In this order: the source never forgets what could still be needed.
 */
export class SafePosition<Position extends string | bigint> {
  readonly #keeping: SafeKeeping<Position>;
  readonly #failed: (error: unknown) => void;
  #reached: Position | null;
  #accepted: Position | null;
  #kept: Position | null;
  #keptAt = -Infinity;
  #toldAt = -Infinity;
  #flushing: Promise<void> | null = null;
  readonly #timer: NodeJS.Timeout;

  /**
   * @param start what is written down already; null where nothing is
   * @param failed told of what went wrong, once: nothing is safe from then on
   */
  constructor(keeping: SafeKeeping<Position>, start: Position | null, failed: (error: unknown) => void) {
    this.#keeping = keeping;
    this.#failed = failed;
    [this.#reached, this.#accepted, this.#kept] = [start, start, start];
    this.#timer = setInterval(() => this.#tick(), FLUSH_EVERY_MS);
  }

  /** Everything up to here was put into the sink. */
  reach(position: Position): void {
    this.#reached = position;
  }

  /** Tells the source now. */
  tell(): void {
    this.#toldAt = performance.now();
    if (this.#reached !== null && this.#kept !== null) this.#keeping.tell?.(this.#reached, this.#kept);
  }

  /** Brings everything that was reached all the way. */
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
    // However long Event Hubs takes: a source that hears nothing for a minute takes us for dead.
    if (performance.now() - this.#toldAt >= KEEP_EVERY_MS) this.tell();
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
    if (accepted !== null && accepted !== this.#kept) {
      await this.#keeping.keep(accepted);
      this.#kept = accepted;
    }
    this.tell();
  }
}
