import { type EventHubsAccess } from '../config/config';
import { hubError } from './error';
import { connectHub, namespaceOf } from './connect';

/** How far a partition of a hub is. */
export interface PartitionProgress {
  readonly partition: string;
  /** The last event's sequence number; null where there never was one. */
  readonly last: bigint | null;
}

/**
 * Asks a hub how far each partition is.
 *
 * @param timeoutMs each question has so long
 * @throws PipelineError EVENT_HUBS_FAILED
 */
export async function hubProgress(
  access: EventHubsAccess,
  hub: string,
  timeoutMs: number,
): Promise<readonly PartitionProgress[]> {
  const place = { namespace: namespaceOf(access), hub, timeoutMs };
  const client = await connectHub(access, hub, timeoutMs).catch(() => Promise.reject(hubError(null, place)));
  try {
    const ids = await client.getPartitionIds({ abortSignal: AbortSignal.timeout(timeoutMs) });
    return await Promise.all(
      ids.map(async (partition) => {
        const abortSignal = AbortSignal.timeout(timeoutMs);
        const { lastEnqueuedSequenceNumber: last } = await client.getPartitionProperties(partition, { abortSignal });
        return { partition, last: last < 0 ? null : BigInt(last) };
      }),
    );
  } catch (thrown) {
    throw hubError(thrown, place);
  } finally {
    client.close().catch(() => undefined);
  }
}
