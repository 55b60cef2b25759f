import type { EventHubProducerClient } from '@azure/event-hubs' with { 'resolution-mode': 'import' };
import { type EventHubsAccess } from '../config/config';
import { credentialFor } from '../credential';
import { PipelineError } from '../errors';
import { type AddressedEvent, type EventSender } from '../maintenance/quarantine/port';
import { namespaceOf } from './connect';
import { sendError, type HubPlace } from './error';

/** What properties, key and the batch's own framing may take. */
const OVERHEAD_BYTES = 16 * 1024;

/**
 * Opens a sender of single events, each to a place of its own. (`openSender` fills batches, and chooses partitions itself.) The link
 * to the hub is made at once, so that whoever may not send is told before anything was.
 *
 * @param tryMs a request that is not answered by then fails
 * @throws PipelineError EVENT_HUBS_FAILED
 */
export async function openEventSender(access: EventHubsAccess, hub: string, tryMs: number): Promise<EventSender> {
  const place = { namespace: namespaceOf(access), hub, timeoutMs: tryMs };
  const { EventHubProducerClient } = await import('@azure/event-hubs');
  // The SDK's retries would send an event twice whose acknowledgement was lost.
  const options = { retryOptions: { maxRetries: 0, timeoutInMs: tryMs } };
  const producer =
    access.kind === 'connectionString'
      ? new EventHubProducerClient(access.connectionString.reveal(), hub, options)
      : new EventHubProducerClient(access.fullyQualifiedNamespace, hub, await credentialFor(access.clientId), options);
  try {
    const { maxSizeInBytes } = await producer.createBatch();
    return senderOver(producer, maxSizeInBytes - OVERHEAD_BYTES, place);
  } catch (error) {
    await producer.close().catch(() => undefined);
    throw sendError(error, place);
  }
}

function senderOver(producer: EventHubProducerClient, maxBodyBytes: number, place: HubPlace): EventSender {
  return {
    maxBodyBytes,
    async send({ partition, partitionKey, body, properties }: AddressedEvent) {
      const to = partitionKey === null ? { partitionId: partition } : { partitionKey };
      const batch = await producer.createBatch(to).catch((error: unknown) => {
        throw unsent(error, place);
      });
      if (!batch.tryAdd({ body, properties })) {
        throw new PipelineError(
          'EVENT_HUBS_FAILED',
          `Event Hubs namespace ${place.namespace}, hub ${place.hub}: an event of ${body.length} bytes and its properties fits no batch.`,
        );
      }
      try {
        await producer.sendBatch(batch);
      } catch (error) {
        throw isRefusal(error) ? unsent(error, place) : sendError(error, place);
      }
    },
    [Symbol.asyncDispose]: () => producer.close().catch(() => undefined),
  };
}

/** A hub that is busy has said so instead of taking the event. */
function isRefusal(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'ServerBusyError';
}

/** The hub has nothing of the event, whatever went wrong. */
function unsent(error: unknown, place: HubPlace): PipelineError {
  const { message } = sendError(error, place);
  return new PipelineError('EVENT_HUBS_FAILED', message.replace(/^EVENT_HUBS_FAILED: /, ''), { cause: error });
}
