import { type Gap } from './ledger';
import { between, byFirst, foundOf, holds, larger, minus, missingOf, type Range, rangeText, smaller } from '../ranges';

/** The covered sequence numbers of a partition: `start`…`last` less the gaps (ascending, apart, inside). */
export interface Coverage {
  readonly start: bigint;
  readonly last: bigint;
  readonly gaps: readonly Gap[];
}

/** Whether `sequence` is covered. */
export function isCovered({ start, last, gaps }: Coverage, sequence: bigint): boolean {
  return sequence >= start && sequence <= last && !holds(gaps, sequence);
}

/** Whether any number of `range` is covered. */
export function overlaps({ start, last, gaps }: Coverage, range: Range): boolean {
  const inside = foundOf([{ first: start, last }], range);
  return inside.some((part) => missingOf(gaps, part).length > 0);
}

/** The numbers covered, as stretches: ascending. */
export function coveredRanges({ start, last, gaps }: Coverage): Range[] {
  return minus([{ first: start, last }], gaps);
}

/**
 * The coverage with `ranges` added, in whatever order. Numbers passed over become open gaps, noticed at `now`; numbers of a gap that
 * arrive after all fill it. An overlap is a mistake of the caller: committing it would double events.
 *
 * @param coverage null where there is none yet: then there must be a range
 * @throws RangeError when any number is covered already, or in two ranges
 */
export function cover(coverage: Coverage | null, ranges: readonly Range[], now: number): Coverage {
  const added = [...ranges].sort(byFirst);
  const [first, end] = [added[0]?.first, added.at(-1)?.last];
  if (first === undefined || end === undefined) {
    if (coverage === null) throw new RangeError('nothing to cover');
    return coverage;
  }
  for (const [i, range] of added.entries()) {
    if (range.last < range.first) throw new RangeError(`an empty range ${rangeText(range)}`);
    const before = added[i - 1];
    if ((before !== undefined && before.last >= range.first) || (coverage !== null && overlaps(coverage, range))) {
      throw new RangeError(`${rangeText(range)} overlaps what is covered`);
    }
  }
  const passed = (range: Range): Gap => ({ ...range, noticedAt: now });
  if (coverage === null) {
    return { start: first, last: end, gaps: minus([{ first, last: end }], added).map(passed) };
  }
  const gaps = [
    ...between(first - 1n, coverage.start).map(passed),
    ...coverage.gaps,
    ...between(coverage.last, end + 1n).map(passed),
  ];
  return { start: smaller(first, coverage.start), last: larger(end, coverage.last), gaps: minus(gaps, added) };
}
