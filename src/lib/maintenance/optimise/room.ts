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
  /**
   * Between a merged file's appearance and the deletion of the first input: longer than a reader takes to list a day. A
   * listing of several pages could else pass the merged file's name before it appears, and an input's after it went.
   */
  readonly pauseMs: number;
}

export const OPTIMISE_DEFAULTS: OptimiseOptions = {
  targetBytes: 128 << 20,
  closedAfterMs: 86_400_000,
  budgetMs: 15 * 60_000,
  partitionsAtOnce: 4,
  maxRuns: 2_000,
  pauseMs: 2_000,
};
