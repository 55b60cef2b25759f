import { Aggregates } from './aggregate';
import { type Exporter, type Telegram } from './exporter';
import { type Failure } from './failure';
import { type Measurement } from './metrics';
import { sizeOf } from './receipt';

export interface CourierOptions {
  /** Called once, when there is something to send. */
  readonly open: () => Promise<Exporter>;
  readonly now: () => number;
  readonly log: (fields: Readonly<Record<string, unknown>>) => void;
}

/** More than an instance ever has: partitions times metrics. */
const MAX_SERIES = 4_096;

const MAX_FAILURES = 100;

/** So many refusals in a row, one each minute, and what was gathered meanwhile is dropped: telling it late is worth no more memory. */
const MAX_REFUSALS = 15;

/**
 * Gathers what happens and sends it now and then, one telegram at a time. Gathering never waits and never throws. What the
 * endpoint refuses is kept, added to what follows; what is dropped in the end is counted and told in the log.
 */
export class Courier {
  readonly #options: CourierOptions;
  readonly #gathered = new Aggregates(MAX_SERIES);
  #failures: Failure[] = [];
  #dropped = 0;
  #opening: Promise<Exporter> | null = null;
  #underWay: { readonly abort: AbortController; readonly done: Promise<void> } | null = null;
  #refusals = 0;
  #notBefore = -Infinity;

  constructor(options: CourierOptions) {
    this.#options = options;
  }

  measure(measurements: readonly Measurement[]): void {
    for (const measurement of measurements) this.#gathered.add(measurement);
  }

  fail(failure: Failure): void {
    if (this.#failures.length < MAX_FAILURES) this.#failures.push(failure);
    else this.#dropped += 1;
  }

  /** Loads what sends, ahead of the first telegram. */
  async warmUp(): Promise<void> {
    await this.#exporter();
  }

  /** An interval is over: sends, unless the last telegram is still under way or the endpoint asked for patience. */
  async tick(): Promise<void> {
    if (this.#underWay !== null || this.#options.now() < this.#notBefore) return;
    await this.#start();
  }

  /** Sends all that was gathered before, and returns then or after `withinMs`, whichever is first; what hangs by then is cut off. */
  async flush(withinMs: number): Promise<void> {
    let isUp = false;
    let timer: NodeJS.Timeout | undefined;
    const timeIsUp = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        isUp = true;
        this.#underWay?.abort.abort();
        resolve();
      }, withinMs);
    });
    const all = async (): Promise<void> => {
      while (this.#underWay !== null) await this.#underWay.done;
      // Whoever flushes cannot be patient, whatever the endpoint asked for.
      if (!isUp) await this.#start();
    };
    await Promise.race([all(), timeIsUp]);
    clearTimeout(timer);
  }

  /** The last flush: what cannot be sent by now never will be. */
  async close(withinMs: number): Promise<void> {
    await this.flush(withinMs);
    this.#give(this.#take());
    // It has nothing left to send; what it may still wait for is nobody's concern.
    void this.#opening?.then((exporter) => exporter.close()).catch(() => undefined);
  }

  #start(): Promise<void> {
    const abort = new AbortController();
    const done = this.#sendOnce(abort.signal).finally(() => (this.#underWay = null));
    this.#underWay = { abort, done };
    return done;
  }

  async #sendOnce(signal: AbortSignal): Promise<void> {
    const telegram = this.#take();
    if (sizeOf(telegram) === 0) return this.#tellDropped(null);
    try {
      const exporter = await this.#exporter();
      const { refused, dropped, retryAfterMs, fault } = await exporter.send(telegram, signal);
      this.#dropped += dropped;
      this.#notBefore = this.#options.now() + (retryAfterMs ?? 0);
      this.#keep(refused, fault);
      this.#tellDropped(fault);
    } catch (error) {
      this.#keep(telegram, wordFor(error));
    }
  }

  /** Takes out what was gathered. */
  #take(): Telegram {
    const { samples, dropped } = this.#gathered.take();
    this.#dropped += dropped;
    const failures = this.#failures;
    this.#failures = [];
    return { samples, failures };
  }

  /** Keeps what was refused for the next telegram, a limited number of times. */
  #keep(refused: Telegram, fault: string | null): void {
    this.#refusals = sizeOf(refused) === 0 ? 0 : this.#refusals + 1;
    if (this.#refusals === 1) this.#options.log({ message: 'telemetry_refused', fault });
    if (this.#refusals > MAX_REFUSALS) {
      this.#refusals = 0;
      return this.#give(refused);
    }
    for (const sample of refused.samples) this.#gathered.merge(sample);
    for (const failure of refused.failures) this.fail(failure);
  }

  #give(lost: Telegram): void {
    this.#dropped += sizeOf(lost);
    this.#tellDropped('given_up');
  }

  #tellDropped(fault: string | null): void {
    const dropped = this.#dropped;
    if (dropped === 0) return;
    this.#dropped = 0;
    this.#options.log({ message: 'telemetry_dropped', dropped, fault });
  }

  /** One that could not be opened is tried again with the next telegram. */
  async #exporter(): Promise<Exporter> {
    this.#opening ??= this.#options.open();
    try {
      return await this.#opening;
    } catch (error) {
      this.#opening = null;
      throw error;
    }
  }
}

/** The system's code of an error, or its class: messages may hold what no log should. */
function wordFor(error: unknown): string {
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
  return typeof code === 'string' ? code : String(name);
}
