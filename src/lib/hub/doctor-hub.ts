import type { EventHubConsumerClient, EventHubProducerClient } from '@azure/event-hubs' with {
  'resolution-mode': 'import',
};
import { type EventHubsAccess } from '../config/config';
import { credentialFor } from '../credential';
import { type Answer, type HubProbe } from '../doctor/port';
import { connectHub, namespaceOf } from './connect';

/** A reader that has got nothing by then is told so by the SDK: the partition holds nothing. */
const NOTHING_AFTER_SECONDS = 3;

/**
 * The doctor's view of the namespace. Each question goes over a connection of its own, and is asked once.
 *
 * @param timeoutMs for the SDK, which would wait a minute
 */
export function openHubProbe(access: EventHubsAccess, timeoutMs: number): HubProbe {
  return {
    namespace: namespaceOf(access),
    byIdentity: access.kind === 'identity',

    describe: (hub, abortSignal) =>
      asking(
        () => connectHub(access, hub, timeoutMs),
        async (client) => {
          const { createdOn, partitionIds } = await client.getEventHubProperties({ abortSignal });
          const partitions = await Promise.all(
            partitionIds.map(async (partition) => {
              const told = await client.getPartitionProperties(partition, { abortSignal });
              const last = told.lastEnqueuedSequenceNumber;
              return {
                partition,
                first: BigInt(told.beginningSequenceNumber),
                last: last < 0 ? null : BigInt(last),
                isEmpty: told.isEmpty,
              };
            }),
          );
          return { createdAt: createdOn.getTime(), partitions };
        },
      ),

    oldestAt: (hub, group, partition, signal) =>
      asking(
        () => connectHub(access, hub, timeoutMs, group),
        (client) => oldestOf(client, partition, signal),
      ),

    openSender: (hub, abortSignal) =>
      asking(
        () => connectSender(access, hub, timeoutMs),
        // The limit of a batch is told when the link is attached, which takes the right to send.
        async (client) => {
          await client.createBatch({ abortSignal });
          return null;
        },
      ),
  };
}

async function connectSender(access: EventHubsAccess, hub: string, timeoutMs: number): Promise<EventHubProducerClient> {
  const { EventHubProducerClient } = await import('@azure/event-hubs');
  const options = { retryOptions: { maxRetries: 0, timeoutInMs: timeoutMs } };
  if (access.kind === 'connectionString') {
    return new EventHubProducerClient(access.connectionString.reveal(), hub, options);
  }
  const credential = await credentialFor(access.clientId);
  return new EventHubProducerClient(access.fullyQualifiedNamespace, hub, credential, options);
}

async function oldestOf(
  client: EventHubConsumerClient,
  partition: string,
  signal: AbortSignal,
): Promise<number | null> {
  const { earliestEventPosition } = await import('@azure/event-hubs');
  return new Promise((resolve, reject) => {
    signal.addEventListener(
      'abort',
      () => reject(Object.assign(new Error('late'), { code: 'OperationTimeoutError' })),
      {
        once: true,
      },
    );
    client.subscribe(
      partition,
      {
        processEvents: ([event]) => Promise.resolve(resolve(event?.enqueuedTimeUtc.getTime() ?? null)),
        processError: (error) => Promise.resolve(reject(error)),
      },
      {
        startPosition: earliestEventPosition,
        ...{ maxBatchSize: 1, prefetchCount: 1, maxWaitTimeInSeconds: NOTHING_AFTER_SECONDS },
      },
    );
  });
}

/** What is thrown is told by its code alone: the SDK's messages about its arguments quote the connection string. */
async function asking<Client extends { close(): Promise<void> }, T>(
  connect: () => Promise<Client>,
  ask: (client: Client) => Promise<T>,
): Promise<Answer<T>> {
  let client: Client | null = null;
  try {
    client = await connect();
    return { value: await ask(client) };
  } catch (thrown) {
    return { refusal: { status: null, code: codeOf(thrown) } };
  } finally {
    // Not waited for: a peer that has fallen silent would hold the answer back for a minute.
    client?.close().catch(() => undefined);
  }
}

/** After several tries the SDK throws an AggregateError without a code of its own. */
function codeOf(thrown: unknown): string {
  const last: unknown = thrown instanceof AggregateError ? thrown.errors.at(-1) : thrown;
  const { code, name } = (last ?? {}) as { readonly code?: unknown; readonly name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'an unknown failure';
}
