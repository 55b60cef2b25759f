import fc from 'fast-check';
import { cover, isCovered } from '../../../src/lib/ledger/coverage';
import { type Ledger } from '../../../src/lib/ledger/ledger';
import { formatLedger, parseLedger } from '../../../src/lib/ledger/ledger-json';
import { closeGaps, coveredParts, openParts, reopened } from '../../../src/lib/ledger/rules';
import { doubtOf, verdictsOf } from '../../../src/lib/maintenance/repair/partition';
import { common, countOf, minus, type Range, splitAt, stretchesOf } from '../../../src/lib/ranges';

const NOTICED = Date.UTC(2026, 10, 22, 12);
const NOW = NOTICED + 60_000;

/** Covers `numbers`, which begin and end it. */
function ledgerOf(numbers: readonly number[], changes: Partial<Ledger> = {}): Ledger {
  const coverage = cover(
    null,
    numbers.map((number) => ({ first: BigInt(number), last: BigInt(number) })),
    NOTICED,
  );
  return {
    ...{ source: 'postgresql', namespace: 'n', hub: 'h', partition: '3', incarnation: 1, generation: 'g' },
    ...{ hubCreatedAt: null, lastEnqueuedAt: NOTICED, successor: null },
    ...{ pending: [], counters: { events: 0, quarantined: 0, files: 0, bytes: 0 } },
    ...coverage,
    ...changes,
  };
}

const range = (first: number, last = first): Range => ({ first: BigInt(first), last: BigInt(last) });
const upTo = 40;
const coveredNumbers = (ledger: Ledger): number[] =>
  Array.from({ length: upTo + 1 }, (_, i) => i).filter((number) => isCovered(ledger, BigInt(number)));
const isIn = (ranges: readonly Range[], number: number): boolean =>
  ranges.some(({ first, last }) => number >= first && number <= last);

const ledgers = fc
  .uniqueArray(fc.integer({ min: 0, max: upTo }), { minLength: 1 })
  .map((numbers) => ledgerOf([...numbers].sort((a, b) => a - b)));
/** Ascending, apart. */
const rangeLists = fc
  .uniqueArray(fc.integer({ min: 0, max: upTo }), { maxLength: 12 })
  .map((ends) => [...ends].sort((a, b) => a - b))
  .map((ends) => Array.from({ length: ends.length >> 1 }, (_, i) => range(ends[2 * i] ?? 0, ends[2 * i + 1])));

describe('closing gaps', () => {
  test.each([
    ['a whole gap', [range(3, 5)], []],
    ['its beginning', [range(3)], [range(4, 5)]],
    ['its middle', [range(4)], [range(3), range(5)]],
    ['more than it', [range(0, 9)], []],
    ['nothing that is open', [range(0, 2)], [range(3, 5)]],
  ])('%s', (_, ranges, left) => {
    const gaps = closeGaps(ledgerOf([0, 1, 2, 6]), ranges).gaps;
    expect(gaps).toEqual(left.map((gap) => ({ ...gap, noticedAt: NOTICED })));
  });

  test('covers what was open in the ranges, and changes nothing else', () => {
    fc.assert(
      fc.property(ledgers, rangeLists, (ledger, ranges) => {
        const closed = closeGaps(ledger, ranges);
        const expected = Array.from({ length: upTo + 1 }, (_, i) => i).filter(
          (n) => isCovered(ledger, BigInt(n)) || (n >= ledger.start && n <= ledger.last && isIn(ranges, n)),
        );
        expect(coveredNumbers(closed)).toEqual(expected);
        expect({ ...closed, gaps: [] }).toEqual({ ...ledger, gaps: [] });
        expect(parseLedger(formatLedger(closed), 'path')).toEqual(closed);
        const open = openParts(ledger, ranges);
        expect(countOf(open)).toBe(expected.length - coveredNumbers(ledger).length);
        expect(openParts(closed, ranges)).toEqual([]);
      }),
    );
  });
});

