import { type Range } from '../../ledger/coverage';
import { Ranges } from '../completeness/ranges';

/** What of `ranges` is not in `others`. */
export function minus(ranges: readonly Range[], others: Iterable<Range>): Range[] {
  const set = Ranges.of(others);
  return ranges.flatMap((range) => set.missingOf(range));
}

/** What of `ranges` is in `others`, too. */
export function common(ranges: readonly Range[], others: Iterable<Range>): Range[] {
  const set = Ranges.of(others);
  return ranges.flatMap((range) => set.foundOf(range));
}

/** How many numbers these are. */
export const countOf = (ranges: readonly Range[]): number =>
  ranges.reduce((total, { first, last }) => total + Number(last - first) + 1, 0);

/** What of `ranges` is below `limit`, and what is not. */
export function splitAt(ranges: readonly Range[], limit: bigint): readonly [below: Range[], from: Range[]] {
  const below = { first: -(2n ** 63n), last: limit - 1n };
  return [common(ranges, [below]), minus(ranges, [below])];
}

/** Ranges (ascending) as stretches to be read at once: what lies between two of them is read along where it is short. */
export function stretchesOf(ranges: readonly Range[], maxBetween: bigint): Range[] {
  const stretches: Range[] = [];
  for (const { first, last } of ranges) {
    const before = stretches.at(-1);
    if (before === undefined || first - before.last - 1n > maxBetween) stretches.push({ first, last });
    else stretches[stretches.length - 1] = { first: before.first, last };
  }
  return stretches;
}
