import { setTimeout as sleep } from 'node:timers/promises';
import { type OnEvent } from './host-event';
import { type Schedule } from './schedule';
import { openStatus, statusAfter, timerJson, type Occasion, type ScheduleStatus } from './schedule-status';
import { type TimerStore } from './timer-store';

export interface TimerSettings {
  readonly name: string;
  readonly schedule: Schedule;
  readonly runOnStartup: boolean;
  /** Whether its status is kept; if not, no run is ever past due. */
  readonly isRecorded: boolean;
  readonly store: TimerStore;
  /** How long the lock lasts without renewal. */
  readonly lockMs: number;
  /** How often one without the lock tries for it. */
  readonly lockPollMs: number;
  /** Invokes the function with the timer's JSON until its retry policy ends; gives what it threw at last. */
  readonly run: (timer: string) => Promise<string | null>;
  readonly onEvent: OnEvent;
}

/** After trouble with storage. */
const TRY_AGAIN_MS = 1_000;

/** Longer than this a timer of Node cannot wait. */
const LONGEST_SLEEP_MS = 2 ** 31 - 1;

/**
 * Runs a timer function at its times, on one instance at a time. A run that was missed while no instance was there is made up
 * for once, and told that it is past due; two runs never overlap.
 */
export class TimerListener {
  readonly #settings: TimerSettings;
  readonly #stopped = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #hasStarted = false;

  constructor(settings: TimerSettings) {
    this.#settings = settings;
  }

  start(): void {
    this.#loop = this.#listen();
  }

  /** Runs it now, whatever its schedule and whoever has the lock; nothing is recorded. */
  async runNow(): Promise<void> {
    const { store, isRecorded } = this.#settings;
    await this.#invoke(isRecorded ? await store.read() : null, false);
  }

  /** Begins to end it: no run is started any more. */
  end(): void {
    this.#stopped.abort();
  }

  /** After `end`: waits for the run under way and gives the lock up. */
  async close(): Promise<void> {
    await this.#loop;
    await this.#settings.store.release();
  }

  async #listen(): Promise<void> {
    const { store, lockPollMs, onEvent, name } = this.#settings;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        if (await store.hold()) await this.#whileHeld();
        else await pause(lockPollMs, signal);
      } catch (error) {
        onEvent({ kind: 'trouble', where: `the timer of ${name}`, error: String(error) });
        await pause(TRY_AGAIN_MS, signal);
      }
    }
  }

  /** Runs what is due until the lock is lost or the instance stops. */
  async #whileHeld(): Promise<void> {
    const lost = new AbortController();
    const keeping = this.#keep(lost);
    try {
      await this.#runs(AbortSignal.any([this.#stopped.signal, lost.signal]));
    } finally {
      lost.abort();
      await keeping;
    }
  }

  /** Renews the lock, during long runs too. */
  async #keep(lost: AbortController): Promise<void> {
    const { store, lockMs, onEvent, name } = this.#settings;
    let heldAt = performance.now();
    for (;;) {
      await pause(lockMs / 4, lost.signal);
      if (lost.signal.aborted) return;
      try {
        if (!(await store.hold())) return lost.abort();
        heldAt = performance.now();
      } catch (error) {
        onEvent({ kind: 'trouble', where: `the lock of ${name}`, error: String(error) });
        if (performance.now() - heldAt > lockMs) return lost.abort();
      }
    }
  }

  async #runs(signal: AbortSignal): Promise<void> {
    const { schedule, store, isRecorded, runOnStartup } = this.#settings;
    const opening = openStatus(isRecorded ? await store.read() : null, schedule, Date.now());
    let { status } = opening;
    if (isRecorded && opening.isChanged) await store.write(status);
    const isStartup = runOnStartup && !this.#hasStarted;
    this.#hasStarted = true;
    if (opening.isPastDue) status = await this.#run(status, 'pastDue');
    else if (isStartup) status = await this.#run(status, 'startup');
    for (;;) {
      await pause(status.next - Date.now(), signal);
      if (signal.aborted) return;
      if (Date.now() >= status.next) status = await this.#run(status, 'scheduled');
    }
  }

  async #run(status: ScheduleStatus, occasion: Occasion): Promise<ScheduleStatus> {
    const { schedule, store, isRecorded } = this.#settings;
    const startedAt = Date.now();
    await this.#invoke(isRecorded ? status : null, occasion === 'pastDue');
    const after = statusAfter(status, schedule, occasion, startedAt);
    if (isRecorded) await store.write(after);
    return after;
  }

  async #invoke(status: ScheduleStatus | null, isPastDue: boolean): Promise<void> {
    const { name, run, onEvent } = this.#settings;
    const error = await run(timerJson(status, isPastDue));
    onEvent({ kind: 'timer', function: name, isPastDue, error });
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(Math.min(Math.max(ms, 0), LONGEST_SLEEP_MS), undefined, { signal }).catch(() => undefined);
}
