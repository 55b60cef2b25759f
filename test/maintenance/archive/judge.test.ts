import { keptBy, type Ages } from '../../../src/lib/maintenance/archive/judge';
import { DAY_MS } from '../../../src/lib/time';

const NOW = Date.UTC(2026, 10, 22);
const AGES: Ages = { serviceNow: NOW, writtenMs: DAY_MS, eventMs: 7 * DAY_MS };
const ledger = (daysOld: number) => ({ lastEnqueuedAt: NOW - daysOld * DAY_MS, source: 'mongodb', gaps: [] }) as const;
const gap = { first: 1n, last: 2n, noticedAt: NOW };

test.each([
  ['may go', ledger(8), NOW - 2 * DAY_MS, true, null],
  ['was just written', ledger(8), NOW - DAY_MS + 1, true, 'young'],
  ['has no known age', ledger(8), 0, true, 'young'],
  ['has no age that is a number', ledger(8), NaN, true, 'young'],
  ['has an event that the hub may still keep', ledger(6), NOW - 2 * DAY_MS, true, 'recent'],
  ['has a gap that is open', { ...ledger(8), gaps: [gap] }, NOW - 2 * DAY_MS, true, 'gaps'],
  ['has days that are not optimised', ledger(8), NOW - 2 * DAY_MS, false, 'not_optimised'],
] as const)('a ledger that %s', (_, of, modifiedAt, isOptimised, kept) => {
  expect(keptBy(of, modifiedAt, AGES, () => isOptimised)).toBe(kept);
});
