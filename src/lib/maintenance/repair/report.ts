import { type Source } from '../../decode/event';
import { type Incarnate } from '../../ledger/names';
import { type Range } from '../../ranges';

/** What a run did, or would do. */
export interface RepairReport {
  readonly isDryRun: boolean;
  /** Partitions of which there is something to tell, each in each incarnation. */
  readonly partitions: readonly PartitionRepair[];
  readonly isOutOfTime: boolean;
}

export interface PartitionRepair extends Incarnate {
  readonly source: Source;
  /** Committed files that readers did not see yet, and see now. */
  readonly settled: number;
  /** Events that came from the hub and are in the lake now. */
  readonly filled: number;
  /** Gaps closed because the hub has no such numbers, though it has later ones. */
  readonly absent: readonly Range[];
  /** Gaps closed because the hub no longer has their events: newly lost, to be told once. */
  readonly expired: readonly Range[];
  /** What the ledger covered though no file named it; their events are read again. */
  readonly reopened: readonly Range[];
  /** What is missing still. */
  readonly open: readonly StillOpen[];
  /** What went wrong; what is told beside it was done before. */
  readonly failure: string | null;
}

export interface StillOpen extends Range {
  readonly reason: OpenReason;
  readonly detail: string | null;
}

/**
 * `out_of_time`: the next run goes on; `hub_made_anew`: its events are gone with the former hub, but its ledger does not know yet;
 * `hub_gone`: what no file names any more, and no hub has; `unknown`: the hub could not be asked or did not answer; `other_hub`: it is none of the settings' hubs; `optimise_plan`: its files are
 * being merged; `nothing_left`: no file of the partition is there; `uncovered`: files hold more than the ledger covers, an older one was put back;
 * `not_landed`: the hub has it, and it was not let in;
 * `failed`: see the partition's failure.
 */
export type OpenReason =
  | 'out_of_time'
  | 'hub_made_anew'
  | 'hub_gone'
  | 'unknown'
  | 'other_hub'
  | 'optimise_plan'
  | 'nothing_left'
  | 'uncovered'
  | 'not_landed'
  | 'failed';

/** Whether anything was newly lost, is missing still, or failed: somebody should know. */
export function needsAttention({ partitions }: RepairReport): boolean {
  return partitions.some(({ expired, open, failure }) => expired.length + open.length > 0 || failure !== null);
}
