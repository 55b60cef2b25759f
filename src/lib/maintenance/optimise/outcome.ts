import { LeftCounts } from './left-counts';
import { type LeftReason, type Merged, type Planned } from './report';
import { type WholeRun } from './runs';

/** Why runs of a group stay as they are: these, or all of it where `runs` is null. */
export interface Stay {
  readonly reason: LeftReason;
  readonly runs: readonly WholeRun[] | null;
  readonly detail: string | null;
}

export function all(reason: LeftReason, detail: string | null = null): Stay {
  return { reason, runs: null, detail };
}

/** Where what is done, or would be, is told at once. */
export interface Done {
  merged(merged: Merged): void;
  planned(planned: Planned): void;
}

/** What comes of looking at one partition's day, from the beginning of a listing to its end. */
export class Outcome {
  /** Whether the day is not any more as it was listed: list it again, there may be more to do. */
  again = false;
  /** What is to be said of the rest of the partition's day, of which nothing may be merged; null while it may. */
  stopped: Stay | null = null;
  readonly left: LeftCounts;
  readonly #done: Done;

  constructor(day: string, partition: string, done: Done) {
    this.left = new LeftCounts(day, partition);
    this.#done = done;
  }

  merge(merged: Merged): void {
    this.#done.merged(merged);
    this.again = true;
  }

  plan(planned: Planned): void {
    this.#done.planned(planned);
  }

  /** The day changed under one's hands: look again. */
  changed(): Stay {
    this.again = true;
    return all('changed_meanwhile');
  }
}
