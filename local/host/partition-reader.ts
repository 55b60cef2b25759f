import {
  earliestEventPosition,
  latestEventPosition,
  type EventHubConsumerClient,
  type EventPosition,
  type ReceivedEventData,
  type Subscription,
} from '@azure/event-hubs';
import { BatchFormer } from './batching';
import { type EventHubsConfig, type InitialOffset } from './host-json';
import { type Checkpoint, type PartitionStore } from './partition-store';

/** When the connection breaks, this client finds out at the end of the receive that was under way; .NET's at once. */
const RECEIVE_SECONDS = 2;

/**
 * This client now and then leaves a subscription hanging whose connection was cut while its link was being made: nothing comes any
 * more, no error either, for minutes. .NET's does not. Each receive that brings nothing is told, so silence of this length is that.
 */
const SILENCE_MS = 15_000;

/** A subscription that hangs does not close either. */
const CLOSE_MS = 5_000;

/** Hands a batch to the function; false: the instance ends before the batch has. */
export type Execute = (events: readonly ReceivedEventData[], isCheckpointing: boolean) => Promise<boolean>;

/** What one partition is read with. */
export interface ReaderSettings {
  readonly client: EventHubConsumerClient;
  readonly store: PartitionStore;
  readonly partition: string;
  readonly instanceId: string;
  readonly config: EventHubsConfig;
  readonly execute: Execute;
  readonly onCheckpoint: (sequence: string) => void;
  /** Reading has ended by itself: another took the partition, or something broke. */
  readonly onEnd: (reason: string) => void;
}

/**
 * Reads one partition and forms batches of it, as the extension's PartitionProcessor does: one batch at a time; a checkpoint
 * after each, whatever came of it, and though the partition is another's by then.
 */
export class PartitionReader {
  readonly #settings: ReaderSettings;
  /** Aborted: nothing more is received. */
  readonly #ending = new AbortController();
  #former: BatchFormer<ReceivedEventData> | null = null;
  #subscription: Subscription | null = null;
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<void> = Promise.resolve();
  #watch: NodeJS.Timeout | undefined;
  /** The last event that the function has returned from and no checkpoint covers, and how many batches that was. */
  #unwritten: ReceivedEventData | null = null;
  #unwrittenBatches = 0;

  constructor(settings: ReaderSettings) {
    this.#settings = settings;
  }

  /** Starts after the checkpoint. A link of the same owner level takes the partition from whoever reads it. */
  async start(): Promise<void> {
    const { client, store, partition, config } = this.#settings;
    const checkpoint = await store.readCheckpoint(partition);
    if (this.#ending.signal.aborted) return;
    this.#former = new BatchFormer(
      { minimum: config.minEventBatchSize, maximum: config.maxEventBatchSize, maxWaitMs: config.maxWaitTimeMs },
      checkpoint?.writtenAt ?? null,
    );
    this.#listen();
    this.#subscription = client.subscribe(
      partition,
      {
        processEvents: async (events) => {
          clearTimeout(this.#watch);
          if (events.length > 0) await this.#received(events);
          this.#listen();
        },
        processError: (error) => {
          this.#end(`${(error as { code?: string }).code ?? error.name}: ${error.message}`);
          return Promise.resolve();
        },
      },
      {
        startPosition: startPosition(checkpoint, config.initialOffset),
        ownerLevel: 0,
        maxBatchSize: config.maxEventBatchSize,
        maxWaitTimeInSeconds: RECEIVE_SECONDS,
        prefetchCount: config.prefetchCount,
        skipParsingBodyAsJson: true,
      },
    );
  }

  /**
   * Receives no more and drops what waits to be a batch. Resolves when the batch under way has ended: nothing cancels it, it is
   * tried again until its policy ends, and its checkpoint may set a newer owner's back.
   */
  async leave(): Promise<void> {
    await this.#receiveNoMore();
    await this.#turn;
  }

