import { type Range } from '../../ledger/coverage';
import { type Ledger } from '../../ledger/ledger';
import { type PartitionFiles, type TornRun } from './found';
import { Ranges } from './ranges';

/** One partition's proof: what its ledger says beside what the names of its files say. */
export interface PartitionProof {
  readonly source: Ledger['source'];
  readonly namespace: string;
  readonly hub: string;
  readonly incarnation: number;
  readonly partition: string;
  readonly start: bigint;
  readonly last: bigint;
  /** The latest enqueued time of any event covered, UTC ms. */
  readonly lastEnqueuedAt: number;
  readonly files: number;
  readonly bytes: number;
  readonly events: number;
  readonly quarantined: number;
  /** Files that are committed, and that readers do not see yet. */
  readonly pending: number;
  /** Numbers that Event Hubs has passed over: known, and not in the lake. */
  readonly gaps: readonly Range[];
  /** Numbers that the ledger covers, and that no file names. Worse than a gap: somebody has taken a file away. */
  readonly missing: readonly Range[];
  /** Numbers that files name, and the ledger does not cover: it would let them in again. */
  readonly uncovered: readonly Range[];
  readonly torn: readonly TornRun[];
  /** Numbers that two runs name; for a short time while a day is being optimised. */
  readonly doubled: readonly Range[];
  readonly verdict: Verdict;
}

/** `whole`: proven; `gaps`: all that Event Hubs has handed over is there; `pending`: a run of the function, or of maintenance, is to publish it; `damaged`. */
export type Verdict = 'whole' | 'gaps' | 'pending' | 'damaged';

/**
 * Compares a partition's ledger with its files.
 *
 * @param pending the runs of its files that are committed and still staged
 * @param later the ledger as it was read after the files: it may cover more
 */
export function judgePartition(
  ledger: Ledger,
  files: PartitionFiles,
  pending: readonly Range[],
  later: Ledger = ledger,
): PartitionProof {
  const { start, last, gaps } = ledger;
  const { present, torn, doubled } = files;
  const expected = coveredOf({ start, last, gaps });
  const notThere = expected.flatMap((range) => present.missingOf(range));
  const waiting = new Ranges();
  for (const run of pending) waiting.add(run);
  const missing = notThere.flatMap((range) => waiting.missingOf(range));
  const covered = new Ranges();
  for (const range of coveredOf(later)) covered.add(range);
  const uncovered = present.all.flatMap((range) => covered.missingOf(range));
  // A run of which one file waits to be published is torn only for as long.
  const stillTorn = torn.filter((run) => waiting.missingOf(run).length > 0);
  const isDamaged = missing.length + uncovered.length + stillTorn.length + doubled.length > 0;
  const isPending = notThere.length > missing.length || stillTorn.length < torn.length;
  return {
    ...{ source: ledger.source, namespace: ledger.namespace, hub: ledger.hub },
    ...{ incarnation: ledger.incarnation, partition: ledger.partition, start, last },
    ...{ lastEnqueuedAt: ledger.lastEnqueuedAt, files: files.files, bytes: files.bytes },
    ...{ events: files.events, quarantined: files.quarantined, pending: pending.length },
    gaps: gaps.map(({ first, last: end }) => ({ first, last: end })),
    ...{ missing, uncovered, torn: stillTorn, doubled },
    verdict: isDamaged ? 'damaged' : isPending ? 'pending' : gaps.length > 0 ? 'gaps' : 'whole',
  };
}

/** What a ledger covers: from its start to its last number, less the open gaps. */
function coveredOf({ start, last, gaps }: Pick<Ledger, 'start' | 'last' | 'gaps'>): Range[] {
  const covered: Range[] = [];
  let next = start;
  for (const gap of gaps) {
    if (gap.first > next) covered.push({ first: next, last: gap.first - 1n });
    next = gap.last + 1n;
  }
  if (next <= last) covered.push({ first: next, last });
  return covered;
}
