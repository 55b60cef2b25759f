import fc from 'fast-check';
import { type HubEvent } from '../../src/lib/decode/event';
import { cut } from '../../src/lib/ledger/cut';
import { uncovered } from '../../src/lib/ledger/rules';
import { utcDay } from '../../src/lib/time';

const MIDNIGHT = Date.UTC(2026, 10, 23);

const event = (sequence: number, enqueuedAt = MIDNIGHT, bytes = 10): HubEvent => ({
  sequence: BigInt(sequence),
  offset: '0',
  enqueuedAt,
  partitionKey: null,
  properties: {},
  body: Buffer.alloc(bytes),
});

const sizeOf = (item: HubEvent): number => item.body.length;

const ranges = (events: HubEvent[], maxBytes = 1_000): string[] =>
  cut(events, maxBytes, sizeOf).map((run) => `${run[0].sequence}-${run[run.length - 1]?.sequence}`);

test('no events make no runs', () => {
  expect(cut([], 100, sizeOf)).toEqual([]);
});

test('it cuts where numbers are not contiguous', () => {
  expect(ranges([event(1), event(2), event(5), event(6), event(8)])).toEqual(['1-2', '5-6', '8-8']);
});

test('it cuts at midnight UTC by the time at which the hub accepted the event', () => {
  expect(ranges([event(1, MIDNIGHT - 2), event(2, MIDNIGHT - 1), event(3, MIDNIGHT), event(4, MIDNIGHT + 1)])).toEqual([
    '1-2',
    '3-4',
  ]);
});

test('it cuts before a file would outgrow its size, and a larger event is a file of its own', () => {
  const sizes = [40, 40, 40, 500, 40, 60];
  const events = sizes.map((bytes, i) => event(i, MIDNIGHT, bytes));
  expect(ranges(events, 100)).toEqual(['0-1', '2-2', '3-3', '4-5']);
});

test('whatever is cut, all events come out once, in order, in runs that keep the rules', () => {
  const steps = fc.array(
    fc.record({ skip: fc.constantFrom(1, 1, 1, 2, 9), wait: fc.constantFrom(0, 5, 40_000_000), bytes: fc.nat(60) }),
  );
  fc.assert(
    fc.property(steps, (shape) => {
      let [sequence, now] = [0, MIDNIGHT];
      const events = shape.map(({ skip, wait, bytes }) => event((sequence += skip), (now += wait), bytes));
      const runs = cut(events, 100, sizeOf);
      expect(runs.flat()).toEqual(events);
      for (const run of runs) {
        expect(new Set(run.map(({ enqueuedAt }) => utcDay(enqueuedAt))).size).toBe(1);
        run.forEach((item, i) => expect(item.sequence).toBe(run[0].sequence + BigInt(i)));
        if (run.length > 1) expect(run.reduce((sum, item) => sum + sizeOf(item), 0)).toBeLessThanOrEqual(100);
      }
    }),
  );
});

test('events out of order or twice in one batch are put in order, once each', () => {
  const birth = {
    source: 'mongodb' as const,
    namespace: 'ns',
    hub: 'h',
    partition: '0',
    incarnation: 1,
    generation: 'g',
    hubCreatedAt: null,
  };
  const rest = uncovered(birth, [event(3), event(1), event(2), event(1), event(3)]);
  expect(rest.map((item) => item.sequence)).toEqual([1n, 2n, 3n]);
});
