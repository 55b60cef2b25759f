/** What can be wrong with a lake. `where` is a file, a partition or the number of an attempt. */
export interface Problem {
  readonly kind: ProblemKind;
  readonly where: string;
  readonly found: string;
}

export type ProblemKind =
  /** A file that nothing of ours would write. */
  | 'stranger'
  /** The file does not end with a line feed, or a line is not one that docs/lake-format.md describes. */
  | 'torn_line'
  /** Some lines are of a newer format than is judged here: whatever they say is not counted. */
  | 'newer_format'
  /** The name tells another number of lines than there are, or there are none. */
  | 'wrong_count'
  /** The file lies in another day's folder than an event belongs to, or its name tells another time than its first event. */
  | 'wrong_day'
  /** A line is not of the source or the partition that its path tells, or outside the range, or out of order. */
  | 'wrong_place'
  /** One sequence number of a partition stands in two lines. */
  | 'sequence_twice'
  /** The files of a run do not have as many lines as its range has numbers. */
  | 'run_incomplete'
  /** Sequence numbers between a partition's first and last that are in no file. */
  | 'hole'
  /** An acknowledged event is not in the lake. */
  | 'event_missing'
  /** One attempt stands in two lines. */
  | 'event_twice'
  /** The payload, the body, the partition key, a property or the operation of a tombstone is not what was sent. */
  | 'event_altered'
  /** In bronze what belongs in quarantine, or the other way round, or from another hub. */
  | 'event_misplaced'
  /** A line that nobody sent. */
  | 'event_unknown';

/** Counts problems and keeps the first of each kind: a broken lake can have a million. */
export class Problems {
  readonly #counts = new Map<ProblemKind, number>();
  readonly #kept: Problem[] = [];

  add(kind: ProblemKind, where: string, found: string): void {
    const count = this.count(kind);
    this.#counts.set(kind, count + 1);
    if (count < KEPT_OF_EACH_KIND) this.#kept.push({ kind, where, found });
  }

  count(kind: ProblemKind): number {
    return this.#counts.get(kind) ?? 0;
  }

  get counts(): Readonly<Partial<Record<ProblemKind, number>>> {
    return Object.fromEntries(this.#counts);
  }

  get kept(): readonly Problem[] {
    return this.#kept;
  }
}

const KEPT_OF_EACH_KIND = 10;