describe('taking coverage back', () => {
  test('makes open gaps, noticed now, in a new generation; what is pending was published', () => {
    const ledger = ledgerOf([0, 1, 2, 3, 4, 5], { pending: [{ staged: 's', final: 'f' }] });
    expect(reopened(ledger, [range(1, 2), range(4)], 'g2', NOW)).toEqual({
      ...ledger,
      generation: 'g2',
      pending: [],
      gaps: [
        { ...range(1, 2), noticedAt: NOW },
        { ...range(4), noticedAt: NOW },
      ],
    });
  });

  test('beside a gap that was there, they are one, noticed when the first was', () => {
    expect(reopened(ledgerOf([0, 1, 2, 6, 7, 8]), [range(1, 2), range(6)], 'g2', NOW)?.gaps).toEqual([
      { ...range(1, 6), noticedAt: NOTICED },
    ]);
  });

  test('the beginning stays the beginning, and the end moves back: `last` is always covered', () => {
    expect(reopened(ledgerOf([0, 1, 2, 6, 7]), [range(0), range(6, 7)], 'g2', NOW)).toMatchObject({
      ...{ start: 0n, last: 2n },
      gaps: [{ ...range(0), noticedAt: NOW }],
    });
  });

  test('nothing is left where all of it is missing', () => {
    expect(reopened(ledgerOf([3, 4, 9]), [range(0, 30)], 'g2', NOW)).toBeNull();
  });

  test('covers what was covered and is not in the ranges, and gives a ledger that can be stored', () => {
    fc.assert(
      fc.property(ledgers, rangeLists, (ledger, ranges) => {
        const next = reopened(ledger, ranges, 'g2', NOW);
        const expected = coveredNumbers(ledger).filter((number) => !isIn(ranges, number));
        expect(next === null ? [] : coveredNumbers(next)).toEqual(expected);
        expect(countOf(coveredParts(ledger, ranges))).toBe(coveredNumbers(ledger).length - expected.length);
        if (next !== null) expect(parseLedger(formatLedger(next), 'path')).toEqual(next);
      }),
    );
  });
});

describe('whose answer it is', () => {
  const covered = { last: 99n, lastEnqueuedAt: NOW };
  test.each([
    ['the hub whose events are covered', { createdAt: NOTICED, begin: 50n, last: 99n }, null],
    ['made when the last of them came', { createdAt: NOW, begin: 0n, last: 120n }, null],
    ['made afterwards', { createdAt: NOW + 1, begin: 0n, last: 120n }, 'hub_made_anew'],
    ['of fewer events', { createdAt: NOTICED, begin: 0n, last: 98n }, 'unknown'],
  ])('%s', (_, facts, reason) => {
    expect(doubtOf(covered, facts)?.reason ?? null).toBe(reason);
  });
});

describe('what is given up', () => {
  const reading = { filled: 0, isOutOfTime: false, why: null };
  const judged = (below: Range[], seen: Range[], passed: Range[], begin: number | null) =>
    verdictsOf(below, { ...reading, seen, passed }, begin === null ? null : BigInt(begin));

  test.each([
    ['what was passed over is absent', [], [range(10, 12)], [range(10, 20)], 0, [], [range(13, 20)]],
    ['what the hub no longer had before is expired', [range(1, 4)], [], [], 5, [range(1, 4)], []],
    ['what retention took meanwhile is expired', [], [], [range(10, 20)], 15, [range(10, 14)], [range(15, 20)]],
    ['what was not reached is neither', [], [range(10)], [range(10)], 0, [], []],
  ])('%s', (_, below, seen, passed, begin, expired, absent) => {
    expect(judged(below, seen, passed, begin)).toEqual([
      { outcome: 'expired', ranges: expired },
      { outcome: 'absent', ranges: absent },
    ]);
  });

  test('where the hub could not be asked again, only what was too old before', () => {
    expect(judged([range(1, 4)], [], [range(10, 20)], null)).toEqual([{ outcome: 'expired', ranges: [range(1, 4)] }]);
  });
});

describe('ranges', () => {
  test('minus, common, count and split agree number for number', () => {
    fc.assert(
      fc.property(rangeLists, rangeLists, fc.integer({ min: 0, max: upTo }), (a, b, limit) => {
        const [below, from] = splitAt(a, BigInt(limit));
        const [without, both] = [minus(a, b), common(a, b)];
        for (let n = 0; n <= upTo; n += 1) {
          expect(isIn(without, n)).toBe(isIn(a, n) && !isIn(b, n));
          expect(isIn(both, n)).toBe(isIn(a, n) && isIn(b, n));
          expect(isIn(below, n)).toBe(isIn(a, n) && n < limit);
          expect(isIn(from, n)).toBe(isIn(a, n) && n >= limit);
        }
        expect(countOf(without) + countOf(both)).toBe(countOf(a));
      }),
    );
  });

  test('what lies between two is read along where it is short', () => {
    const ranges = [range(1, 2), range(6), range(17), range(19)];
    expect(stretchesOf(ranges, 3n)).toEqual([range(1, 6), range(17, 19)]);
    expect(stretchesOf([], 3n)).toEqual([]);
  });
});
