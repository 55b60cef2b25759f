import { setTimeout as sleep } from 'node:timers/promises';
import { type Source } from '../decode/event';
import { PipelineError } from '../errors';
import { type Until } from './port';
import { captureDatabase, type CaptureRoom } from './run';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Captures every database of a source that the settings name, each by itself, until it is told to stop. One that fails is taken up again after
 * a pause, from what was kept; where that cannot help, it is left, and the others go on.
 *
 * @param names which of them; all when left out
 * @throws PipelineError what stopped the first database for good, once all have ended
 */
export async function captureAll(
  source: Source,
  room: CaptureRoom,
  until: Until,
  names: readonly string[] = room.config.capture[source].map(({ name }) => name),
): Promise<void> {
  const ended = await Promise.allSettled(names.map((name) => captureAgain(source, name, room, until)));
  for (const one of ended) if (one.status === 'rejected') throw one.reason as Error;
}

async function captureAgain(source: Source, name: string, room: CaptureRoom, until: Until): Promise<void> {
  const signal = AbortSignal.any([until.stop, until.abort]);
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    const startedAt = performance.now();
    try {
      // Another process may be about to end: it is asked again.
      if ((await captureDatabase(source, name, room, until)) === 'stopped') return;
    } catch (error) {
      if (!(error instanceof PipelineError && error.retryable)) throw error;
    }
    if (performance.now() - startedAt > LONGEST_PAUSE_MS) pauseMs = FIRST_PAUSE_MS;
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
  }
}

/** The end of a run: softly after its time, at once before the host would end the process. */
export class RunningCapture {
  readonly #stop = new AbortController();
  readonly #abort = new AbortController();
  readonly #timers: NodeJS.Timeout[];
  readonly #ended: Promise<void>;
  #end: () => void = () => undefined;

  /** Infinity: never by itself. */
  constructor(runMs: number, abortMs: number) {
    this.#ended = new Promise((resolve) => (this.#end = resolve));
    const plans = [
      [this.#stop, runMs],
      [this.#abort, abortMs],
    ] as const;
    this.#timers = plans
      .filter(([, ms]) => Number.isFinite(ms))
      .map(([controller, ms]) => setTimeout(() => controller.abort(), ms));
  }

  get until(): Until {
    return { stop: this.#stop.signal, abort: this.#abort.signal };
  }

  /** Ends it softly, and at once when it takes longer than `graceMs`; resolves when it has ended. */
  async stopSoon(graceMs: number): Promise<void> {
    this.#stop.abort();
    const timer = setTimeout(() => this.#abort.abort(), graceMs);
    await this.#ended;
    clearTimeout(timer);
  }

  /** It has ended. */
  end(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#end();
  }
}
