import { setTimeout as sleep } from 'node:timers/promises';
import { type EventHubConsumerClient } from '@azure/event-hubs';
import { type ContainerClient } from '@azure/storage-blob';
import { nextClaim, type Claim } from './balance';
import { namespaceOf } from './connections';
import { type OnEvent } from './host-event';
import { type EventHubsConfig } from './host-json';
import { PartitionReader, type Execute } from './partition-reader';
import { PartitionStore } from './partition-store';

/** What one Event Hubs function is listened for with. */
export interface ListenerSettings {
  readonly client: EventHubConsumerClient;
  /** Its consumer group. */
  readonly group: string;
  /** The container of checkpoints and ownership. */
  readonly container: ContainerClient;
  readonly instanceId: string;
  readonly config: EventHubsConfig;
  readonly execute: (partition: string) => Execute;
  readonly onEvent: OnEvent;
}

/** A partition whose reading broke is taken up again so much later, not only at the next renewal. */
const TAKE_UP_AGAIN_MS = 1_000;

/** How often a steal is tried before somebody is told that it does not work. */
const STEAL_TRIES = 20;

/** Reads the partitions of one hub that are this instance's share, and takes part in sharing them. */
export class EventHubListener {
  readonly hub: string;
  readonly #settings: ListenerSettings;
  readonly #store: PartitionStore;
  readonly #readers = new Map<string, PartitionReader>();
  /** Of these, those that read no more and whose last batch has not ended. */
  readonly #leaving = new Set<PartitionReader>();
  readonly #stopped = new AbortController();
  readonly #ended: Promise<void>[] = [];
  #woken = new AbortController();
  #balancing: Promise<void> = Promise.resolve();

  constructor(settings: ListenerSettings) {
    const { client, container, group } = settings;
    this.#settings = settings;
    this.hub = client.eventHubName;
    this.#store = new PartitionStore(container, { namespace: namespaceOf(client), hub: this.hub, group });
  }

