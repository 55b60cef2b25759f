import { BatchFormer } from '../../../local/host/batching';
import { simulateBatches } from '../../../local/host/simulate-batches';

const SETTINGS = { minimum: 4, maximum: 5, maxWaitMs: 1000 };

/** Events that say when they came. */
const events = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i);

/** A former whose first batch, which has rules of its own, is behind it. */
function warm(settings = SETTINGS): BatchFormer<number> {
  const former = new BatchFormer<number>(settings, null);
  former.ended(0);
  return former;
}

describe('batches', () => {
  test('with a minimum of 1 what is received is a batch, and nothing waits', () => {
    const former = new BatchFormer<number>({ ...SETTINGS, minimum: 1 }, null);
    expect(former.received([7], 0)).toEqual([7]);
    former.ended(1);
    expect(former.dueAt).toBeNull();
  });

  test('below the minimum it waits, at the minimum it is a batch', () => {
    const former = warm();
    expect(former.received(events(3), 100)).toEqual([]);
    expect(former.received(events(1, 3), 200)).toEqual(events(4));
    expect(former.dueAt).toBeNull();
  });

  test('one receive gives one batch of the maximum at most; what is over waits from the end of the batch', () => {
    const former = warm();
    former.received(events(3), 0);
    expect(former.received(events(5, 3), 10)).toEqual(events(5));
    former.ended(400);
    expect(former.dueAt).toBe(1400);
    expect(former.waited(1400)).toEqual(events(3, 5));
  });

  test('the wait counts from the first that is kept: later ones do not prolong it', () => {
    const former = warm();
    former.received([1], 100);
    former.received([2], 1000);
    expect(former.dueAt).toBe(1100);
    expect(former.waited(1099)).toEqual([]);
    expect(former.waited(1100)).toEqual([1, 2]);
    former.ended(1200);
    expect(former.waited(9999)).toEqual([]);
  });

  test('a full batch ends the wait that was going on; what is left begins its own', () => {
    const former = warm();
    former.received(events(3), 0);
    former.received(events(4, 3), 900);
    former.ended(950);
    expect(former.dueAt).toBe(1950);
  });

  test.each([
    { checkpointAt: null, dueAt: 5000, of: 'no checkpoint: it does not wait' },
    { checkpointAt: 4700, dueAt: 5700, of: 'a recent checkpoint: what is left of the wait' },
    { checkpointAt: 3000, dueAt: 5000, of: 'an old checkpoint: it does not wait' },
  ])('the first batch after a takeover: $of', ({ checkpointAt, dueAt }) => {
    const former = new BatchFormer<number>(SETTINGS, checkpointAt);
    former.received([1], 5000);
    expect(former.dueAt).toBe(dueAt);
    former.waited(dueAt);
    former.ended(dueAt);
    former.received([2], 6000);
    expect(former.dueAt).toBe(7000);
  });
});

describe('in simulated time', () => {
  const simulation = { ...SETTINGS, handlerMs: () => 0, checkpointAt: 0 };

  test('a steady stream fills batches of the minimum: each event is received as it comes', () => {
    const arrivals = events(12).map((i) => 2000 + i * 10);
    expect(simulateBatches(arrivals, simulation)).toEqual([
      // Taken over long after the checkpoint: the first event does not wait.
      { at: 2000, count: 1, oldestAt: 2000 },
      { at: 2040, count: 4, oldestAt: 2010 },
      { at: 2080, count: 4, oldestAt: 2050 },
      { at: 3090, count: 3, oldestAt: 2090 },
    ]);
  });

  test('while the function runs events gather, and the next batches are full', () => {
    const arrivals = events(14).map((i) => 2000 + i);
    const batches = simulateBatches(arrivals, { ...simulation, handlerMs: () => 100 });
    // One at once; then five are received, and five again; the three that are left make no minimum and wait.
    expect(batches.map(({ at, count }) => [at, count])).toEqual([
      [2000, 1],
      [2100, 5],
      [2200, 5],
      [3300, 3],
    ]);
  });

  test('every event is handed over once, in batches within the maximum, none later than wait and function take', () => {
    const arrivals = events(5000)
      .map((i) => 2000 + Math.floor((i * 7919) % 60_000))
      .sort((a, b) => a - b);
    const batches = simulateBatches(arrivals, { ...simulation, handlerMs: (count) => count });
    expect(batches.reduce((total, { count }) => total + count, 0)).toBe(5000);
    for (const { at, count, oldestAt } of batches) {
      expect(count).toBeLessThanOrEqual(5);
      expect(at - oldestAt).toBeLessThanOrEqual(SETTINGS.maxWaitMs + 5);
    }
  });
});
