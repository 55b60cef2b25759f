import fc from 'fast-check';
import { surplusOf } from './surplus';

/** The rule by which doubled files are taken out. */

const bronze = (range: string, count: number): string => `bronze/postgresql/2026/11/22/data_T_0_${range}_${count}.json`;
const bad = (range: string, count: number): string =>
  `quarantine/postgresql/2026/11/22/data_T_0_${range}_${count}.json`;

test.each([
  { what: 'nothing doubled', keep: [bronze('0-9', 10), bronze('12-19', 8)], out: [] },
  { what: 'merged, and every input', keep: [bronze('0-19', 20)], out: [bronze('0-9', 10), bronze('10-19', 10)] },
  { what: 'merged, and some inputs', keep: [bronze('0-19', 20)], out: [bronze('10-19', 10)] },
  {
    what: 'merged in part: its file in quarantine is not there yet',
    keep: [bronze('0-9', 8), bad('0-9', 2), bronze('10-19', 10)],
    out: [bronze('0-19', 18)],
  },
  {
    what: 'merged on both shelves',
    keep: [bronze('0-19', 18), bad('0-19', 2)],
    out: [bronze('0-9', 8), bad('0-9', 2), bronze('10-19', 10)],
  },
  {
    what: 'the same again in other batches',
    keep: [bronze('10-39', 30)],
    out: [bronze('10-16', 7), bronze('17-29', 13)],
  },
  {
    what: 'again in part',
    keep: [bronze('10-16', 7), bronze('17-29', 13)],
    out: [bronze('10-20', 11)],
  },
  {
    what: 'again across the end of what was there',
    keep: [bronze('10-24', 15), bronze('25-39', 15)],
    out: [bronze('10-16', 7), bronze('17-29', 13)],
  },
  { what: 'a torn run that is nowhere else', keep: [bronze('0-9', 10), bad('10-19', 2)], out: [] },
])('$what', ({ keep, out }) => {
  expect(surplusOf([...keep, ...out]).sort()).toEqual([...out].sort());
});

test('partitions and incarnations are apart', () => {
  const names = ['0', '1', '0_i2'].map((of) => `bronze/postgresql/2026/11/22/data_T_${of}_0-9_10.json`);
  expect(surplusOf(names)).toEqual([]);
});

test('where every choice would lose or double something, none is made', () => {
  expect(() => surplusOf([bronze('0-9', 10), bronze('5-14', 10)])).toThrow('0 and 14');
});

test('whatever batches deliver the same numbers twice: what stays has each once', () => {
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 39 }), { maxLength: 8 });
  const runsOf = (at: readonly number[]): string[] => {
    const bounds = [0, ...[...at].sort((a, b) => a - b), 40];
    return bounds.slice(1).map((next, i) => bronze(`${bounds[i]}-${next - 1}`, next - (bounds[i] as number)));
  };
  fc.assert(
    fc.property(cuts, cuts, (one, other) => {
      const all = [...new Set([...runsOf(one), ...runsOf(other)])];
      const out = new Set(surplusOf(all));
      const numbers = all
        .filter((path) => !out.has(path))
        .flatMap((path) => {
          const [first = 0, last = 0] = (/_(\d+)-(\d+)_/.exec(path) ?? []).slice(1).map(Number);
          return Array.from({ length: last - first + 1 }, (_, i) => first + i);
        });
      expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
    }),
  );
});
