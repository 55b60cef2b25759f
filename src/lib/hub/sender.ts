import { crc32 } from 'node:zlib';
import type { EventData, EventDataBatch, EventHubProducerClient } from '@azure/event-hubs' with {
  'resolution-mode': 'import',
};
import { type EventHubsAccess } from '../config/config';
import { credentialFor } from '../credential';
import { PipelineError } from '../errors';
import { namespaceOf } from './connect';
import { sendError } from './error';

/** An event as it goes out. */
export interface OutgoingEvent {
  /** Events of one key go to one partition, in order. */
  readonly key: string;
  readonly body: Buffer;
  /** Application properties. */
  readonly properties: Readonly<Record<string, string>>;
}

/** Sends events to one hub: a batch at a time for each partition, filled to the hub's limit, several ahead of the answers. */
export interface HubSender extends AsyncDisposable {
  /** A body that is smaller fits a batch, whatever its properties (of less than 4 KB). */
  readonly maxBodyBytes: number;
  readonly accepted: { readonly events: number; readonly batches: number; readonly bytes: number };

  /**
   * Undefined when there is room for the next; else a promise to wait for.
   *
   * @throws PipelineError EVENT_HUBS_FAILED what an earlier batch was refused with, for ever
   */
  put(event: OutgoingEvent): Promise<void> | undefined;

  /** Sends what waits; resolves once everything that was put before is accepted. */
  flush(): Promise<void>;
}

/** Batches of one partition that may wait for their answer before whoever puts has to. */
const BATCHES_AHEAD = 2;

/** What properties and the batch's own framing may take. */
const OVERHEAD_BYTES = 8 * 1024;

/** The hub may be throttled for a while; the source waits meanwhile. */
const RETRIES = { maxRetries: 8, retryDelayInMs: 250, maxRetryDelayInMs: 30_000 };

/**
 * Opens a sender. Which partition a key belongs to is decided here, by `crc32(key) mod partitions`, and not by the service: a
 * batch that is sent by partition key holds events of that key alone, so most batches would hold one event.
 *
 * @param tryMs a request that is not answered by then is made again
 * @throws PipelineError EVENT_HUBS_FAILED
 */
export async function openSender(access: EventHubsAccess, hub: string, tryMs: number): Promise<HubSender> {
  const place = { namespace: namespaceOf(access), hub, timeoutMs: tryMs };
  const { EventHubProducerClient, RetryMode } = await import('@azure/event-hubs');
  const options = { retryOptions: { ...RETRIES, mode: RetryMode.Exponential, timeoutInMs: tryMs } };
  const producer: EventHubProducerClient =
    access.kind === 'connectionString'
      ? new EventHubProducerClient(access.connectionString.reveal(), hub, options)
      : new EventHubProducerClient(access.fullyQualifiedNamespace, hub, await credentialFor(access.clientId), options);
  try {
    const ids = await producer.getPartitionIds();
    const { maxSizeInBytes } = await producer.createBatch();
    return new Sender(producer, ids, maxSizeInBytes - OVERHEAD_BYTES, (error) => sendError(error, place));
  } catch (error) {
    await producer.close().catch(() => undefined);
    throw sendError(error, place);
  }
}

class Sender implements HubSender {
  readonly maxBodyBytes: number;
  readonly accepted = { events: 0, batches: 0, bytes: 0 };
  readonly #producer: EventHubProducerClient;
  readonly #lanes: Lane[];
  readonly #ended = new AbortController();
  #failure: PipelineError | null = null;

  constructor(
    producer: EventHubProducerClient,
    partitions: readonly string[],
    maxBodyBytes: number,
    explain: (error: unknown) => PipelineError,
  ) {
    this.#producer = producer;
    this.maxBodyBytes = maxBodyBytes;
    const send = async (batch: EventDataBatch): Promise<void> => {
      // One refused batch ends it all: a later one of the same partition must not overtake it.
      if (this.#failure !== null) throw this.#failure;
      try {
        await producer.sendBatch(batch, { abortSignal: this.#ended.signal });
      } catch (error) {
        this.#failure ??= explain(error);
        throw this.#failure;
      }
      this.accepted.events += batch.count;
      this.accepted.batches += 1;
      this.accepted.bytes += batch.sizeInBytes;
    };
    this.#lanes = partitions.map((id) => new Lane(() => producer.createBatch({ partitionId: id }), send));
  }

  put({ key, body, properties }: OutgoingEvent): Promise<void> | undefined {
    if (this.#failure !== null) throw this.#failure;
    const lane = this.#lanes[crc32(key) % this.#lanes.length] as Lane;
    return lane.put({ body, properties });
  }

  async flush(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.flush()));
  }

  /** Ends what is under way: whether that was accepted is not known. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#producer.close().catch(() => undefined);
  }
}

/** The batches of one partition: one being filled, and those behind each other on their way. */
class Lane {
  readonly #create: () => Promise<EventDataBatch>;
  readonly #send: (batch: EventDataBatch) => Promise<void>;
  #filling: EventDataBatch | null = null;
  #sent: Promise<void> = Promise.resolve();
  readonly #ahead: Promise<void>[] = [];

  constructor(create: () => Promise<EventDataBatch>, send: (batch: EventDataBatch) => Promise<void>) {
    this.#create = create;
    this.#send = send;
  }

  put(event: EventData): Promise<void> | undefined {
    return this.#filling?.tryAdd(event) === true ? undefined : this.#putInNext(event);
  }

  /** Resolves once everything is accepted. */
  flush(): Promise<void> {
    this.#seal();
    return this.#sent;
  }

  async #putInNext(event: EventData): Promise<void> {
    this.#seal();
    while (this.#ahead.length >= BATCHES_AHEAD) await this.#ahead[0];
    const batch = await this.#create();
    if (!batch.tryAdd(event)) {
      throw new PipelineError(
        'EVENT_HUBS_FAILED',
        `an event of ${String((event.body as Buffer).length)} bytes fits no batch`,
      );
    }
    this.#filling = batch;
  }

  #seal(): void {
    const batch = this.#filling;
    if (batch === null) return;
    this.#filling = null;
    const sending = this.#sent.then(() => this.#send(batch));
    this.#sent = sending;
    this.#ahead.push(sending);
    const done = (): void => void this.#ahead.splice(this.#ahead.indexOf(sending), 1);
    // Whoever puts or flushes next is told; until then it must not count as nobody's.
    sending.then(done, done);
  }
}
