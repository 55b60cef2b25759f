import { ByteBudget } from '../../../src/lib/budget';
import { type Delivery } from '../../../src/lib/decode/event';
import { PipelineError, type ErrorCode } from '../../../src/lib/errors';
import { land, type LandingRoom } from '../../../src/lib/land';
import { LedgerCache } from '../../../src/lib/ledger/cache';
import { optimise } from '../../../src/lib/maintenance/optimise/optimise';
import { type SweepReport } from '../../../src/lib/maintenance/sweep/report';
import { sweep } from '../../../src/lib/maintenance/sweep/sweep';
import { DAY_MS } from '../../../src/lib/time';
import { Violation } from '../../simulation/oracle';
import { hubFactsOver, Wire, type Sender } from '../../simulation/wire';
import { event } from '../optimise/world';
import { Commits, TimedStore, timedFilesOver } from './timed-store';

/** What must never be said in a world in which nobody takes a committed file away. */
const NEVER: readonly ErrorCode[] = ['COMMITTED_FILE_MISSING', 'NAME_TAKEN', 'LEDGER_DAMAGED', 'LEDGER_MISSING'];
const NEVER_LEFT: readonly string[] = ['plan_broken', 'plan_unreadable', 'file_damaged', 'stranger', 'another_hub'];

/** A lake of one partition, with writers, optimisers and sweepers that are processes of their own, and a clock that leaps. */
export class World {
  now = 20_000 * DAY_MS + 3_600_000;
  readonly store = new TimedStore(() => this.now);
  readonly wire = new Wire();
  readonly commits = new Commits();
  readonly #promised = new Set<string>();
  #ids = 0;
  working = 0;
  swept = 0;
  violation: Error | null = null;

  /** A new process delivers these events until a handler has returned, or it dies. */
  write(name: string, sequences: readonly number[]): void {
    const sender: Sender = { name, alive: true };
    const room = this.#landingRoom(sender);
    const events = sequences.map(event);
    const delivery: Delivery = { namespace: 'ns', hub: 'changes', consumerGroup: 'lake', partition: '0', events };
    this.#work(sender, async () => {
      for (;;) {
        try {
          await land('postgresql', delivery, room, new AbortController().signal);
          for (const { sequence } of events) this.#promised.add(String(sequence));
          return;
        } catch (error) {
          if (!(error instanceof PipelineError)) throw error;
          if (NEVER.includes(error.code)) throw new Violation(`${name} gets ${error.message}`, this.wire.trace);
        }
      }
    });
  }

  /** A new process optimises, once. */
  optimise(name: string): void {
    const sender: Sender = { name, alive: true };
    const room = {
      lake: this.commits.lakeOver(this.wire, sender, this.store),
      files: timedFilesOver(this.wire, sender, this.store),
      clock: { now: () => this.now },
      newId: () => `merge-${(this.#ids += 1)}`,
      sleep: () => this.wire.send(sender, 'pause', () => undefined),
    };
    this.#work(sender, async () => {
      try {
        const { left } = await optimise('postgresql', room, { targetBytes: 1_700, budgetMs: Infinity });
        const bad = left.find(({ reason }) => NEVER_LEFT.includes(reason));
        if (bad !== undefined) throw new Violation(`${name} leaves ${JSON.stringify(bad)}`, this.wire.trace);
      } catch (error) {
        if (!(error instanceof PipelineError)) throw error;
      }
    });
  }

  /** A new process sweeps, once. */
  sweep(name: string, reports: SweepReport[] = []): void {
    const sender: Sender = { name, alive: true };
    const files = timedFilesOver(this.wire, sender, this.store);
    const room = {
      lake: this.commits.lakeOver(this.wire, sender, this.store),
      files: {
        ...files,
        removeVersion: async (path: string, etag: string) => {
          const removed = await files.removeVersion(path, etag);
          if (removed === 'removed') this.swept += 1;
          return removed;
        },
      },
      clock: { now: () => this.now },
      serviceNow: () => this.wire.send(sender, 'what time is it', () => this.now),
    };
    this.#work(sender, async () => {
      try {
        reports.push(await sweep(room, { budgetMs: Infinity, batchFiles: 3 }));
      } catch (error) {
        if (!(error instanceof PipelineError)) throw error;
      }
    });
  }

  /** More than a day passes, whatever the processes are in the midst of; nothing of what is under way for a day is a commit. */
  leap(): boolean {
    while (this.wire.hasLate) this.wire.applyLate(0);
    if (this.commits.some) return false;
    this.now += DAY_MS + 7_200_000;
    this.wire.trace.push('a day passes');
    return true;
  }

  /** Whether every event that a handler returned for can be read this moment. */
  look(): void {
    const seen = new Set<string>();
    for (const [path, { bytes }] of this.store.files) {
      if (!path.startsWith('bronze/') && !path.startsWith('quarantine/')) continue;
      for (const match of bytes.toString().matchAll(/"sequenceNumber":(\d+)/g)) seen.add(match[1] ?? '');
    }
    const missing = [...this.#promised].filter((sequence) => !seen.has(sequence));
    if (missing.length > 0) this.violation ??= new Violation(`not readable: ${missing.join(', ')}`, this.wire.trace);
  }

  #work(sender: Sender, act: () => Promise<void>): void {
    this.working += 1;
    let isDone = false;
    const done = (): void => {
      if (!isDone) this.working -= 1;
      isDone = true;
    };
    // Of a process that dies, nothing ever comes back.
    Object.defineProperty(sender, 'alive', { get: () => !isDone, set: done });
    act()
      .catch((error: unknown) => {
        this.violation ??= error instanceof Error ? error : new Error(String(error));
      })
      .finally(done);
  }

  #landingRoom(sender: Sender): LandingRoom {
    return {
      lakeWithin: () => this.commits.lakeOver(this.wire, sender, this.store),
      hubFacts: hubFactsOver(this.wire, sender, () => 0),
      ledgers: new LedgerCache(),
      budget: new ByteBudget(1 << 30),
      clock: { now: () => this.now },
      newId: () => `id-${(this.#ids += 1)}`,
      maxFileBytes: 1 << 20,
      retentionDays: 7,
    };
  }
}
