import fc from 'fast-check';
import { figuresOf, firstDayOf } from '../../../src/lib/maintenance/completeness/days';
import { type PartitionProof } from '../../../src/lib/maintenance/completeness/judge';
import { DAY_MS, utcDay } from '../../../src/lib/time';
import { histories, proofOf, type Fate, type History } from './history';

const NOON = Date.UTC(2026, 10, 20, 12);
const DAY = utcDay(NOON);
const days = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** One event a day at noon, each in a file of its own. */
const daily = (...fates: Fate[]): PartitionProof =>
  proofOf({
    partition: '3',
    stretches: fates.map((fate, i) => ({ first: BigInt(i), last: BigInt(i), fate, times: [NOON + i * DAY_MS] })),
  }) as PartitionProof;

const lacking = (proof: PartitionProof): [missing: string, lost: string] => {
  const figures = figuresOf([proof], days(DAY - 1, DAY + 4));
  return [figures.map(({ missing }) => missing.count).join(' '), figures.map(({ lost }) => lost.count).join(' ')];
};

test('what is missing or lost may be of any day between the run before it and the run behind it', () => {
  expect(lacking(daily('landed', 'landed'))).toEqual(['0 0 0 0 0 0', '0 0 0 0 0 0']);
  expect(lacking(daily('landed', 'gap', 'landed', 'landed'))).toEqual(['0 1 1 1 0 0', '0 0 0 0 0 0']);
  expect(lacking(daily('landed', 'lost', 'torn', 'landed'))).toEqual(['0 1 1 1 1 0', '0 1 1 1 1 0']);
  // Nothing before it: it may be of any day before.
  expect(lacking(daily('taken', 'landed'))).toEqual(['1 1 1 0 0 0', '0 0 0 0 0 0']);
  // Nothing behind it: at the latest of the day of the ledger's latest event.
  expect(lacking(daily('landed', 'landed', 'taken'))).toEqual(['0 0 1 1 0 0', '0 0 0 0 0 0']);
});

test('a day of which a file waits to be published, or is there twice, is not settled', () => {
  const isUnsettled = (proof: PartitionProof): boolean[] =>
    figuresOf([proof], days(DAY, DAY + 3)).map((one) => one.isUnsettled);
  expect(isUnsettled(daily('landed', 'staged', 'landed', 'landed'))).toEqual([true, true, true, false]);
  const doubled = [{ first: 1n, last: 1n, day: DAY + 1 }];
  expect(isUnsettled({ ...daily('landed', 'landed', 'landed', 'landed'), doubled })).toEqual([
    false,
    true,
    false,
    false,
  ]);
});

test('each day has its partitions with their first and last numbers, and days without any event are there, too', () => {
  const [one, other] = [daily('landed', 'landed'), { ...daily('landed'), partition: '4', incarnation: 2 }];
  const place = { namespace: 'example', hub: 'changes' };
  expect(firstDayOf([one, other])).toBe(DAY);
  expect(firstDayOf([])).toBeNull();
  expect(figuresOf([one, other], [DAY + 2, DAY])).toMatchObject([
    {
      ...{ day: DAY, events: 2, quarantined: 0 },
      partitions: [
        { ...place, partition: '3', incarnation: 1, first: 0n, last: 0n, events: 1, quarantined: 0 },
        { ...place, partition: '4', incarnation: 2, first: 0n, last: 0n, events: 1, quarantined: 0 },
      ],
    },
    { day: DAY + 2, events: 0, partitions: [], missing: { count: 0 }, lost: { count: 0 }, isUnsettled: false },
  ]);
});

const LANDED = new Set<Fate>(['landed', 'torn']);

test('a day that is told as whole lacks no event, and its count is that of its events', () => {
  fc.assert(
    fc.property(histories('0', NOON), (history: History) => {
      const proof = proofOf(history);
      if (proof === null) return;
      const within = history.stretches.filter(({ first, last }) => first >= proof.start && last <= proof.last);
      for (const figures of figuresOf([proof], days(DAY, DAY + 30))) {
        const { day, events, missing, lost, isUnsettled } = figures;
        if (missing.count + lost.count > 0 || isUnsettled) continue;
        const of = within.filter(({ times }) => times.some((at) => utcDay(at) === day));
        expect(of.filter(({ fate }) => !LANDED.has(fate))).toEqual([]);
        const filed = of.filter(({ times }) => utcDay(times[0] ?? 0) === day);
        expect(events).toBe(filed.reduce((sum, { times }) => sum + times.length, 0));
      }
    }),
    { numRuns: 1_000 },
  );
});
