import { type Clock } from '../../clock';
import { type HubEvent, type Source } from '../../decode/event';
import { type HubProgress } from '../../hub/progress';
import { type Lake } from '../../ledger/port';
import { type SeenRecord } from '../checkpoints/port';

/** What the daily run works with. */
export interface DailyRoom {
  readonly lake: Lake;
  /** The storage service's, not this machine's: it decides which days are over, and which of two proofs is the newer one. */
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  /** The hub that feeds a source now, as ledgers name it: in lower case, the namespace without a port. */
  readonly hubs: Readonly<Record<Source, { readonly namespace: string; readonly hub: string }>>;
  /** Asks that hub how far it is. @throws PipelineError EVENT_HUBS_FAILED */
  readonly askHub: (source: Source) => Promise<HubProgress>;
  /** One event of that hub; null where it no longer has it. @throws PipelineError EVENT_HUBS_FAILED */
  readonly readEvent?: (source: Source, partition: string, sequence: bigint) => Promise<HubEvent | null>;
  /** The host's checkpoints of that hub, by partition; null where the host's storage is not at hand. @throws PipelineError STORAGE_FAILED */
  readonly checkpoints:
    ((source: Source, partitions: readonly string[]) => Promise<ReadonlyMap<string, SeenRecord>>) | null;
  /** Reads open gaps again from the hubs and fills or closes them. Not called in a dry run. */
  readonly repair: (isTimeUp: () => boolean) => Promise<readonly RepairSummary[]>;
}

/** What became of a source's gaps. Counts are numbers, each of one event. */
export interface RepairSummary {
  readonly source: Source;
  readonly filled: number;
  /** Closed in this run because the hub no longer keeps them. */
  readonly newlyLost: number;
  readonly open: number;
  /** What went wrong, and why gaps are open still. */
  readonly failures: readonly string[];
}

export interface DailyOptions {
  /** Nothing new is begun after it. Gaps are read for half of it at most: a day that is not proved helps nobody. */
  readonly budgetMs: number;
  /** Proves and tells, and writes nothing: publishes nothing, fills no gap, marks no day. */
  readonly dryRun: boolean;
  /** A source that is complete only up to a time longer ago than this is told as late. */
  readonly lateAfterMs: number;
}

export const DAILY_DEFAULTS: DailyOptions = { budgetMs: 15 * 60_000, dryRun: false, lateAfterMs: 86_400_000 };