  /** The partitions that are read now. */
  get partitions(): readonly string[] {
    return [...this.#readers].filter(([, reader]) => !this.#leaving.has(reader)).map(([partition]) => partition);
  }

  start(): void {
    this.#balancing = this.#balance();
  }

  /**
   * Takes a partition at once, whoever has it. The old owner is not asked, and a batch that it runs goes on.
   *
   * @throws Error when the instance is stopping, or others are always faster
   */
  async steal(partition: string): Promise<void> {
    for (let tries = 0; tries < STEAL_TRIES; tries += 1) {
      if (this.#stopped.signal.aborted) throw new Error('The host is stopping.');
      if (this.partitions.includes(partition)) return;
      const before = (await this.#store.listOwnership()).find((claim) => claim.partition === partition) ?? null;
      const { config, instanceId } = this.#settings;
      const isAlive =
        before !== null &&
        !['', instanceId].includes(before.ownerId) &&
        Date.now() - before.renewedAt < config.partitionOwnershipExpirationIntervalMs;
      if (await this.#take({ partition, before, from: isAlive ? before.ownerId : null })) return;
    }
    throw new Error(`${this.hub}/${partition} could not be taken: others claimed it each time.`);
  }

  /** Begins to end it: nothing more is received, and a batch under way that fails is not tried again. */
  end(): void {
    this.#stopped.abort();
    for (const reader of this.#readers.values()) this.#ended.push(reader.end());
  }

  /** After `end`: resolves when every batch under way has ended and every partition is given up. */
  async close(): Promise<void> {
    const { client, instanceId } = this.#settings;
    await this.#noting('stopping', Promise.all(this.#ended));
    await this.#balancing;
    this.#readers.clear();
    const relinquish = async (): Promise<void> => {
      const mine = (await this.#store.listOwnership()).filter(({ ownerId }) => ownerId === instanceId);
      await Promise.all(mine.map((claim) => this.#store.claim(claim.partition, '', claim)));
    };
    await this.#noting('giving up', relinquish());
    await this.#noting('closing', client.close());
  }

  /** Renews its claims and evens out the shares, again and again. */
  async #balance(): Promise<void> {
    const intervalMs = this.#settings.config.loadBalancingUpdateIntervalMs;
    const stopped = this.#stopped.signal;
    while (!stopped.aborted) {
      await this.#noting('sharing', this.#share());
      await pause(intervalMs, AbortSignal.any([stopped, this.#woken.signal]));
      if (!this.#woken.signal.aborted) continue;
      this.#woken = new AbortController();
      await pause(Math.min(TAKE_UP_AGAIN_MS, intervalMs), stopped);
    }
  }

  async #share(): Promise<void> {
    await this.#renew();
    const partitions = await this.#settings.client.getPartitionIds();
    // Greedy: looks again at once while there is something to claim.
    while (!this.#stopped.signal.aborted && (await this.#claimOne(partitions))) continue;
  }

  async #renew(): Promise<void> {
    const { instanceId } = this.#settings;
    const ownership = await this.#store.listOwnership();
    const renewals = [...this.#readers].map(async ([partition, reader]) => {
      const claim = ownership.find((each) => each.partition === partition) ?? null;
      const isMine = claim?.ownerId === instanceId && (await this.#store.claim(partition, instanceId, claim));
      if (!isMine || this.#leaving.has(reader)) await this.#lose(partition, 'another instance has claimed it', reader);
    });
    // .NET's processor waits for the batches of lost partitions here, too, and renews nothing meanwhile.
    await Promise.all(renewals);
    // Its own claims that nobody reads: taken up again from the checkpoint.
    for (const claim of ownership) {
      if (claim.ownerId !== instanceId || this.#readers.has(claim.partition)) continue;
      await this.#take({ partition: claim.partition, before: claim, from: null });
    }
  }

  /** False when there is nothing to claim. */
  async #claimOne(partitions: readonly string[]): Promise<boolean> {
    const { config, instanceId } = this.#settings;
    const ownership = await this.#store.listOwnership();
    const view = { me: instanceId, partitions, ownership, now: Date.now() };
    const claim = nextClaim({ ...view, expirationMs: config.partitionOwnershipExpirationIntervalMs }, Math.random());
    if (claim === null) return false;
    // Where another was faster, the shares are others now.
    await this.#take(claim);
    return true;
  }

  /** False when somebody else was faster. */
  async #take({ partition, before, from }: Claim): Promise<boolean> {
    const { client, config, instanceId, execute, onEvent } = this.#settings;
    if (this.#stopped.signal.aborted || !(await this.#store.claim(partition, instanceId, before))) return false;
    const { hub } = this;
    const reader: PartitionReader = new PartitionReader({
      ...{ client, store: this.#store, partition, instanceId, config },
      execute: execute(partition),
      onCheckpoint: (sequence) => onEvent({ kind: 'checkpointed', hub, partition, sequence }),
      onEnd: (reason) => {
        void this.#lose(partition, reason, reader);
        this.#woken.abort();
      },
    });
    await this.#readers.get(partition)?.leave();
    this.#readers.set(partition, reader);
    // Ended meanwhile: it is to end like the others.
    if (this.#isEnding()) this.#ended.push(reader.end());
    onEvent({ kind: 'owned', hub, partition, stolenFrom: from });
    await reader.start().catch((error: unknown) => this.#lose(partition, String(error), reader));
    return true;
  }

  /** Reads it no more; resolves once the batch under way has ended. */
  async #lose(partition: string, reason: string, reader: PartitionReader): Promise<void> {
    if (!this.#leaving.has(reader)) this.#settings.onEvent({ kind: 'lost', hub: this.hub, partition, reason });
    this.#leaving.add(reader);
    await reader.leave();
    this.#leaving.delete(reader);
    if (this.#readers.get(partition) === reader) this.#readers.delete(partition);
  }

  /** Asked anew after each wait. */
  #isEnding(): boolean {
    return this.#stopped.signal.aborted;
  }

  /** Tells of an error; what failed is tried again, or expires by itself. */
  async #noting(what: string, doing: Promise<unknown>): Promise<void> {
    await doing.catch((error: unknown) => {
      const { name, message } = error instanceof AggregateError ? (error.errors[0] as Error) : (error as Error);
      this.#settings.onEvent({ kind: 'trouble', where: `${what} ${this.hub}`, error: `${name}: ${message}` });
    });
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
