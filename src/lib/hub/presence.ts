import type { EventHubConsumerClient } from '@azure/event-hubs' with { 'resolution-mode': 'import' };
import { type EventHubsAccess } from '../config/config';
import { type Namespace, type Presence } from '../maintenance/checkpoints/port';
import { connectHub, namespaceOf, NO_GROUP } from './connect';
import { hubError, type HubPlace } from './error';

/**
 * A refused receiver is first let in and then sent away, so being let in proves nothing for this long. Too short a wait
 * would call a group that is gone present, which costs nothing but a later run.
 */
const LET_IN_MS = 500;

/**
 * Asks the namespace itself, each question over a connection of its own.
 *
 * Of groups `$management` tells nothing: they are asked for by a receiver at the end of a partition. It has no owner level,
 * so it never sends the host's away; being refused because of the host's proves that the group is there.
 *
 * @param timeoutMs a question that is not answered by then is answered `unknown`
 */
export function hubNamespace(access: EventHubsAccess, timeoutMs: number): Namespace {
  const ask = async <Answer>(
    hub: string,
    group: string,
    question: (client: EventHubConsumerClient) => Promise<Answer>,
  ): Promise<Answer | Exclude<Presence, { answer: 'there' }>> => {
    const place: HubPlace = { namespace: namespaceOf(access), hub, timeoutMs };
    // The SDK's complaints about its arguments quote the connection string: they are no one's reason.
    const client = await connectHub(access, hub, timeoutMs, group).catch(() => null);
    if (client === null) return { answer: 'unknown', why: hubError(null, place).message };
    try {
      return await question(client);
    } catch (thrown) {
      return isNotFound(thrown) ? { answer: 'gone' } : { answer: 'unknown', why: hubError(thrown, place).message };
    } finally {
      // Not waited for: a peer that has fallen silent would hold the answer back for a minute.
      client.close().catch(() => undefined);
    }
  };

  return {
    hub: (hub) =>
      ask(hub, NO_GROUP, async (client) => {
        const { partitionIds } = await client.getEventHubProperties({ abortSignal: AbortSignal.timeout(timeoutMs) });
        // No hub has none: whoever says so is not to be believed.
        return partitionIds.length > 0
          ? { answer: 'there', partitions: partitionIds }
          : { answer: 'unknown', why: `hub ${hub} lists no partitions` };
      }),

    group: (hub, group, partition) =>
      ask(hub, group, async (client) => {
        await receiveNothing(client, partition, timeoutMs);
        return { answer: 'there' };
      }),
  };
}

/** Resolves when a receiver is let in, or refused for the sake of others that are; rejects with any other refusal. */
async function receiveNothing(client: EventHubConsumerClient, partition: string, timeoutMs: number): Promise<void> {
  const { latestEventPosition } = await import('@azure/event-hubs');
  await new Promise<void>((resolve, reject) => {
    const late = Object.assign(new Error('no answer'), { name: 'OperationTimeoutError' });
    const timer = setTimeout(() => reject(late), timeoutMs + LET_IN_MS);
    const settle = (act: () => void) => (): Promise<void> => {
      clearTimeout(timer);
      act();
      return Promise.resolve();
    };
    client.subscribe(
      partition,
      {
        processEvents: settle(resolve),
        processError: (error) => settle(() => (isForOthers(error) ? resolve() : reject(error)))(),
      },
      { startPosition: latestEventPosition, maxBatchSize: 1, maxWaitTimeInSeconds: LET_IN_MS / 1000 },
    );
  });
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | null)?.code;

/** The service's own answer; a name that does not resolve has the code ENOTFOUND. */
function isNotFound(thrown: unknown): boolean {
  const errors: readonly unknown[] = thrown instanceof AggregateError ? thrown.errors : [thrown];
  return errors.length > 0 && errors.every((error) => codeOf(error) === 'MessagingEntityNotFoundError');
}

/** Refused for the host's receiver with its owner level. Being refused as one too many is told by a code that others share. */
const isForOthers = (error: unknown): boolean => codeOf(error) === 'ReceiverDisconnectedError';
