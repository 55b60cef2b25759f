import { type WholeRun } from './runs';

export interface GroupLimits {
  /** No merged file becomes larger than this. */
  readonly targetBytes: number;
  /** Runs in one group at most: a plan lists them all. */
  readonly maxRuns: number;
}

/** Runs that follow each other without a hole. */
export type Group = readonly [WholeRun, ...WholeRun[]];

/**
 * Packs runs, as they come in order, into groups of which no file outgrows the target; a group never spans a hole, or two
 * incarnations. Of a run alone in its group nothing is to be done.
 *
 * Done once, it finds nothing more to do: a group ends where the next run does not fit, and the group that this run begins
 * fits even less. (Groups that end at `maxRuns` are merged further next time.)
 */
export class Grouping {
  readonly #limits: GroupLimits;
  #open: [WholeRun, ...WholeRun[]] | null = null;
  readonly #bytes = { bronze: 0, quarantine: 0 };

  constructor(limits: GroupLimits) {
    this.#limits = limits;
  }

  /** How many runs the group has that the next run may still join. */
  get openRuns(): number {
    return this.#open?.length ?? 0;
  }

  /** Adds a run; tells the group that ends before it. */
  add(run: WholeRun): Group | null {
    if (this.#open !== null && this.#takes(this.#open, run)) {
      this.#open.push(run);
      this.#count(run);
      return null;
    }
    const ended = this.end();
    this.#open = [run];
    this.#count(run);
    return ended;
  }

  /** Ends the group that is open. */
  end(): Group | null {
    const ended = this.#open;
    this.#open = null;
    this.#bytes.bronze = 0;
    this.#bytes.quarantine = 0;
    return ended;
  }

  #takes(group: Group, run: WholeRun): boolean {
    const before = group[group.length - 1] as WholeRun;
    const { targetBytes, maxRuns } = this.#limits;
    return (
      run.incarnation === before.incarnation &&
      run.first === before.last + 1n &&
      group.length < maxRuns &&
      this.#bytes.bronze + (run.bronze?.bytes ?? 0) <= targetBytes &&
      this.#bytes.quarantine + (run.quarantine?.bytes ?? 0) <= targetBytes
    );
  }

  #count({ bronze, quarantine }: WholeRun): void {
    this.#bytes.bronze += bronze?.bytes ?? 0;
    this.#bytes.quarantine += quarantine?.bytes ?? 0;
  }
}

/** All groups of runs that are in order. */
export function groupRuns(runs: readonly WholeRun[], limits: GroupLimits): Group[] {
  const grouping = new Grouping(limits);
  const ended = runs.map((run) => grouping.add(run));
  return [...ended, grouping.end()].filter((group) => group !== null);
}
