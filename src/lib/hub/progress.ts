import { type EventHubsAccess } from '../config/config';
import { connectHub, namespaceOf } from './connect';
import { hubError } from './error';

/** How far a hub is. Times in UTC ms. */
export interface HubProgress {
  readonly createdAt: number;
  readonly partitions: readonly PartitionProgress[];
}

/** How far a partition of a hub is. */
export interface PartitionProgress {
  readonly partition: string;
  /** The last event's sequence number; null where there never was one. */
  readonly last: bigint | null;
  /** When the last event was accepted, UTC ms; null where there never was one. */
  readonly lastEnqueuedAt: number | null;
  /** The oldest event that is still kept; null where none is. */
  readonly begin: bigint | null;
  /** Nothing is kept there: never was, or no longer is. */
  readonly isEmpty: boolean;
}

/**
 * Asks a hub when it was made and how far each partition is.
 *
 * @param timeoutMs each question has so long
 * @throws PipelineError EVENT_HUBS_FAILED
 */
export async function hubProgress(access: EventHubsAccess, hub: string, timeoutMs: number): Promise<HubProgress> {
  const place = { namespace: namespaceOf(access), hub, timeoutMs };
  const client = await connectHub(access, hub, timeoutMs).catch(() => Promise.reject(hubError(null, place)));
  try {
    const { createdOn, partitionIds } = await client.getEventHubProperties({
      abortSignal: AbortSignal.timeout(timeoutMs),
    });
    const partitions = await Promise.all(
      partitionIds.map(async (partition): Promise<PartitionProgress> => {
        const abortSignal = AbortSignal.timeout(timeoutMs);
        const facts = await client.getPartitionProperties(partition, { abortSignal });
        const last = facts.lastEnqueuedSequenceNumber;
        return last < 0
          ? { partition, last: null, lastEnqueuedAt: null, begin: null, isEmpty: true }
          : {
              ...{ partition, last: BigInt(last), lastEnqueuedAt: facts.lastEnqueuedOnUtc.getTime() },
              begin: facts.isEmpty ? null : BigInt(facts.beginningSequenceNumber),
              isEmpty: facts.isEmpty,
            };
      }),
    );
    return { createdAt: createdOn.getTime(), partitions };
  } catch (thrown) {
    throw hubError(thrown, place);
  } finally {
    client.close().catch(() => undefined);
  }
}
