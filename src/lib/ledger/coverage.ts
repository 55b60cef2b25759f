import { type Gap } from './ledger';

/** The covered sequence numbers of a partition: `start`…`last` less the gaps (ascending, apart, inside). */
export interface Coverage {
  readonly start: bigint;
  readonly last: bigint;
  readonly gaps: readonly Gap[];
}

/** A range of sequence numbers, both ends included. */
export interface Range {
  readonly first: bigint;
  readonly last: bigint;
}

/** Whether `sequence` is covered. */
export function isCovered(coverage: Coverage, sequence: bigint): boolean {
  if (sequence < coverage.start || sequence > coverage.last) return false;
  return !coverage.gaps.some((gap) => sequence >= gap.first && sequence <= gap.last);
}

/** Whether any number of `range` is covered. */
export function overlaps(coverage: Coverage, range: Range): boolean {
  if (range.last < coverage.start || range.first > coverage.last) return false;
  const inOneGap = (gap: Gap): boolean => range.first >= gap.first && range.last <= gap.last;
  return !coverage.gaps.some(inOneGap);
}

/**
 * The coverage with `range` added. Numbers passed over become an open gap, noticed at `now`; numbers of a gap that
 * arrive after all fill it. An overlap is a mistake of the caller: committing it would double events.
 *
 * @throws RangeError when any number of `range` is covered already
 */
export function cover(coverage: Coverage | null, range: Range, now: number): Coverage {
  if (range.last < range.first) throw new RangeError(`an empty range ${text(range)}`);
  if (coverage === null) return { start: range.first, last: range.last, gaps: [] };
  if (overlaps(coverage, range)) throw new RangeError(`${text(range)} overlaps what is covered`);
  if (range.first > coverage.last) {
    const gaps = [...coverage.gaps, ...between(coverage.last, range.first, now)];
    return { start: coverage.start, last: range.last, gaps };
  }
  if (range.last < coverage.start) {
    const gaps = [...between(range.last, coverage.start, now), ...coverage.gaps];
    return { start: range.first, last: coverage.last, gaps };
  }
  return { ...coverage, gaps: coverage.gaps.flatMap((gap) => without(gap, range)) };
}

/** The coverage of ranges that lie apart from each other, in any order; null for none. */
export function coverageOf(ranges: readonly Range[], now: number): Coverage | null {
  const ascending = [...ranges].sort((a, b) => (a.first < b.first ? -1 : 1));
  return ascending.reduce<Coverage | null>((coverage, range) => cover(coverage, range, now), null);
}

/** What is left of `gap` when the numbers of `range` arrived: none, one or two gaps. */
function without(gap: Gap, range: Range): Gap[] {
  if (range.last < gap.first || range.first > gap.last) return [gap];
  const left: Gap[] = [];
  if (range.first > gap.first) left.push({ ...gap, last: range.first - 1n });
  if (range.last < gap.last) left.push({ ...gap, first: range.last + 1n });
  return left;
}

/** The gap strictly between two numbers, if any number lies there. */
function between(before: bigint, after: bigint, noticedAt: number): Gap[] {
  return after - before > 1n ? [{ first: before + 1n, last: after - 1n, noticedAt }] : [];
}

function text(range: Range): string {
  return `${range.first}-${range.last}`;
}
