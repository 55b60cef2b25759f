/** Sequence numbers from `first` to `last`, both included. */
export interface Range {
  readonly first: bigint;
  readonly last: bigint;
}

// A ledger may have thousands of gaps, and each batch asks about them: whatever is asked of two lists of ranges takes time in proportion to
// their lengths (times a logarithm), never to the product of them. Sorted stands for: ascending, and apart from each other.

/** How many numbers a range has. */
export const lengthOf = ({ first, last }: Range): bigint => last - first + 1n;

/** How many numbers ranges have that are apart from each other. */
export const countOf = (ranges: readonly Range[]): number =>
  Number(ranges.reduce((sum, range) => sum + lengthOf(range), 0n));

export const byFirst = (a: Range, b: Range): number => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0);

/** `17-23`, as file names have it. */
export const rangeText = ({ first, last }: Range): string => `${first}-${last}`;

export const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
export const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** The range between two numbers, both left out; none where no number lies there. */
export function between(before: bigint, after: bigint): Range[] {
  return after - before > 1n ? [{ first: before + 1n, last: after - 1n }] : [];
}

/** Whether one of `sorted` holds `sequence`. */
export function holds(sorted: readonly Range[], sequence: bigint): boolean {
  const there = sorted[lowerBound(sorted, sequence)];
  return there !== undefined && there.first <= sequence;
}

/** Whether `range` shares a number with one of `sorted`. */
export function meets(sorted: readonly Range[], range: Range): boolean {
  const there = sorted[lowerBound(sorted, range.first)];
  return there !== undefined && there.first <= range.last;
}

/** What of `range` is in `sorted`. */
export function foundOf(sorted: readonly Range[], range: Range): Range[] {
  const found: Range[] = [];
  for (let at = lowerBound(sorted, range.first); at < sorted.length; at += 1) {
    const there = sorted[at] as Range;
    if (there.first > range.last) break;
    found.push({ first: larger(there.first, range.first), last: smaller(there.last, range.last) });
  }
  return found;
}

/** What of `range` is not in `sorted`. */
export function missingOf(sorted: readonly Range[], range: Range): Range[] {
  const missing: Range[] = [];
  let next = range.first;
  for (const there of foundOf(sorted, range)) {
    if (there.first > next) missing.push({ first: next, last: there.first - 1n });
    next = there.last + 1n;
  }
  if (next <= range.last) missing.push({ first: next, last: range.last });
  return missing;
}

/** What of `ranges` is not in `others`, each part with everything else that its range says. Both in any order. */
export function minus<T extends Range>(ranges: readonly T[], others: Iterable<Range>): T[] {
  const sorted = joined(others);
  return ranges.flatMap((range) =>
    meets(sorted, range) ? missingOf(sorted, range).map((part) => ({ ...range, ...part })) : [range],
  );
}

/** What of `ranges` is in `others`, too, each part with everything else that its range says. Both in any order. */
export function common<T extends Range>(ranges: readonly T[], others: Iterable<Range>): T[] {
  const sorted = joined(others);
  return ranges.flatMap((range) => foundOf(sorted, range).map((part) => ({ ...range, ...part })));
}

/** What of `ranges` is in `others`, and what is not. */
export function split<T extends Range>(
  ranges: readonly T[],
  others: Iterable<Range>,
): readonly [inside: T[], outside: T[]] {
  const sorted = joined(others);
  return [common(ranges, sorted), minus(ranges, sorted)];
}

/** What of `ranges` is below `limit`, and what is not. */
export function splitAt<T extends Range>(ranges: readonly T[], limit: bigint): readonly [below: T[], from: T[]] {
  return split(ranges, [{ first: -(2n ** 63n), last: limit - 1n }]);
}

/** Ranges in any order, which may overlap, as sorted ones; neighbours become one. */
export function joined(ranges: Iterable<Range>): readonly Range[] {
  const sorted: { first: bigint; last: bigint }[] = [];
  for (const { first, last } of ascending([...ranges])) {
    const before = sorted.at(-1);
    if (before === undefined || first > before.last + 1n) sorted.push({ first, last });
    else before.last = larger(before.last, last);
  }
  return sorted;
}

