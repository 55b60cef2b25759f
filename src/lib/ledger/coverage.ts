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
  const open = coverage.gaps.reduce((total, gap) => total + common(gap, range), 0n);
  return common({ first: coverage.start, last: coverage.last }, range) > open;
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
  return {
    start: range.first < coverage.start ? range.first : coverage.start,
    last: range.last > coverage.last ? range.last : coverage.last,
    gaps: [
      ...between(range.last, coverage.start, now),
      ...coverage.gaps.flatMap((gap) => without(gap, range)),
      ...between(coverage.last, range.first, now),
    ],
  };
}

/** How many numbers two ranges share. */
function common(a: Range, b: Range): bigint {
  const first = a.first > b.first ? a.first : b.first;
  const last = a.last < b.last ? a.last : b.last;
  return last < first ? 0n : last - first + 1n;
}

/** What is left of `gap` when the numbers of `range` arrived: none, one or two gaps. */
function without(gap: Gap, range: Range): Gap[] {
  if (range.last < gap.first || range.first > gap.last) return [gap];
  const left: Gap[] = [];
  if (range.first > gap.first) left.push({ ...gap, last: range.first - 1n });
  if (range.last < gap.last) left.push({ ...gap, first: range.last + 1n });
  return left;
}

/** The gap strictly between two numbers, if `before` is before `after` and any number lies there. */
function between(before: bigint, after: bigint, noticedAt: number): Gap[] {
  return after - before > 1n ? [{ first: before + 1n, last: after - 1n, noticedAt }] : [];
}

function text(range: Range): string {
  return `${range.first}-${range.last}`;
}
