import fc from 'fast-check';
import { cover as coverAll, isCovered, overlaps, type Coverage } from '../../src/lib/ledger/coverage';
import { type Range } from '../../src/lib/ranges';

const NOW = 7;

const cover = (coverage: Coverage | null, range: Range, now: number): Coverage => coverAll(coverage, [range], now);

/** Coverage in the plain: the numbers themselves. */
const members = (coverage: Coverage, upTo = 60): number[] =>
  Array.from({ length: upTo }, (_, n) => n).filter((n) => isCovered(coverage, BigInt(n)));

const range = (first: number, last: number): { first: bigint; last: bigint } => ({
  first: BigInt(first),
  last: BigInt(last),
});

test('the first range covers itself, and nothing before it is missing', () => {
  expect(cover(null, range(500, 509), NOW)).toEqual({ start: 500n, last: 509n, gaps: [] });
});

test.each([
  ['what follows extends it', range(10, 12), { start: 0n, last: 12n, gaps: [] }],
  [
    'what is passed over becomes a gap',
    range(13, 13),
    { start: 0n, last: 13n, gaps: [{ ...range(10, 12), noticedAt: NOW }] },
  ],
])('%s', (_, added, expected) => {
  expect(cover(cover(null, range(0, 9), 1), added, NOW)).toEqual(expected);
});

test('a gap filled in its midst becomes two, which keep the time at which it was noticed', () => {
  const holed = cover(cover(null, range(0, 0), 1), range(10, 10), 2);
  const filled = cover(holed, range(4, 6), NOW);
  expect(filled.gaps).toEqual([
    { ...range(1, 3), noticedAt: 2 },
    { ...range(7, 9), noticedAt: 2 },
  ]);
});

test('a range before the start extends the coverage downwards', () => {
  const later = cover(null, range(10, 12), 1);
  expect(cover(later, range(2, 3), NOW)).toEqual({ start: 2n, last: 12n, gaps: [{ ...range(4, 9), noticedAt: NOW }] });
  expect(cover(later, range(8, 9), NOW)).toEqual({ start: 8n, last: 12n, gaps: [] });
});

test('sequence numbers beyond 2^53 stay exact', () => {
  const high = 2n ** 53n;
  const coverage = cover(cover(null, { first: high, last: high }, 1), { first: high + 2n, last: high + 2n }, NOW);
  expect(coverage.gaps).toEqual([{ first: high + 1n, last: high + 1n, noticedAt: NOW }]);
  expect(isCovered(coverage, high + 1n)).toBe(false);
});

test('whatever ranges arrive in whatever order, it covers exactly those, refuses overlaps, and keeps its gaps in order', () => {
  const ranges = fc.array(fc.tuple(fc.nat(50), fc.nat(6)), { minLength: 1, maxLength: 25 });
  fc.assert(
    fc.property(ranges, (arrivals) => {
      let coverage: Coverage | null = null;
      const expected = new Set<number>();
      for (const [first, length] of arrivals) {
        const last = first + length;
        const numbers = Array.from({ length: length + 1 }, (_, i) => first + i);
        if (numbers.some((n) => expected.has(n))) {
          const before: Coverage | null = coverage;
          if (before === null) throw new Error('something is covered');
          expect(overlaps(before, range(first, last))).toBe(true);
          expect(() => cover(before, range(first, last), NOW)).toThrow(RangeError);
          continue;
        }
        coverage = cover(coverage, range(first, last), NOW);
        for (const n of numbers) expected.add(n);
        expect(members(coverage)).toEqual([...expected].sort((a, b) => a - b));
        const edges = coverage.gaps.flatMap((gap) => [gap.first, gap.last]);
        expect(edges).toEqual([...edges].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
      }
    }),
  );
});

test('an empty range is refused', () => {
  expect(() => cover(null, range(5, 4), NOW)).toThrow(RangeError);
});
