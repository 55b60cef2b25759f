import { type HubProgress } from '../../hub/progress';
import { placeOf, type Hole, type PartitionProof } from './judge';

/** A hub as it was when it was asked: before the ledgers were read. */
export interface HubSight extends HubProgress {
  /** Just before asking, by the storage service's clock, UTC ms. */
  readonly askedAt: number;
}

/** Up to when a source is complete. */
export interface Through {
  /** Every event that its hub accepted before, UTC ms, is in the lake, but for numbers that are told as lost; null: not known. */
  readonly at: number | null;
  /** What holds it back, or hides it; none where all of the hub is in the lake. */
  readonly why: readonly string[];
}

/** The storage service's clock may be so far ahead of the hub's. */
const CLOCK_ALLOWANCE_MS = 60_000;

/** The hub may round the time that it tells of its last event. */
const ROUNDING_MS = 1_000;

/**
 * Numbers ascend with time within a hub: so what lies before the first hole was accepted before it, and where there is none, nothing that
 * was accepted before the hub was asked is missing if its last number by then is covered. To be asked before the ledgers are read: then
 * a busy partition has a chance to be found level, and a hub that is made anew in between cannot be taken for the one covered.
 *
 * @param of the hub that feeds the source now. Of others, and of former incarnations, only holes count: what they still held when they
 *   were left or deleted is not known
 * @param sight null where the hub could not be asked: then nothing is known of what came after the last event covered
 */
export function completeThrough(
  of: Pick<PartitionProof, 'namespace' | 'hub'>,
  partitions: readonly PartitionProof[],
  sight: HubSight | null,
): Through {
  const current = new Map<string, PartitionProof>();
  for (const proof of partitions) {
    if (proof.namespace !== of.namespace || proof.hub !== of.hub) continue;
    const there = current.get(proof.partition);
    if (there === undefined || there.incarnation < proof.incarnation) current.set(proof.partition, proof);
  }
  // It may have a partition of which no ledger tells: what is covered of the others promises nothing.
  const ends =
    sight === null
      ? [{ at: null, why: `${of.hub}: it could not be asked` }]
      : sight.partitions.map((seen) => endOf(of.hub, current.get(seen.partition) ?? null, seen, sight));
  const fronts = [...ends, ...partitions.flatMap(firstHole)];
  if (fronts.length === 0) return { at: null, why: [`${of.hub}: it could not be asked, and has no ledger`] };
  const unknown = fronts.filter(({ at }) => at === null);
  if (unknown.length > 0) return { at: null, why: whysOf(unknown) };
  const at = fronts.reduce((least, front) => Math.min(least, front.at ?? least), Infinity);
  return { at, why: whysOf(fronts.filter((front) => front.at === at)) };
}

interface Front {
  readonly at: number | null;
  readonly why: string | null;
}

const whysOf = (fronts: readonly Front[]): string[] => fronts.flatMap(({ why }) => why ?? []);

/**
 * All events that come after the last one covered were accepted after its run began. The ledger's own time may be later than that of its
 * last number: where it was rebuilt, or gave numbers back that had lost their files.
 */
const coveredEnd = (proof: PartitionProof, why: string): Front => ({
  at: proof.lastRunAt === null ? null : Math.min(proof.lastRunAt, proof.lastEnqueuedAt),
  why: `${placeOf(proof)}: ${why}`,
});

/** Up to when a partition of the hub is covered, were there no holes. */
function endOf(
  hub: string,
  proof: PartitionProof | null,
  { partition, last, lastEnqueuedAt, begin, isEmpty }: HubSight['partitions'][number],
  { askedAt, createdAt }: HubSight,
): Front {
  const level: Front = { at: askedAt - CLOCK_ALLOWANCE_MS, why: null };
  if (last === null) return level;
  // What has expired before this lake knew of the partition is none of its.
  if (proof === null) return isEmpty ? level : { at: null, why: `${hub}/${partition}: it has events, and no ledger` };
  if (proof.isSucceeded || createdAt > proof.lastEnqueuedAt) {
    return coveredEnd(proof, 'its hub was made anew, and has events that are not in the lake');
  }
  // No event is older than its hub: two hubs' are in this incarnation. What the newer one has under the older one's numbers was dropped.
  if (proof.firstRunAt !== null && createdAt > proof.firstRunAt + CLOCK_ALLOWANCE_MS) {
    const why = 'its hub was made anew, and has events under the former one\'s incarnation: docs/deploy.md, "A hub"';
    return { at: createdAt, why: `${placeOf(proof)}: ${why}` };
  }
  if (begin !== null && begin < proof.start) {
    const why = `its hub still has ${proof.start - begin} events from before the first one in the lake`;
    return { at: null, why: `${placeOf(proof)}: ${why}: npm run lake -- repair` };
  }
  if (last > proof.last) return coveredEnd(proof, `its hub has ${last - proof.last} more events`);
  // The numbers of a namespace that was restored may begin anew in a hub that is old.
  if (lastEnqueuedAt !== null && lastEnqueuedAt > proof.lastEnqueuedAt + ROUNDING_MS) {
    return coveredEnd(proof, 'its hub has a later event under a number that is covered');
  }
  return level;
}

const WORDS: Readonly<Record<Exclude<Hole['why'], 'lost'>, string>> = {
  gap: 'a gap',
  missing: 'in no file',
  torn: 'in files that do not add up',
  pending: 'committed, and not published yet',
};

/** The first of a partition's numbers that readers cannot see. */
function firstHole(proof: PartitionProof): Front[] {
  let least: Hole | null = null;
  for (const hole of proof.holes) if (hole.why !== 'lost' && (least === null || hole.first < least.first)) least = hole;
  if (least === null || least.why === 'lost') return [];
  return [{ at: least.before, why: `${placeOf(proof)}: ${least.first}-${least.last} are ${WORDS[least.why]}` }];
}
