import { type Range } from '../../ledger/coverage';

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

/** Sequence numbers as stretches: ascending, apart from each other. Memory grows with the stretches, not with what is added. */
export class Ranges {
  #ranges: Stretch[] = [];

  static of(ranges: Iterable<Range>): Ranges {
    const set = new Ranges();
    for (const range of ranges) set.add(range);
    return set;
  }

  get all(): readonly Stretch[] {
    return this.#ranges;
  }

  /** Adds a stretch that begins at `at`, UTC ms; tells the part of it that was there already, null for none. */
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

  /** What of `range` is not there. */
  missingOf(range: Range): Range[] {
    const missing: Range[] = [];
    let next = range.first;
    for (const there of this.foundOf(range)) {
      if (there.first > next) missing.push({ first: next, last: there.first - 1n });
      next = there.last + 1n;
    }
    if (next <= range.last) missing.push({ first: next, last: range.last });
    return missing;
  }

  /** What of `range` is there. */
  foundOf(range: Range): Range[] {
    const found: Range[] = [];
    for (let at = lowerBound(this.#ranges, range.first); at < this.#ranges.length; at += 1) {
      const there = this.#ranges[at] as Stretch;
      if (there.first > range.last) break;
      found.push({ first: larger(there.first, range.first), last: smaller(there.last, range.last) });
    }
    return found;
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
function lowerBound(ranges: readonly Range[], sequence: bigint): number {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle] as Range).last < sequence) low = middle + 1;
    else high = middle;
  }
  return low;
}

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** How many numbers a stretch has. */
export const lengthOf = ({ first, last }: Range): bigint => last - first + 1n;

/** How many numbers stretches that are apart have. */
export const countOf = (ranges: readonly Range[]): number =>
  Number(ranges.reduce((sum, range) => sum + lengthOf(range), 0n));
