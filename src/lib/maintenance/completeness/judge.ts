import { type ClosedGap } from '../../ledger/closed-gaps';
import { coveredRanges } from '../../ledger/coverage';
import { type Ledger } from '../../ledger/ledger';
import { type DoubledRange, type PartitionFiles, type TornRun } from './found';
import { type Around, minus, type Range, Ranges, split } from '../../ranges';

/** One partition's proof: what its ledger says beside what the names of its files say. */
export interface PartitionProof {
  readonly source: Ledger['source'];
  readonly namespace: string;
  readonly hub: string;
  readonly incarnation: number;
  readonly partition: string;
  /** The hub is known to have been made anew since: what comes now is of the next incarnation. */
  readonly isSucceeded: boolean;
  readonly start: bigint;
  readonly last: bigint;
  /** The latest enqueued time of any event covered, UTC ms. */
  readonly lastEnqueuedAt: number;
  /** When the first run that is there begins, UTC ms; null where none is. */
  readonly firstRunAt: number | null;
  /** When the run begins in which `last` is, or one that follows it without a hole, UTC ms; null where `last` is in no file. */
  readonly lastRunAt: number | null;
  readonly files: number;
  readonly bytes: number;
  readonly events: number;
  readonly quarantined: number;
  /** Files that are committed, and that readers do not see yet. */
  readonly pending: number;
  /** Numbers that Event Hubs has passed over: known, and not in the lake. */
  readonly gaps: readonly Range[];
  /** Gaps that were closed because the hub no longer keeps their events: told when they were closed, and never to come. */
  readonly lost: readonly Range[];
  /** Gaps that were closed because the hub has no such numbers: nothing is missing there. */
  readonly absent: readonly Range[];
  /** Numbers that the ledger covers, and that no file names. Worse than a gap: somebody has taken a file away. */
  readonly missing: readonly Range[];
  /** Numbers that files name, and the ledger does not cover: it would let them in again. */
  readonly uncovered: readonly Range[];
  readonly torn: readonly TornRun[];
  /** Numbers that two runs name. */
  readonly doubled: readonly DoubledRange[];
  /** Those that an optimise plan is merging: seen twice for a short time, or until the next run finishes a dead one's plan. */
  readonly merging: readonly DoubledRange[];
  /** Every number from `start` to `last` that readers cannot see though there is, or was, an event: where it would be. */
  readonly holes: readonly Hole[];
  readonly days: PartitionFiles['days'];
  readonly verdict: Verdict;
}

/** Numbers that readers cannot see, and the runs beside them: their events lie between the two in time. */
export interface Hole extends Range, Around {
  readonly why: 'gap' | 'missing' | 'torn' | 'pending' | 'lost';
}

/**
 * `whole`: proven; `merging`: so it is, and some of it is seen twice meanwhile; `lost`: but for gaps that were closed as lost;
 * `gaps`: all that Event Hubs has handed over is there; `pending`: a run of the function, or of maintenance, is to publish it; `damaged`.
 */
export type Verdict = 'whole' | 'merging' | 'lost' | 'gaps' | 'pending' | 'damaged';

export interface Evidence {
  /** As it was read before the files. */
  readonly ledger: Ledger;
  readonly files: PartitionFiles;
  /** The runs of its files that are committed and still staged. */
  readonly pending: readonly Range[];
  /** The ledger as it was read after the files: it may cover more. */
  readonly later: Ledger;
  /** As they were read after the ledger: a gap is noted as closed before the ledger forgets it. */
  readonly closed: readonly ClosedGap[];
  /** What optimise plans are merging, as they were read after the files. */
  readonly planned: Ranges;
}

/** Compares a partition's ledger with its files. */
export function judgePartition({ ledger, files, pending, later, closed, planned }: Evidence): PartitionProof {
  const { start, last } = ledger;
  const { present } = files;
  const isPlanned = (range: Range): boolean => planned.missingOf(range).length === 0;
  const merging = files.doubled.filter(isPlanned);
  const doubled = files.doubled.filter((range) => !isPlanned(range));
  const gaps = ledger.gaps.map(({ first, last: end }) => ({ first, last: end }));
  const closedAs = (wanted: ClosedGap['outcome']): ClosedGap[] => closed.filter(({ outcome }) => outcome === wanted);
  const waiting = Ranges.of(pending);
  // A run of which one file waits to be published is torn only for as long.
  const torn = files.torn.filter((run) => waiting.missingOf(run).length > 0);

  const notThere = minus(coveredRanges(ledger), present);
  const [staged, notStaged] = split(notThere, waiting);
  const [lost, notLost] = split(notStaged, closedAs('expired'));
  const [absent, notAbsent] = split(notLost, closedAs('absent'));
  const [inTorn, missing] = split(notAbsent, torn);
  const uncovered = minus(present.all, coveredRanges(later));

  const holes = (ranges: readonly Range[], why: Hole['why']): Hole[] =>
    ranges.map((range) => ({ ...range, ...present.around(range), why }));
  const isDamaged = missing.length + uncovered.length + torn.length + doubled.length > 0;
  const isPending = staged.length > 0 || torn.length < files.torn.length;
  return {
    ...{ source: ledger.source, namespace: ledger.namespace, hub: ledger.hub },
    ...{ incarnation: ledger.incarnation, partition: ledger.partition, isSucceeded: ledger.successor !== null },
    ...{ start, last, lastEnqueuedAt: ledger.lastEnqueuedAt, lastRunAt: present.endingAt(last) },
    firstRunAt: present.all[0]?.firstAt ?? null,
    ...{ files: files.files, bytes: files.bytes },
    ...{ events: files.events, quarantined: files.quarantined, pending: pending.length },
    ...{ gaps, lost, absent, missing, uncovered, torn, doubled, merging, days: files.days },
    holes: [
      ...[...holes(gaps, 'gap'), ...holes(missing, 'missing'), ...holes(inTorn, 'torn')],
      ...[...holes(staged, 'pending'), ...holes(lost, 'lost')],
    ],
    verdict: isDamaged
      ? 'damaged'
      : isPending
        ? 'pending'
        : gaps.length > 0
          ? 'gaps'
          : lost.length > 0
            ? 'lost'
            : merging.length > 0
              ? 'merging'
              : 'whole',
  };
}

/** `changes/3`, as messages name a partition; incarnations after the first are told. */
export const placeOf = ({
  hub,
  partition,
  incarnation,
}: Pick<PartitionProof, 'hub' | 'partition' | 'incarnation'>): string =>
  `${hub}/${partition}${incarnation === 1 ? '' : `, incarnation ${incarnation}`}`;
