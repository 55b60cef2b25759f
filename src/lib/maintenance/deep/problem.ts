/** What deep verification finds wrong; docs/maintenance.md says what each means. */
export const PROBLEM_KINDS = [
  /** The last line does not end with a line feed: the file is cut short. */
  'torn_line',
  /** A line that no event can make. */
  'line_too_long',
  'not_utf8',
  /** Does not parse. */
  'not_json',
  /** Parses, and breaks strict readers of the whole file: half a surrogate pair, nesting too deep. */
  'unreadable_json',
  /** A carriage return, at which some readers split lines. */
  'carriage_return',
  /** Of a newer format, which this version cannot check: said of a file at its first such line. */
  'newer_format',
  /** A key is missing, in another place, or of another type than docs/lake-format.md says. */
  'wrong_header',
  /** Another source, namespace, hub, incarnation or partition than the file's. */
  'foreign_line',
  /** The file is not in the folder that its name says. */
  'misplaced',
  /** Accepted on another UTC day than the file's. */
  'wrong_day',
  /** The first event of the run was not accepted at the time in the name. */
  'wrong_stamp',
  /** Not between the first and last number in the name. */
  'outside_range',
  'out_of_order',
  'number_twice',
  /** In no file of its run. */
  'number_missing',
  /** The file has other than the number of lines in its name. */
  'wrong_count',
  'unknown_reason',
  'bad_base64',
  /** The file that holds the event is not there. */
  'claim_missing',
  /** It is empty, or not the bytes that the line names. */
  'claim_differs',
  /** Not the bytes that an optimise plan put there. */
  'wrong_checksum',
  /** Went while it was to be read, and no file took its place. */
  'vanished',
] as const;

export type ProblemKind = (typeof PROBLEM_KINDS)[number];

/** One thing that is wrong. Holds names, numbers and counts, never what a line says. */
export interface Problem {
  readonly kind: ProblemKind;
  readonly path: string;
  /** The line, from 1 on; null where it is about the file. */
  readonly line: number | null;
  /** In words, where there is more to say. */
  readonly detail: string | null;
}

export interface ProblemsOfKind {
  readonly kind: ProblemKind;
  readonly total: number;
  /** The first that were found, in the order of paths and lines. */
  readonly kept: readonly Problem[];
}

/** Problems by kind: all are counted, the first `keptPerKind` of each kept, so that a lake in ruins fits in memory. */
export class Problems {
  readonly #keptPerKind: number;
  readonly #byKind = new Map<ProblemKind, { total: number; kept: Problem[] }>();

  constructor(keptPerKind: number) {
    this.#keptPerKind = keptPerKind;
  }

  add(kind: ProblemKind, path: string, line: number | null = null, detail: string | null = null): void {
    const of = this.#of(kind);
    of.total += 1;
    if (of.kept.length < this.#keptPerKind) of.kept.push({ kind, path, line, detail });
  }

  /** Takes over what another collection holds. */
  addAll(others: readonly ProblemsOfKind[]): void {
    for (const { kind, total, kept } of others) {
      const of = this.#of(kind);
      of.total += total;
      of.kept.push(...kept.slice(0, this.#keptPerKind - of.kept.length));
    }
  }

  has(kind: ProblemKind): boolean {
    return this.#byKind.has(kind);
  }

  get total(): number {
    return [...this.#byKind.values()].reduce((sum, { total }) => sum + total, 0);
  }

  /** Kinds that occurred. */
  get found(): ProblemsOfKind[] {
    return PROBLEM_KINDS.flatMap((kind) => {
      const of = this.#byKind.get(kind);
      return of === undefined ? [] : [{ kind, total: of.total, kept: [...of.kept].sort(inOrder) }];
    });
  }

  #of(kind: ProblemKind): { total: number; kept: Problem[] } {
    const of = this.#byKind.get(kind) ?? { total: 0, kept: [] };
    this.#byKind.set(kind, of);
    return of;
  }
}

function inOrder(a: Problem, b: Problem): number {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  return (a.line ?? 0) - (b.line ?? 0);
}
