import { type ChangeSink } from '../port';
import { type ReplicationStream } from './stream';

/** Keeps what is known to be safe, and has it written down before the server may forget it. */
export interface SafeKeeping {
  readonly sink: ChangeSink;
  /** Writes the position down in the lake. */
  readonly keep: (safeLsn: bigint) => Promise<void>;
  /** Where the server is told. */
  readonly stream: Pick<ReplicationStream, 'confirm'>;
}

/** Events wait no longer than this for their batch to fill. */
const FLUSH_EVERY_MS = 500;

/** The position is written down, and the server told, so often; a request to storage each time it has moved. */
const KEEP_EVERY_MS = 5_000;

/**
 * The way of a position: reached at a transaction's end, accepted by Event Hubs, written down in the lake, confirmed to the server. In this
 * order: the server never forgets what could still be needed.
 */
export class SafePosition {
  readonly #keeping: SafeKeeping;
  readonly #failed: (error: unknown) => void;
  /** The end of the last whole transaction that was put. */
  #reached: bigint;
  #accepted: bigint;
  #kept: bigint;
  #keptAt = -Infinity;
  #flushing: Promise<void> | null = null;
  readonly #timer: NodeJS.Timeout;

  /** @param failed told of what went wrong, once: nothing is safe from then on */
  constructor(keeping: SafeKeeping, start: bigint, failed: (error: unknown) => void) {
    this.#keeping = keeping;
    this.#failed = failed;
    [this.#reached, this.#accepted, this.#kept] = [start, start, start];
    this.#timer = setInterval(() => this.#tick(), FLUSH_EVERY_MS);
  }

  /** Everything up to here was put into the sink. */
  reach(lsn: bigint): void {
    if (lsn > this.#reached) this.#reached = lsn;
  }

  /** Answers the server, which else takes us for dead. */
  answer(): void {
    this.#keeping.stream.confirm(this.#reached, this.#kept);
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
    if (accepted > this.#kept) {
      await this.#keeping.keep(accepted);
      this.#kept = accepted;
    }
    this.answer();
  }
}
