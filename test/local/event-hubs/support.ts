import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  earliestEventPosition,
  EventHubConsumerClient,
  EventHubProducerClient,
  type EventPosition,
  type ReceivedEventData,
  type RetryOptions,
  type SubscribeOptions,
} from '@azure/event-hubs';
import {
  startEventHubs,
  type EventHubsOptions,
  type HubConfig,
  type LocalEventHubs,
} from '../../../local/event-hubs/event-hubs';
import '../../support/unref-long-timers';

export const HOUR_MS = 3_600_000;

export const hub = (name: string, partitionCount: number, more: Partial<HubConfig> = {}): HubConfig => ({
  name,
  partitionCount,
  consumerGroups: ['lake'],
  retentionMs: HOUR_MS,
  ...more,
});

/** A stand-in with one hub, at free ports, and clients that give up soon. */
export async function startHub(config: HubConfig, more: Partial<EventHubsOptions> = {}): Promise<TestHub> {
  const hubs = await startEventHubs({ port: 0, healthPort: null, hubs: [config], ...more });
  return new TestHub(hubs, config.name);
}

/** Without retries a fault is seen; with them it is survived. */
export const noRetries: RetryOptions = { maxRetries: 0, timeoutInMs: 5000 };
export const quickRetries: RetryOptions = {
  maxRetries: 8,
  retryDelayInMs: 50,
  maxRetryDelayInMs: 200,
  timeoutInMs: 5000,
};

/** Closes its clients, then the stand-in. */
export class TestHub implements AsyncDisposable {
  readonly hubs: LocalEventHubs;
  readonly name: string;
  readonly #closing: { close(): Promise<void> }[] = [];

  constructor(hubs: LocalEventHubs, name: string) {
    this.hubs = hubs;
    this.name = name;
  }

  producer(retryOptions = noRetries): EventHubProducerClient {
    return this.#kept(new EventHubProducerClient(this.hubs.connectionString, this.name, { retryOptions }));
  }

  consumer(group = 'lake', retryOptions = quickRetries): EventHubConsumerClient {
    return this.#kept(new EventHubConsumerClient(group, this.hubs.connectionString, this.name, { retryOptions }));
  }

  /** Reads a partition from `startPosition` on. */
  reading(
    partition: string,
    startPosition: EventPosition = earliestEventPosition,
    options: SubscribeOptions = {},
  ): Reading {
    return this.#kept(
      new Reading(this.consumer(), partition, {
        maxBatchSize: 500,
        maxWaitTimeInSeconds: 1,
        startPosition,
        ...options,
      }),
    );
  }

  /** The partition's events from the beginning, once there are `count`. */
  async read(partition: string, count: number, startPosition?: EventPosition): Promise<ReceivedEventData[]> {
    const reading = this.reading(partition, startPosition);
    const events = await reading.atLeast(count);
    await reading.close();
    return events;
  }

  /** Resolves once so many links read the partition. */
  async attached(partition: string, readers = 1): Promise<void> {
    await eventually(() => this.hubs.openLinks({ partition, direction: 'receive' }) >= readers, `${readers} readers`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.#closing.reverse()) await each.close();
    await this.hubs.close();
  }

  #kept<T extends { close(): Promise<void> }>(closing: T): T {
    this.#closing.push(closing);
    return closing;
  }
}

/** A subscription whose events and errors can be waited for. */
export class Reading {
  readonly events: ReceivedEventData[] = [];
  readonly errors: (Error & { readonly code?: string })[] = [];
  #changed: () => void = () => undefined;
  readonly #subscription: { close(): Promise<void> };

  constructor(client: EventHubConsumerClient, partition: string, options: SubscribeOptions) {
    this.#subscription = client.subscribe(
      partition,
      {
        processEvents: (events) => {
          this.events.push(...events);
          this.#changed();
          return Promise.resolve();
        },
        processError: (error) => {
          this.errors.push(error);
          this.#changed();
          return Promise.resolve();
        },
      },
      options,
    );
  }

  /** Resolves once there are `count` events. */
  async atLeast(count: number): Promise<ReceivedEventData[]> {
    await this.until(
      () => this.events.length >= count,
      () => `${count} events; there are ${this.events.length}`,
    );
    return this.events;
  }

  /** Resolves with the first error. */
  async failure(): Promise<Error & { readonly code?: string }> {
    await this.until(
      () => this.errors.length > 0,
      () => 'an error',
    );
    return this.errors[0] as Error;
  }

  close(): Promise<void> {
    return this.#subscription.close();
  }

  async until(isSo: () => boolean, what: () => string, patienceMs = 20_000): Promise<void> {
    const deadline = Date.now() + patienceMs;
    while (!isSo()) {
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`waited for ${what()}: ${this.errors.map(String).join('; ')}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#changed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

/** Looks again and again until `isSo`. */
export async function eventually(isSo: () => boolean, what: string, patienceMs = 20_000): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`waited for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A folder that is gone when the test is over. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'event-hubs-'));
  return { path: folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/** What a promise is rejected with; the SDK gathers errors in one without a message. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { readonly code?: string }> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason as Error,
  );
  if (error === null) throw new Error('nothing was rejected');
  return error instanceof AggregateError ? (error.errors[0] as Error) : error;
}
