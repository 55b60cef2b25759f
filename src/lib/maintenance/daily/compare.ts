import { type Source } from '../../decode/event';
import { PipelineError } from '../../errors';
import { holds } from '../../ledger/other-name';
import { forEachOf } from '../../parallel';
import { type HubSight } from '../completeness/frontier';
import { placeOf, type PartitionProof } from '../completeness/judge';
import { type SourceProof } from '../completeness/prove';
import { type DailyRoom } from './room';

/** Partitions compared at once. */
const AT_ONCE = 4;

/**
 * Compares one event of each partition with the lake: the last one that both have. After a failover a hub may use numbers again that the lake
 * covers, and no count tells that; its event of such a number is another one than the lake's.
 *
 * @param failures gets why a partition could not be compared
 * @returns what is wrong, in words
 */
export async function otherEvents(
  room: DailyRoom,
  source: Source,
  { partitions }: SourceProof,
  sight: HubSight,
  failures: string[],
): Promise<string[]> {
  const { lake, hubs, readEvent } = room;
  const { namespace, hub } = hubs[source];
  const current = partitions.filter(
    (proof) => proof.namespace === namespace && proof.hub === hub && !proof.isSucceeded,
  );
  const others: string[] = [];
  if (readEvent === undefined) return others;
  await forEachOf(current, AT_ONCE, async (proof) => {
    const sequence = comparable(proof, sight);
    if (sequence === null) return;
    try {
      const event = await readEvent(source, proof.partition, sequence);
      if (event === null) return;
      // A file may just be merged into another one: looked for twice.
      if ((await holds(lake, proof, event)) || (await holds(lake, proof, event))) return;
      others.push(
        `${placeOf(proof)}: the hub's event ${sequence}, of ${new Date(event.enqueuedAt).toISOString()}, is another one than the lake's: ` +
          `numbers were used again, and events may be missing; docs/deploy.md, "A failover"`,
      );
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error;
      failures.push(error.message);
    }
  });
  return others;
}

/** The last number that both have; null where there is none, or where the lake's is known not to be there. */
function comparable(proof: PartitionProof, { partitions, createdAt }: HubSight): bigint | null {
  const seen = partitions.find(({ partition }) => partition === proof.partition);
  if (seen === undefined || seen.last === null || seen.begin === null) return null;
  // A hub that was made anew since is told as such.
  if (createdAt > proof.lastEnqueuedAt) return null;
  const sequence = seen.last < proof.last ? seen.last : proof.last;
  const isThere = sequence >= seen.begin && sequence >= proof.start;
  return isThere && !proof.holes.some(({ first, last }) => first <= sequence && sequence <= last) ? sequence : null;
}
