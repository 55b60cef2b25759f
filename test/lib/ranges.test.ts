import fc from 'fast-check';
import {
  between,
  common,
  countOf,
  holds,
  joined,
  meets,
  minus,
  missingOf,
  type Range,
  Ranges,
  split,
} from '../../src/lib/ranges';

const range = (first: number, last: number): { first: bigint; last: bigint } => ({
  first: BigInt(first),
  last: BigInt(last),
});
const told = (ranges: Ranges): string => ranges.all.map(({ first, last }) => `${first}-${last}`).join(' ');

test('stretches that meet become one, and those between them are told as missing', () => {
  const ranges = new Ranges();
  for (const each of [range(5, 9), range(0, 2), range(10, 11), range(3, 4), range(20, 30)]) ranges.add(each);
  expect(told(ranges)).toBe('0-11 20-30');
  expect(ranges.missingOf(range(0, 40))).toEqual([range(12, 19), range(31, 40)]);
  expect(ranges.missingOf(range(3, 11))).toEqual([]);
});

test('what is added twice is told', () => {
  const ranges = new Ranges();
  ranges.add(range(0, 9));
  expect(ranges.add(range(5, 15))).toEqual(range(5, 9));
  expect(ranges.add(range(16, 20))).toBeNull();
  expect(ranges.add(range(7, 7))).toEqual(range(7, 7));
});

test('the runs beside a hole are known by when they begin, however many were added in whatever order', () => {
  const runs = new Ranges();
  for (const [first, last, at] of [
    [20, 24, 200],
    [0, 4, 1],
    [5, 9, 50],
    [30, 31, 300],
    [25, 29, 250],
  ] as const) {
    runs.add(range(first, last), at);
  }
  expect(runs.around(range(10, 19))).toEqual({ before: 50, after: 200 });
  expect(runs.around(range(32, 40))).toEqual({ before: 300, after: null });
  expect([runs.endingAt(7n), runs.endingAt(22n), runs.endingAt(10n)]).toEqual([50, 300, null]);
  expect(new Ranges().around(range(0, 1))).toEqual({ before: null, after: null });
});

test('of two runs that end at the same number the earlier time counts', () => {
  for (const order of [
    [0, 5],
    [5, 0],
  ] as const) {
    const runs = new Ranges();
    for (const first of order) runs.add(range(first, 9), first * 10);
    expect(runs.around(range(10, 10)).before).toBe(0);
  }
});

const stretch = fc.tuple(fc.nat(80), fc.nat(12)).map(([first, more]) => range(first, first + more));

test('whatever is added in whatever order, it is the set of those numbers', () => {
  fc.assert(
    fc.property(fc.array(stretch, { maxLength: 40 }), stretch, (added, asked) => {
      const ranges = new Ranges();
      const set = new Set<bigint>();
      for (const each of added) {
        const again: bigint[] = [];
        for (let n = each.first; n <= each.last; n += 1n) {
          if (set.has(n)) again.push(n);
          set.add(n);
        }
        const twice = ranges.add(each);
        expect(twice === null).toBe(again.length === 0);
        if (twice !== null) expect([twice.first, twice.last]).toEqual([again[0], again.at(-1)]);
      }
      const there = ranges.all.flatMap(({ first, last }) => numbers(first, last));
      expect(there).toEqual([...set].sort((a, b) => Number(a - b)));
      for (const [at, each] of ranges.all.entries()) {
        const next = ranges.all[at + 1];
        if (next !== undefined) expect(next.first - each.last).toBeGreaterThan(1n);
      }
      const missing = ranges.missingOf(asked).flatMap(({ first, last }) => numbers(first, last));
      expect(missing).toEqual(numbers(asked.first, asked.last).filter((n) => !set.has(n)));
      const found = ranges.foundOf(asked).flatMap(({ first, last }) => numbers(first, last));
      expect(found).toEqual(numbers(asked.first, asked.last).filter((n) => set.has(n)));
    }),
  );
});

function numbers(first: bigint, last: bigint): bigint[] {
  return Array.from({ length: Number(last - first) + 1 }, (_, i) => first + BigInt(i));
}

const anyRanges = fc
  .array(fc.tuple(fc.nat(40), fc.nat(6)), { maxLength: 12 })
  .map((pairs) => pairs.map(([first, length], i) => ({ ...range(first, first + length), i })));
const members = (ranges: readonly Range[]): number[] =>
  Array.from({ length: 60 }, (_, n) => n).filter((n) =>
    ranges.some(({ first, last }) => BigInt(n) >= first && BigInt(n) <= last),
  );

test('ranges in any order, overlapping or not, are what the sets of their numbers are', () => {
  fc.assert(
    fc.property(anyRanges, anyRanges, fc.nat(50), (ranges, others, n) => {
      const [there, other] = [new Set(members(ranges)), new Set(members(others))];
      expect(members(joined(ranges))).toEqual(members(ranges));
      expect([...joined(ranges)]).toEqual(joined(ranges.toReversed()));
      expect(missingOf(joined(ranges), range(0, 59))).toEqual(minus([range(0, 59)], ranges));
      expect(members(common(ranges, others))).toEqual(members(ranges).filter((number) => other.has(number)));
      // Of each range by itself, and what it says of itself stays with its parts.
      for (const one of ranges) {
        const [inside, outside] = split([one], others);
        expect([...inside, ...outside].every(({ i }) => i === one.i)).toBe(true);
        expect(members(outside)).toEqual(members([one]).filter((number) => !other.has(number)));
        expect(countOf(inside) + countOf(outside)).toBe(Number(one.last - one.first) + 1);
        expect(meets(joined(others), one)).toBe(inside.length > 0);
      }
      expect(holds(joined(ranges), BigInt(n))).toBe(there.has(n));
    }),
  );
});

test('between two numbers lies what is neither', () => {
  expect([between(3n, 7n), between(3n, 4n), between(3n, 3n)]).toEqual([[range(4, 6)], [], []]);
});
