import { type Source } from '../../decode/event';
import { type OldCheckpoint } from '../checkpoints/old';
import { type DayFigures } from '../completeness/days';
import { faultsOf, strangerText } from '../completeness/faults';
import { type Through } from '../completeness/frontier';
import { type SourceProof } from '../completeness/prove';
import { isWhole } from './marker';
import { type Marked } from './markers';
import { type RepairSummary } from './room';
import { countOf } from '../../ranges';

/** What the daily run found and did. */
export interface DailyReport {
  /** UTC ms. */
  readonly startedAt: number;
  readonly dryRun: boolean;
  readonly sources: readonly SourceReport[];
  readonly ok: boolean;
}

/** Counts are numbers, each of one event, unless the name says otherwise. */
export interface SourceReport {
  readonly source: Source;
  readonly hub: string;
  /** UTC ms; null: not known. */
  readonly completeThrough: number | null;
  /** What holds it back. */
  readonly why: readonly string[];
  /** It lags behind by more than it may. */
  readonly isLate: boolean;
  readonly daysMarked: readonly string[];
  readonly daysNoLongerWhole: readonly string[];
  readonly daysLeft: Marked['left'];
  /** Null where the source could not be proved. */
  readonly totals: Totals | null;
  readonly filled: number;
  readonly newlyLost: number;
  readonly oldCheckpoints: readonly OldCheckpoint[];
  /** What is wrong, in words: the first few. */
  readonly faults: readonly string[];
  /** What could not be done, and why. */
  readonly failures: readonly string[];
  readonly isOutOfTime: boolean;
  /** The latest days, today last. */
  readonly recent: readonly RecentDay[];
  /** All that the hub has handed over is in the lake, or was told as lost before, and nothing hides that it is not. */
  readonly ok: boolean;
}

export interface Totals {
  readonly events: number;
  readonly quarantined: number;
  readonly files: number;
  readonly gaps: number;
  readonly missing: number;
  readonly torn: number;
  readonly doubled: number;
  readonly uncovered: number;
  readonly lost: number;
  readonly absent: number;
  /** Files. */
  readonly pending: number;
  /** Files. */
  readonly strangers: number;
}

export interface RecentDay {
  readonly day: number;
  readonly events: number;
  readonly quarantined: number;
  readonly missing: number;
  readonly lost: number;
  /** `open`: events of the day may still be on their way. */
  readonly state: 'complete' | 'incomplete' | 'open';
}

/** What was gathered on the way. */
export interface Gathered {
  readonly source: Source;
  readonly hub: string;
  readonly proof: SourceProof | null;
  readonly through: Through;
  readonly isLate: boolean;
  readonly marked: Marked;
  readonly repaired: RepairSummary | null;
  readonly oldCheckpoints: readonly OldCheckpoint[];
  readonly failures: readonly string[];
  readonly isOutOfTime: boolean;
  readonly recent: readonly RecentDay[];
  /** It has a ledger, or its hub is there: one that is not in use has nothing to be complete. */
  readonly isInUse: boolean;
  /** What the last run told as lost; null where none did. */
  readonly lostBefore: number | null;
}

const FAULTS_TOLD = 20;

export function reportOf(gathered: Gathered): SourceReport {
  const { proof, through, marked, repaired, oldCheckpoints, failures, isLate } = gathered;
  const totals = proof === null ? null : totalsOf(proof);
  const sinceTold = totals === null || gathered.lostBefore === null ? 0 : totals.lost - gathered.lostBefore;
  const newlyLost = Math.max(repaired?.newlyLost ?? 0, sinceTold);
  const faults = [
    ...(proof?.partitions ?? []).flatMap((one) => faultsOf(one)),
    ...(proof?.strangers.paths ?? []).map(strangerText),
  ];
  const hasFault = faults.length + failures.length + oldCheckpoints.length + marked.noLongerWhole.length > 0;
  const isUnknown = through.at === null && gathered.isInUse;
  const isHidden = totals === null || isUnknown || marked.left.some(({ why }) => why === 'ledger_gone');
  return {
    ...{ source: gathered.source, hub: gathered.hub, completeThrough: through.at, why: through.why, isLate },
    ...{ daysMarked: marked.written, daysNoLongerWhole: marked.noLongerWhole, daysLeft: marked.left },
    ...{ totals, filled: repaired?.filled ?? 0, newlyLost, oldCheckpoints },
    ...{ faults: faults.slice(0, FAULTS_TOLD), failures, isOutOfTime: gathered.isOutOfTime, recent: gathered.recent },
    ok: !hasFault && !isHidden && newlyLost === 0 && !isLate,
  };
}

export function totalsOf({ partitions, strangers }: SourceProof): Totals {
  const sum = (of: (proof: SourceProof['partitions'][number]) => number): number =>
    partitions.reduce((total, proof) => total + of(proof), 0);
  const count = (of: 'gaps' | 'missing' | 'doubled' | 'uncovered' | 'lost' | 'absent'): number =>
    sum((proof) => countOf(proof[of]));
  return {
    ...{ events: sum(({ events }) => events), quarantined: sum(({ quarantined }) => quarantined) },
    ...{ files: sum(({ files }) => files), gaps: count('gaps'), missing: count('missing') },
    ...{ torn: sum(({ torn }) => countOf(torn)), doubled: count('doubled'), uncovered: count('uncovered') },
    ...{ lost: count('lost'), absent: count('absent'), pending: sum(({ pending }) => pending) },
    strangers: strangers.count,
  };
}

/** @param closed the last day that is closed, days since 1970 */
export function recentOf(figures: readonly DayFigures[], closed: number): RecentDay[] {
  return figures.map(({ day, events, quarantined, missing, lost, isUnsettled }) => ({
    ...{ day, events, quarantined, missing: missing.count, lost: lost.count },
    state: !isWhole({ missing, lost }) ? 'incomplete' : day <= closed && !isUnsettled ? 'complete' : 'open',
  }));
}
