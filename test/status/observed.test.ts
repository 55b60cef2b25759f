import fc from 'fast-check';
import { addHistograms, boundOf, bucketOf, percentile } from '../../src/lib/status/histogram';
import { addMinutes, failedMinute, landedMinute, type Minute } from '../../src/lib/status/observed';
import { formatObserved, parseObserved } from '../../src/lib/status/observed-json';
import { type BatchReport } from '../../src/lib/report';

const AT = Date.parse('2026-11-22T12:00:30Z');

const report = (changes: Partial<BatchReport> = {}): BatchReport => ({
  ...{ hub: 'h', partition: '0', incarnation: 1, firstSequence: '1', lastSequence: '3', received: 3, written: 2 },
  ...{ duplicates: 1, quarantined: 1, unrecognised: 0, propertiesLost: false, gap: 4, files: 2, bytes: 900 },
  ...{ swapConflicts: 0, writeMs: 40, delayMs: 1_200, sourceDelayMs: null },
  ...changes,
});

const minutes = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 90 }).map((minute) => AT + minute * 60_000),
    source: fc.constantFrom('postgresql' as const, 'mongodb' as const),
    failed: fc.boolean(),
    written: fc.nat(1000),
  }),
  { maxLength: 60 },
);

type Seen = { at: number; source: 'postgresql' | 'mongodb'; failed: boolean; written: number };
const seen = ({ at, source, failed, written }: Seen): Minute =>
  failed ? failedMinute(source, at, 'STORAGE_FAILED') : landedMinute(source, at, report({ written }));

test('a bucket holds what is at most its bound and more than the one before', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 3_600_000, noNaN: true }), (ms) => {
      const bucket = bucketOf(ms);
      expect(ms).toBeLessThanOrEqual(boundOf(bucket) * (1 + 1e-8));
      if (bucket > 0) expect(ms).toBeGreaterThan(boundOf(bucket - 1) * (1 - 1e-8));
    }),
  );
  expect([bucketOf(-5), bucketOf(0), bucketOf(Number.NaN), bucketOf(1e12)]).toEqual([0, 0, 0, 58]);
});

test('a percentile is within a quarter above the true one', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 11, max: 1_000_000 }), { minLength: 1 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (values, share) => {
        const histogram = values.reduce((sum, ms) => addHistograms(sum, { [bucketOf(ms)]: 1 }), {});
        const exact = [...values].sort((a, b) => a - b)[Math.ceil(values.length * share - 1e-9) - 1] ?? 0;
        const told = percentile(histogram, share) ?? 0;
        expect(told).toBeGreaterThanOrEqual(exact - 1);
        expect(told).toBeLessThanOrEqual(exact * 1.25 + 1);
      },
    ),
  );
  expect(percentile({}, 0.5)).toBeNull();
});

test('minutes add up, whatever the order and however often they are added', () => {
  fc.assert(
    fc.property(minutes, fc.nat(60), (all, at) => {
      const each = all.map(seen);
      const [some, others] = [each.slice(0, at), each.slice(at)];
      const once = addMinutes(each, 1_000);
      expect(addMinutes([...addMinutes(others, 1_000), ...addMinutes(some, 1_000)], 1_000)).toEqual(once);
      const sum = (of: readonly Minute[]): number => of.reduce((total, { written }) => total + written, 0);
      expect(sum(once)).toBe(sum(each));
      expect(new Set(once.map(({ minute, source }) => `${minute} ${source}`)).size).toBe(once.length);
    }),
  );
});

test('what is older than an hour before the latest goes', () => {
  const kept = addMinutes(
    [0, 1, 60, 61].map((minute) => failedMinute('mongodb', AT + minute * 60_000, 'X')),
    60,
  );
  expect(kept.map(({ minute }) => minute - Math.floor(AT / 60_000))).toEqual([60, 61]);
});

test('what an instance saw comes back from its file', () => {
  fc.assert(
    fc.property(minutes, (all) => {
      const sums = addMinutes(all.map(seen), 60);
      expect(parseObserved(formatObserved('instance-1', sums))).toEqual(sums);
    }),
  );
});

test.each([
  '',
  '{}',
  '[',
  '{"format":2,"instance":"a","minutes":[]}',
  '{"format":1,"instance":"a","minutes":[{"minute":-1}]}',
])('a file that holds %j tells nothing', (text) => {
  expect(parseObserved(Buffer.from(text))).toEqual([]);
});
