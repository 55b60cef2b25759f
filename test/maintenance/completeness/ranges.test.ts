import fc from 'fast-check';
import { Ranges } from '../../../src/lib/maintenance/completeness/ranges';

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
    }),
  );
});

function numbers(first: bigint, last: bigint): bigint[] {
  return Array.from({ length: Number(last - first) + 1 }, (_, i) => first + BigInt(i));
}
