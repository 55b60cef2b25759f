import { type Left, type LeftReason, type Merged } from './report';
import { type WholeRun } from './runs';

/** What came of looking at one partition's day. */
export interface PartitionOutcome {
  readonly merged: readonly Merged[];
  readonly left: readonly Left[];
  /** Whether the day is not any more as it was listed: list it again, there may be more to do. */
  readonly again: boolean;
}

/** Why runs of a group stay as they are: these, or all of it where `runs` is null. */
export interface Stay {
  readonly reason: LeftReason;
  readonly runs: readonly WholeRun[] | null;
  readonly detail: string | null;
}

export function all(reason: LeftReason): Stay {
  return { reason, runs: null, detail: null };
}

/** A {@link PartitionOutcome} in the making. */
export class Outcome implements PartitionOutcome {
  readonly merged: Merged[] = [];
  readonly left: Left[] = [];
  again = false;
  readonly #day: string;
  readonly #partition: string;

  constructor(day: string, partition: string) {
    this.#day = day;
    this.#partition = partition;
  }

  merge(merged: Merged): void {
    this.merged.push(merged);
    this.again = true;
  }

  /** The day changed under one's hands: look again. */
  changed(): Stay {
    this.again = true;
    return all('changed_meanwhile');
  }

  leave(reason: LeftReason, files: number, detail: string | null = null): void {
    if (files > 0) this.left.push({ day: this.#day, partition: this.#partition, reason, files, detail });
  }
}
