import { type Source } from '../../decode/event';
import { type Plan } from './plan';

/** Why files were left as they are. */
export type LeftReason =
  /** Nothing to do: no neighbour fits beside it within the target. */
  | 'good'
  /** The run's other file is missing, or was not listed yet: their counts do not add up. */
  | 'run_incomplete'
  /** It shares sequence numbers with another file of the partition. */
  | 'runs_overlap'
  /** Its ledger calls some of its numbers missing. */
  | 'not_covered'
  /** Not a name that this program writes. */
  | 'stranger'
  /** There is no ledger to tell what is still pending. */
  | 'ledger_missing'
  /** Writers kept replacing the ledger. */
  | 'ledger_busy'
  /** Its lines are of another hub than its neighbours'. */
  | 'another_hub'
  /** Its lines are of a newer format: the newer version that wrote them merges it. */
  | 'newer_format'
  /** Its lines are not as many as its name says, or the last is cut short. */
  | 'file_damaged'
  /** It was merged by another, or went, while it was read. */
  | 'changed_meanwhile'
  /** The plan that is there cannot be read. */
  | 'plan_unreadable'
  /** The plan that is there contradicts the lake. */
  | 'plan_broken'
  /** In a dry run: an unfinished plan of its partition's day comes first, and then the day is looked at anew. */
  | 'plan_unfinished'
  /** The time was up: next time. */
  | 'out_of_time'
  /** A request failed: `detail` has the message. */
  | 'failed';

export interface Left {
  readonly day: string;
  readonly partition: string | null;
  readonly reason: LeftReason;
  readonly files: number;
  /** What was found, for people; null where the reason says all, or too many have been told already. */
  readonly detail: string | null;
}

/** One merging. */
export interface Planned {
  readonly day: string;
  readonly partition: string;
  readonly incarnation: number;
  /** As text: they are 64-bit. */
  readonly first: string;
  readonly last: string;
  readonly inputs: number;
  readonly outputs: readonly string[];
  /** Of the outputs. */
  readonly bytes: number;
}

/** One plan that was carried out. */
export interface Merged extends Planned {
  /** For how long, at most, its events could be seen twice. */
  readonly doubledMs: number;
}

/** Plans counted. */
export interface PlanTotals {
  readonly plans: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly bytes: number;
}

export interface OptimiseReport {
  readonly source: Source;
  readonly dryRun: boolean;
  /** Closed days looked at. */
  readonly days: number;
  /** Files listed, each time a day was looked at for the first time. */
  readonly files: number;
  /** What was done; nothing in a dry run. */
  readonly merged: readonly Merged[];
  /** Plans that were found and finished, among `merged`. */
  readonly finishedForOthers: number;
  /** What a dry run would begin, the first thousand; what comes of it could then be merged further. */
  readonly planned: readonly Planned[];
  /** Plans that a dry run found: begun by a run that has not finished them. */
  readonly unfinished: readonly Planned[];
  /** Of `merged`, and of everything that a dry run would begin. */
  readonly totals: PlanTotals;
  readonly left: readonly Left[];
  readonly isOutOfTime: boolean;
  /** The longest time that an event could be seen twice. */
  readonly longestDoubledMs: number;
}

export function plannedBy({ day, partition, incarnation, first, last, inputs, outputs }: Plan): Planned {
  return {
    ...{ day, partition, incarnation, first: String(first), last: String(last), inputs: inputs.length },
    outputs: outputs.map(({ path }) => path),
    bytes: outputs.reduce((total, { bytes }) => total + bytes, 0),
  };
}
