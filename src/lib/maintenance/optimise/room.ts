import { type Clock } from '../../clock';
import { type Lake } from '../../ledger/port';
import { type MaintenanceLake } from '../port';

/** What optimising works with. */
export interface OptimiseRoom {
  readonly lake: Lake;
  readonly files: MaintenanceLake;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly sleep: (ms: number) => Promise<void>;
  /** Told how it goes on. */
  readonly tell?: (progress: Progress) => void;
}

/** How far a run has come. */
export interface Progress {
  /** The day that is looked at. */
  readonly day: string;
  /** Closed days, this one included. */
  readonly days: number;
  /** Files listed so far. */
  readonly files: number;
  /** Plans carried out so far; in a dry run, those that would be. */
  readonly plans: number;
}

export interface OptimiseOptions {
  /** No merged file becomes larger. */
  readonly targetBytes: number;
  /** A day is left alone until this long after its end, UTC. */
  readonly closedAfterMs: number;
  /** Nothing new is begun this long after the start; what is planned by then is finished. */
  readonly budgetMs: number;
  /** Partitions of a day under way at once: each takes about 40 MiB. */
  readonly partitionsAtOnce: number;
  /** Runs merged by one plan at most. */
  readonly maxRuns: number;
  /** Files of a day in memory at once, about: what is listed is planned and merged in portions of this size. */
  readonly maxHeldFiles: number;
  /**
   * Between a merged file's appearance and the deletion of the first input, for each page of a listing that lies between
   * their names: longer than a reader takes for a page. Its listing could else pass the merged file's name before it
   * appears, and an input's after it went.
   */
  readonly pauseMs: number;
  /** Tells what would be merged, and writes nothing: no plan is finished, no ledger settled. */
  readonly dryRun: boolean;
}

export const OPTIMISE_DEFAULTS: OptimiseOptions = {
  targetBytes: 128 << 20,
  closedAfterMs: 86_400_000,
  budgetMs: 15 * 60_000,
  partitionsAtOnce: 4,
  maxRuns: 2_000,
  maxHeldFiles: 50_000,
  pauseMs: 2_000,
  dryRun: false,
};