  /** The instance ends: as `leave`, and every batch that has ended has its checkpoint. */
  async end(): Promise<void> {
    await this.leave();
    await this.#checkpoint();
  }

  async #receiveNoMore(): Promise<void> {
    this.#ending.abort();
    clearTimeout(this.#timer);
    clearTimeout(this.#watch);
    const subscription = this.#subscription;
    this.#subscription = null;
    if (subscription === null) return;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_MS)));
    await Promise.race([subscription.close().catch(() => undefined), patience]).finally(() => clearTimeout(timer));
  }

  /** From now on something is to be heard of the subscription. */
  #listen(): void {
    clearTimeout(this.#watch);
    if (this.#ending.signal.aborted) return;
    this.#watch = setTimeout(() => this.#end('the subscription has fallen silent'), SILENCE_MS);
  }

  async #received(events: readonly ReceivedEventData[]): Promise<void> {
    await this.#inTurn(async (former) => {
      const batch = former.received(events, Date.now());
      if (batch.length === 0) return;
      await this.#execute(batch, former);
      // .NET's client, when another took the partition during the batch, says so at the next receive. This one would open a new
      // link and take the partition back, so it is not let.
      const { store, partition, instanceId } = this.#settings;
      if (!this.#ending.signal.aborted && (await store.ownerOf(partition)) !== instanceId) {
        this.#end('another instance claimed it during a batch');
      }
    });
  }

  #waitForMore(former: BatchFormer<ReceivedEventData>): void {
    clearTimeout(this.#timer);
    if (former.dueAt === null || this.#ending.signal.aborted) return;
    const waited = async (): Promise<void> => {
      const batch = former.waited(Date.now());
      if (batch.length > 0) await this.#execute(batch, former);
    };
    this.#timer = setTimeout(() => void this.#inTurn(waited), former.dueAt - Date.now());
  }

  async #execute(batch: readonly ReceivedEventData[], former: BatchFormer<ReceivedEventData>): Promise<void> {
    const { execute, config } = this.#settings;
    const isCheckpointing = this.#unwrittenBatches + 1 >= config.batchCheckpointFrequency;
    const isOver = await execute(batch, isCheckpointing);
    former.ended(Date.now());
    if (!isOver) return;
    this.#unwritten = batch.at(-1) ?? null;
    this.#unwrittenBatches += 1;
    if (isCheckpointing) await this.#checkpoint();
  }

  async #checkpoint(): Promise<void> {
    const event = this.#unwritten;
    if (event === null) return;
    const sequence = String(event.sequenceNumber);
    await this.#settings.store.writeCheckpoint(this.#settings.partition, event.offset, sequence);
    this.#unwritten = null;
    this.#unwrittenBatches = 0;
    this.#settings.onCheckpoint(sequence);
  }

  /** One at a time: what is received, and what has waited long enough. */
  #inTurn(act: (former: BatchFormer<ReceivedEventData>) => Promise<void>): Promise<void> {
    const run = async (): Promise<void> => {
      const former = this.#former;
      if (former === null || this.#ending.signal.aborted) return;
      await act(former);
      this.#waitForMore(former);
    };
    this.#turn = this.#turn.then(run).catch((error: unknown) => this.#end(String(error)));
    return this.#turn;
  }

  #end(reason: string): void {
    if (!this.#ending.signal.aborted) this.#settings.onEnd(reason);
  }
}

function startPosition(checkpoint: Checkpoint | null, initial: InitialOffset): EventPosition {
  if (checkpoint !== null) return { offset: checkpoint.offset, isInclusive: false };
  switch (initial.type) {
    case 'fromStart':
      return earliestEventPosition;
    case 'fromEnd':
      return latestEventPosition;
    case 'fromEnqueuedTime':
      return { enqueuedOn: initial.enqueuedTimeUtc };
    default:
      return initial satisfies never;
  }
}