function ascending(ranges: Range[]): Range[] {
  return ranges.every((range, i) => i === 0 || range.first >= (ranges[i - 1] as Range).first)
    ? ranges
    : ranges.sort(byFirst);
}

/** Sorted ranges as stretches to be read at once: what lies between two of them is read along where it is short. */
export function stretchesOf(sorted: readonly Range[], maxBetween: bigint): Range[] {
  const stretches: { first: bigint; last: bigint }[] = [];
  for (const { first, last } of sorted) {
    const before = stretches.at(-1);
    if (before === undefined || first - before.last - 1n > maxBetween) stretches.push({ first, last });
    else before.last = last;
  }
  return stretches;
}

/** A stretch of numbers and when the runs at its two ends begin, UTC ms: all that is kept of the runs in it. */
export interface Stretch extends Range {
  readonly firstAt: number;
  readonly lastAt: number;
}

/** When the runs beside a hole begin, UTC ms; null where there is none on that side. */
export interface Around {
  readonly before: number | null;
  readonly after: number | null;
}

/** A set of numbers that grows: sorted stretches. Memory grows with the stretches, not with what is added. */
export class Ranges implements Iterable<Stretch> {
  readonly #ranges: Stretch[] = [];

  static of(ranges: Iterable<Range>): Ranges {
    const set = new Ranges();
    for (const range of ascending([...ranges])) set.add(range);
    return set;
  }

  get all(): readonly Stretch[] {
    return this.#ranges;
  }

  [Symbol.iterator](): Iterator<Stretch> {
    return this.#ranges.values();
  }

  /**
   * Adds a stretch that begins at `at`, UTC ms.
   *
   * @returns from the first to the last number of it that was there already, null for none
   */
  add(range: Range, at = 0): Range | null {
    const ranges = this.#ranges;
    // Listings give a partition's files in order, so the end is where most belong.
    const from = lowerBound(ranges, range.first - 1n);
    let to = from;
    let { first, last } = range;
    let [firstAt, lastAt] = [at, at];
    let twice: Range | null = null;
    for (; to < ranges.length; to += 1) {
      const there = ranges[to] as Stretch;
      if (there.first > range.last + 1n) break;
      const [begin, end] = [larger(there.first, range.first), smaller(there.last, range.last)];
      if (begin <= end) twice = twice === null ? { first: begin, last: end } : { first: twice.first, last: end };
      // Where two runs end at the same number, the earlier time promises less.
      firstAt = there.first < first ? there.firstAt : there.first > first ? firstAt : Math.min(firstAt, there.firstAt);
      lastAt = there.last > last ? there.lastAt : there.last < last ? lastAt : Math.min(lastAt, there.lastAt);
      [first, last] = [smaller(first, there.first), larger(last, there.last)];
    }
    ranges.splice(from, to - from, { first, last, firstAt, lastAt });
    return twice;
  }

  has(sequence: bigint): boolean {
    return holds(this.#ranges, sequence);
  }

  meets(range: Range): boolean {
    return meets(this.#ranges, range);
  }

  /** What of `range` is not there. */
  missingOf(range: Range): Range[] {
    return missingOf(this.#ranges, range);
  }

  /** What of `range` is there. */
  foundOf(range: Range): Range[] {
    return foundOf(this.#ranges, range);
  }

  /** When the last run of the stretch begins that holds `sequence`; null where none does. */
  endingAt(sequence: bigint): number | null {
    const there = this.#ranges[lowerBound(this.#ranges, sequence)];
    return there !== undefined && there.first <= sequence ? there.lastAt : null;
  }

  /** The runs that end before `hole` and begin behind it, of which nothing is there. */
  around(hole: Range): Around {
    const at = lowerBound(this.#ranges, hole.first);
    return { before: this.#ranges[at - 1]?.lastAt ?? null, after: this.#ranges[at]?.firstAt ?? null };
  }
}

/** The first stretch that ends at `sequence` or later. */
function lowerBound(sorted: readonly Range[], sequence: bigint): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as Range).last < sequence) low = middle + 1;
    else high = middle;
  }
  return low;
}
