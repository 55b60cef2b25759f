import { ByteBudget } from '../../../src/lib/budget';
import { type Delivery, type HubEvent } from '../../../src/lib/decode/event';
import { PipelineError, type ErrorCode } from '../../../src/lib/errors';
import { land, type LandingRoom } from '../../../src/lib/land';
import { LedgerCache } from '../../../src/lib/ledger/cache';
import { optimise } from '../../../src/lib/maintenance/optimise/optimise';
import { type OptimiseReport } from '../../../src/lib/maintenance/optimise/report';
import { DAY_MS } from '../../../src/lib/time';
import { MemoryStore } from '../../simulation/memory-store';
import { Violation } from '../../simulation/oracle';
import { hubFactsOver, lakeOver, Wire, type Sender } from '../../simulation/wire';
import { maintenanceLakeOver } from './memory';

/** What must never be said in a world without damage. */
const NEVER: readonly ErrorCode[] = ['COMMITTED_FILE_MISSING', 'NAME_TAKEN', 'LEDGER_DAMAGED', 'LEDGER_MISSING'];
const NEVER_LEFT: readonly string[] = ['plan_broken', 'plan_unreadable', 'file_damaged', 'another_hub', 'stranger'];

const DAY = 20_000 * DAY_MS;

/** The hub's events of one closed day; number 8 and 9 are passed over at first, every fourth is no JSON. */
export function event(sequence: number): HubEvent {
  const id = `1:${sequence}`;
  return {
    sequence: BigInt(sequence),
    offset: String(sequence * 64),
    enqueuedAt: DAY + sequence * 1_000,
    partitionKey: null,
    properties: {},
    body: Buffer.from(sequence % 4 === 3 ? `no JSON ${id}` : JSON.stringify({ id })),
  };
}

/** A lake of one partition, writers and optimisers that are processes of their own, and a reader who looks all the time. */
export class World {
  readonly store = new MemoryStore();
  readonly wire = new Wire();
  readonly #promised = new Set<string>();
  #ids = 0;
  /** How many events the reader has seen twice at most, and how often. */
  doubled = 0;
  working = 0;
  violation: Error | null = null;
  now = DAY + 3_600_000;

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
          this.look();
          return;
        } catch (error) {
          if (!(error instanceof PipelineError)) throw error;
          if (NEVER.includes(error.code)) throw new Violation(`${name} gets ${error.message}`, this.wire.trace);
        }
      }
    });
  }

  /** A new process optimises, once, with at most so many files of a day in memory. */
  optimise(name: string, reports: OptimiseReport[] = [], maxHeldFiles = 50_000): void {
    const sender: Sender = { name, alive: true };
    const room = {
      lake: lakeOver(this.wire, sender, this.store),
      files: maintenanceLakeOver(this.wire, sender, this.store),
      clock: { now: () => this.now },
      newId: () => `merge-${(this.#ids += 1)}`,
      sleep: () => this.wire.send(sender, 'pause', () => undefined),
    };
    this.#work(sender, async () => {
      try {
        const report = await optimise('postgresql', room, { targetBytes: 1_700, maxHeldFiles });
        const bad = report.left.find(({ reason }) => NEVER_LEFT.includes(reason));
        if (bad !== undefined) throw new Violation(`${name} leaves ${JSON.stringify(bad)}`, this.wire.trace);
        reports.push(report);
      } catch (error) {
        if (!(error instanceof PipelineError)) throw error;
      }
    });
  }

  /** Whether every event that a handler returned for can be read this moment. */
  look(): void {
    const seen = new Map<string, number>();
    for (const [path, file] of this.store.files) {
      if (!path.startsWith('bronze/') && !path.startsWith('quarantine/')) continue;
      for (const sequence of sequencesIn(file)) seen.set(sequence, (seen.get(sequence) ?? 0) + 1);
    }
    const missing = [...this.#promised].filter((sequence) => !seen.has(sequence));
    if (missing.length > 0) this.violation ??= new Violation(`not readable: ${missing.join(', ')}`, this.wire.trace);
    this.doubled = Math.max(this.doubled, [...seen.values()].filter((times) => times > 1).length);
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
      lakeWithin: () => lakeOver(this.wire, sender, this.store),
      hubFacts: hubFactsOver(this.wire, sender, () => DAY - DAY_MS),
      ledgers: new LedgerCache(),
      budget: new ByteBudget(1 << 30),
      clock: { now: () => this.now },
      newId: () => `id-${(this.#ids += 1)}`,
      maxFileBytes: 1 << 20,
      retentionDays: 7,
    };
  }
}

const parsed = new WeakMap<object, string[]>();

function sequencesIn(file: { readonly bytes: Buffer }): string[] {
  let found = parsed.get(file);
  if (found === undefined) {
    found = [...file.bytes.toString().matchAll(/"sequenceNumber":(\d+)/g)].map((match) => match[1] ?? '');
    parsed.set(file, found);
  }
  return found;
}
