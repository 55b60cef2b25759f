import { ByteBudget } from '../../src/lib/budget';
import { type Delivery, type HubEvent } from '../../src/lib/decode/event';
import { land, type LandingRoom } from '../../src/lib/land';
import { LedgerCache } from '../../src/lib/ledger/cache';
import { settle } from '../../src/lib/ledger/settle';
import { PipelineError, type ErrorCode } from '../../src/lib/errors';
import { DAY_MS } from '../../src/lib/time';
import { MemoryStore } from './memory-store';
import { checkReturned, Violation } from './oracle';
import { type Chance } from './random';
import { hubFactsOver, lakeOver, Wire, type Sender } from './wire';

/** What the protocol must never say in a world without damage: the lake would be stuck, or worse. */
const NEVER: readonly ErrorCode[] = [
  'COMMITTED_FILE_MISSING',
  'NAME_TAKEN',
  'LEDGER_DAMAGED',
  'LEDGER_NEWER',
  'LEDGER_MISSING',
  'LEDGER_REBUILT',
];

/** One process of the app: what dies with a crash. */
interface Process extends Sender {
  readonly ledgers: LedgerCache;
  tasks: number;
}

/** Half a minute before midnight, so that some batches span two days. */
const BEGIN = 20_000 * DAY_MS - 30_000;

/** A hub of one partition, the host's checkpoint, two processes that fight over it, and the lake. */
export class World {
  readonly store = new MemoryStore();
  readonly wire = new Wire();
  readonly #chance: Chance;
  readonly #budget = new ByteBudget(1 << 30);
  now = BEGIN;
  /** How often the hub has been made. */
  life = 1;
  #createdAt = BEGIN - DAY_MS;
  #log: HubEvent[] = [];
  /** The sequence number that the host would begin at: redelivery starts here, never at zero. */
  checkpoint = 0;
  #ownership = 0;
  #ids = 0;
  #crashes = 0;
  processes: Process[] = [this.#process('A'), this.#process('B')];
  violation: Error | null = null;
  /** Handlers that returned. */
  returns = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  get working(): boolean {
    return this.processes.some((process) => process.alive && process.tasks > 0);
  }

  /** Whether a first commit was made. */
  get landed(): boolean {
    return this.store.list('_system/ledger').length > 0;
  }

  /** Senders publish: `count` events more in the hub. Some are no JSON. */
  append(count: number): void {
    for (let i = 0; i < count; i += 1) {
      const sequence = this.#log.length;
      this.now += this.#chance.between(0, 4_000);
      const id = `${this.life}:${sequence}`;
      this.#log.push({
        sequence: BigInt(sequence),
        offset: String(sequence * 64),
        enqueuedAt: this.now,
        partitionKey: null,
        properties: {},
        body: Buffer.from(this.#chance.in(0.2) ? `no JSON ${id}` : JSON.stringify({ id })),
      });
    }
  }

  /** The hub is deleted and made anew: numbers begin at zero, checkpoints are gone, batches under way are not. */
  makeHubAnew(): void {
    this.now += 60_000;
    this.life += 1;
    this.#createdAt = this.now;
    this.now += 1;
    this.#log = [];
    this.checkpoint = 0;
    this.#ownership += 1;
  }

  /** A process takes the partition, from whoever has it; the other is not told before its batch is done. */
  steal(process: Process): void {
    this.#ownership += 1;
    process.tasks += 1;
    this.#own(process, this.#ownership, this.life)
      .catch((error: unknown) => {
        this.violation ??= error instanceof Error ? error : new Error(String(error));
      })
      .finally(() => {
        process.tasks -= 1;
      });
  }

  /** The daily run: publishes what any ledger still calls pending, beside the writers. */
  settleAll(process: Process): void {
    const lake = lakeOver(this.wire, process, this.store);
    process.tasks += 1;
    const settling = Array.from({ length: this.life }, async (_, i) => {
      await settle(lake, { namespace: 'ns', hub: 'changes', incarnation: i + 1, partition: '0' });
    });
    Promise.all(settling)
      .catch((error: unknown) => {
        if (!(error instanceof PipelineError)) this.violation ??= error as Error;
        else if (NEVER.includes(error.code)) this.violation ??= new Violation(error.message, this.wire.trace);
      })
      .finally(() => {
        process.tasks -= 1;
      });
  }

  /** Dead processes come back with empty memories. */
  restart(): void {
    this.processes = this.processes.map((process) => {
      if (process.alive) return process;
      this.#crashes += 1;
      return this.#process(`${process.name.charAt(0)}${this.#crashes}`);
    });
  }

  /** What the host does for an owner: batches from the checkpoint on, each retried until it succeeds. */
  async #own(process: Process, ownership: number, life: number): Promise<void> {
    const stolen = (): boolean => this.#ownership !== ownership;
    let next = this.checkpoint;
    while (!stolen() && next < this.#log.length) {
      const batch = this.#log.slice(next, next + this.#chance.between(1, 8));
      next += batch.length;
      const delivered = this.#chance.in(0.1) ? skipOne(batch, this.#chance) : batch;
      if (!(await this.#handle(process, delivered, stolen))) return;
      const checkpoint = next;
      // A late owner's checkpoint may move backwards; one that is lost may too: neither may lose an event.
      const store = (): void => {
        if (this.life === life) this.checkpoint = checkpoint;
      };
      if (!stolen() || this.#chance.in(0.5)) {
        await this.wire.send(process, `checkpoint ${checkpoint}`, store).catch(() => undefined);
      }
    }
  }

  /** The host's retry policy: the same batch in the same process, until it succeeds or the partition is another's. */
  async #handle(process: Process, events: readonly HubEvent[], stolen: () => boolean): Promise<boolean> {
    const delivery: Delivery = { namespace: 'ns', hub: 'changes', consumerGroup: 'lake', partition: '0', events };
    for (;;) {
      try {
        await land('postgresql', delivery, this.#room(process), new AbortController().signal);
        this.returns += 1;
        checkReturned(this.store, events, this.wire.trace);
        return true;
      } catch (error) {
        if (!(error instanceof PipelineError)) throw error;
        if (NEVER.includes(error.code)) throw new Violation(error.message, this.wire.trace);
        this.wire.trace.push(`${process.name} gets ${error.code}`);
        if (stolen() && this.#chance.in(0.5)) return false;
      }
    }
  }

  #room(process: Process): LandingRoom {
    return {
      lakeWithin: () => lakeOver(this.wire, process, this.store),
      hubFacts: hubFactsOver(this.wire, process, () => this.#createdAt),
      ledgers: process.ledgers,
      budget: this.#budget,
      clock: { now: () => this.now },
      newId: () => `id-${(this.#ids += 1)}`,
      maxFileBytes: 4_000,
      retentionDays: 7,
    };
  }

  #process(name: string): Process {
    return { name, alive: true, ledgers: new LedgerCache(), tasks: 0 };
  }
}

/** The batch less one event in its midst: Event Hubs' extension has been seen to pass over events. */
function skipOne(batch: HubEvent[], chance: Chance): HubEvent[] {
  if (batch.length < 3) return batch;
  const skipped = chance.between(1, batch.length - 2);
  return batch.filter((_, i) => i !== skipped);
}
