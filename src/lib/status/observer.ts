import { type Clock } from '../clock';
import { type Source } from '../decode/event';
import { observedPath } from '../ledger/names';
import { type Lake } from '../ledger/port';
import { type BatchReport } from '../report';
import { addMinutes, failedMinute, landedMinute, type Minute } from './observed';
import { formatObserved } from './observed-json';

/** How far back the status page looks. */
export const OBSERVED_MINUTES = 60;

/** A file of this instance is written no more often. */
const WRITE_EVERY_MS = 15_000;

/** Calls `act` once, after `ms`; does not keep the process alive. */
export type Later = (ms: number, act: () => void) => void;

const afterwards: Later = (ms, act) => void setTimeout(act, ms).unref();

/**
 * Keeps what this instance saw in the last hour and shares it through a file of its own in the lake: the status page may be
 * served by an instance that lands nothing. Batches never wait for it, and it fails without a sound: these are statistics.
 */
export class Observer {
  readonly #lake: Lake;
  readonly #instance: string;
  readonly #clock: Clock;
  readonly #later: Later;
  #isPlanned = false;
  /** Something that is not in the file. */
  #hasNews = false;
  #minutes: Minute[] = [];
  #fresh: Minute[] = [];
  #writtenAt = -Infinity;
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;

  /** @param instance this process's own name: letters, digits and hyphens */
  constructor(lake: Lake, instance: string, clock: Clock, later: Later = afterwards) {
    this.#lake = lake;
    this.#instance = instance;
    this.#clock = clock;
    this.#later = later;
  }

  landed(source: Source, report: BatchReport): void {
    this.#note(landedMinute(source, this.#clock.now(), report));
  }

  failed(source: Source, code: string): void {
    this.#note(failedMinute(source, this.#clock.now(), code));
  }

  /** Writes what is not written yet, within `withinMs`. */
  async close(withinMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, withinMs)));
    await Promise.race([late, this.#writing.then(() => (this.#hasNews ? this.#write() : undefined))]);
    clearTimeout(timer);
  }

  #note(minute: Minute): void {
    this.#fresh.push(minute);
    this.#hasNews = true;
    // Batches of a minute are few, but failures may come in a loop.
    if (this.#fresh.length >= 1_000) this.#fold();
    this.#writeOrPlan();
  }

  #writeOrPlan(): void {
    const inMs = this.#writtenAt + WRITE_EVERY_MS - this.#clock.now();
    if (inMs <= 0 && !this.#isWriting) {
      this.#writing = this.#write();
    } else if (!this.#isPlanned) {
      // The last batch of all is to be seen, too.
      this.#isPlanned = true;
      this.#later(Math.max(inMs, 1_000), () => {
        this.#isPlanned = false;
        if (this.#hasNews) this.#writeOrPlan();
      });
    }
  }

  #fold(): void {
    this.#minutes = addMinutes([...this.#minutes, ...this.#fresh], OBSERVED_MINUTES);
    this.#fresh = [];
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    this.#writtenAt = this.#clock.now();
    this.#fold();
    this.#hasNews = false;
    try {
      await this.#lake.stage(observedPath(this.#instance), formatObserved(this.#instance, this.#minutes));
    } catch {
      // The next batch writes it, with what has come meanwhile.
      this.#hasNews = true;
    } finally {
      this.#isWriting = false;
    }
  }
}
