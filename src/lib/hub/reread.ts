import type { EventHubConsumerClient, ReceivedEventData } from '@azure/event-hubs' with { 'resolution-mode': 'import' };
import { type EventHubsAccess } from '../config/config';
import { type HubEvent } from '../decode/event';
import { sequenceNumber } from '../decode/system-properties';
import { PipelineError } from '../errors';
import { type HubReader, type PartitionFacts, type ReadRange } from '../maintenance/repair/port';
import { connectHub, namespaceOf } from './connect';
import { hubError, type HubPlace } from './error';
import { Handover } from './handover';
import { hubEventOf } from './received';

export interface RereadOptions extends ReadRange {
  /** A consumer group that nobody else reads through: the host's reader, with its owner level, would send this one away. */
  readonly group: string;
  /** Each answer has so long; for so long nothing may come, too. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Events of a batch, and again that the SDK may fetch ahead: an event has up to 1 MB, and four batches are in memory at most. */
const MAX_BATCH = 32;

/** The SDK tells after so long that nothing came. */
const WAIT_MS = 2_000;

/** For so long the end of a reader is waited for, so that the next one of the partition is not one too many. */
const CLOSE_MS = 2_000;

/**
 * Reads a stretch of a partition again; {@link HubReader} says what it yields and when it ends. Without an owner level, so that it
 * disturbs nobody. Whoever consumes it slowly slows it down.
 *
 * @throws PipelineError EVENT_HUBS_FAILED; what `signal` was aborted with
 */
export async function* reread(access: EventHubsAccess, options: RereadOptions): AsyncGenerator<readonly HubEvent[]> {
  const { hub, group, partition, from, to, timeoutMs, signal } = options;
  const place = { namespace: namespaceOf(access), hub, timeoutMs };
  const failed = (thrown: unknown): PipelineError => readError(thrown, place, group);
  const client = await connectHub(access, hub, timeoutMs, group).catch(() => Promise.reject(hubError(null, place)));
  const handover = new Handover<readonly ReceivedEventData[]>();
  try {
    const { begin, last } = await progressOf(client, place, partition);
    const end = to < last ? to : last;
    if (end < (from < begin ? begin : from)) return;
    subscribe(client, partition, from, handover);
    let silentMs = 0;
    for (;;) {
      const received = await handover
        .take(WAIT_MS + timeoutMs, () => failed(LATE), signal)
        .catch((thrown: unknown) => {
          throw signal.aborted || thrown instanceof PipelineError ? thrown : failed(thrown);
        });
      const events = received.map(hubEventOf).filter(({ sequence }) => sequence >= from && sequence <= to);
      if (events.length > 0) yield events;
      const reached = received.at(-1);
      if (reached !== undefined && BigInt(reached.sequenceNumber) >= end) return;
      silentMs = received.length > 0 ? 0 : silentMs + WAIT_MS;
      // Nothing came, though something was there: it has expired meanwhile, or the hub does not answer.
      if (received.length === 0 && (await progressOf(client, place, partition)).begin > end) return;
      if (silentMs >= timeoutMs) throw failed(LATE);
    }
  } finally {
    handover.close();
    await inTime(client.close());
  }
}

/** Asks and reads one namespace, each time over a connection of its own. */
export function hubReader(access: EventHubsAccess, group: string, timeoutMs: number): HubReader {
  return {
    async facts(hub, partition) {
      const place = { namespace: namespaceOf(access), hub, timeoutMs };
      // The SDK's complaints about its arguments quote the connection string: they are no one's cause.
      const client = await connectHub(access, hub, timeoutMs).catch(() => Promise.reject(hubError(null, place)));
      try {
        const abortSignal = AbortSignal.timeout(timeoutMs);
        const { createdOn } = await client.getEventHubProperties({ abortSignal }).catch((thrown: unknown) => {
          throw hubError(thrown, place);
        });
        return { createdAt: createdOn.getTime(), ...(await progressOf(client, place, partition)) };
      } finally {
        // Not waited for: a peer that has fallen silent would hold the answer back for a minute.
        client.close().catch(() => undefined);
      }
    },
    read: (range, signal) => reread(access, { ...range, group, timeoutMs, signal }),
  };
}

async function progressOf(
  client: EventHubConsumerClient,
  place: HubPlace,
  partition: string,
): Promise<Pick<PartitionFacts, 'begin' | 'last'>> {
  const abortSignal = AbortSignal.timeout(place.timeoutMs);
  const told = await client.getPartitionProperties(partition, { abortSignal }).catch((thrown: unknown) => {
    throw hubError(thrown, place);
  });
  const last = told.lastEnqueuedSequenceNumber === -1 ? -1n : exact(told.lastEnqueuedSequenceNumber, place);
  return { begin: told.isEmpty ? last + 1n : exact(told.beginningSequenceNumber, place), last };
}

function exact(value: unknown, { namespace, hub }: HubPlace): bigint {
  const sequence = sequenceNumber(value);
  if (sequence !== null) return sequence;
  const found = 'a sequence number that is not exact in this SDK: beyond 2^53';
  throw new PipelineError('EVENT_HUBS_FAILED', `Event Hubs namespace ${namespace}, hub ${hub}: found ${found}.`);
}

function subscribe(
  client: EventHubConsumerClient,
  partition: string,
  from: bigint,
  handover: Handover<readonly ReceivedEventData[]>,
): void {
  client.subscribe(
    partition,
    {
      processEvents: (events) => handover.offer(events),
      processError: (error) => Promise.resolve(handover.fail(error)),
    },
    {
      startPosition: { sequenceNumber: Number(from), isInclusive: true },
      maxBatchSize: MAX_BATCH,
      prefetchCount: MAX_BATCH,
      maxWaitTimeInSeconds: WAIT_MS / 1000,
      skipParsingBodyAsJson: true,
    },
  );
}

const LATE = Object.assign(new Error('no answer'), { name: 'OperationTimeoutError' });

/** The hub has been asked before, so what is not found is the group. */
function readError(thrown: unknown, place: HubPlace, group: string): PipelineError {
  const { message, retryable } = hubError(thrown, place);
  const told = message
    .replace('EVENT_HUBS_FAILED: ', '')
    .replace('no such hub', `no consumer group ${group}`)
    .replace("expected the hub's properties", `expected to read events through the consumer group ${group}`)
    .replace(/Make it, or correct .*/, 'Make it, or correct EVENTHUB_REPAIR_CONSUMER_GROUP.');
  return new PipelineError('EVENT_HUBS_FAILED', told, { retryable, cause: thrown });
}

/** A peer that has fallen silent would hold the end back for a minute. */
async function inTime(closing: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_MS)));
  await Promise.race([closing.catch(() => undefined), patience]).finally(() => clearTimeout(timer));
}
