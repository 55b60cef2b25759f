import { type Range } from '../../ledger/coverage';

/** Sequence numbers as stretches: ascending, apart from each other. Memory grows with the stretches, not with what is added. */
export class Ranges {
  #ranges: Range[] = [];

  get all(): readonly Range[] {
    return this.#ranges;
  }

  /** Adds a stretch; tells the part of it that was there already, null for none. */
  add(range: Range): Range | null {
    const ranges = this.#ranges;
    // Listings give a partition's files in order, so the end is where most belong.
    const from = lowerBound(ranges, range.first - 1n);
    let to = from;
    let { first, last } = range;
    let twice: Range | null = null;
    for (; to < ranges.length; to += 1) {
      const there = ranges[to] as Range;
      if (there.first > range.last + 1n) break;
      const [begin, end] = [larger(there.first, range.first), smaller(there.last, range.last)];
      if (begin <= end) twice = twice === null ? { first: begin, last: end } : { first: twice.first, last: end };
      [first, last] = [smaller(first, there.first), larger(last, there.last)];
    }
    ranges.splice(from, to - from, { first, last });
    return twice;
  }

  /** What of `range` is not there. */
  missingOf(range: Range): Range[] {
    const missing: Range[] = [];
    let next = range.first;
    for (let at = lowerBound(this.#ranges, range.first); at < this.#ranges.length && next <= range.last; at += 1) {
      const there = this.#ranges[at] as Range;
      if (there.first > range.last) break;
      if (there.first > next) missing.push({ first: next, last: there.first - 1n });
      next = larger(next, there.last + 1n);
    }
    if (next <= range.last) missing.push({ first: next, last: range.last });
    return missing;
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
