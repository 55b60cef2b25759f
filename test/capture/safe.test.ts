import { type ChangeSink } from '../../src/lib/capture/port';
import { SafePosition } from '../../src/lib/capture/safe';

/** A sink whose flushes end when a test says so. */
function heldSink() {
  const flushes: PromiseWithResolvers<undefined>[] = [];
  const sink: ChangeSink = {
    put: () => undefined,
    flush: () => {
      const flush = Promise.withResolvers<undefined>();
      flushes.push(flush);
      return flush.promise;
    },
    accepted: { events: 0, batches: 0, bytes: 0 },
  };
  return { sink, flushes };
}

describe('a position', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const kept: string[] = [];
  const failures: unknown[] = [];
  const told: [string, string][] = [];
  const open = (sink: ChangeSink, start: string | null = null): SafePosition<string> => {
    kept.length = 0;
    failures.length = 0;
    told.length = 0;
    const keep = (token: string): Promise<void> => {
      kept.push(token);
      return Promise.resolve();
    };
    const tell = (reached: string, safe: string): void => void told.push([reached, safe]);
    return new SafePosition({ sink, keep, tell }, start, (error) => failures.push(error));
  };

  test('that is reached while a flush is under way is not kept with it', async () => {
    const { sink, flushes } = heldSink();
    const safe = open(sink);
    safe.reach('one');
    await jest.advanceTimersByTimeAsync(500);
    safe.reach('two');
    await jest.advanceTimersByTimeAsync(2_000);
    expect(flushes).toHaveLength(1);
    flushes[0]?.resolve(undefined);
    await jest.advanceTimersByTimeAsync(0);
    expect(kept).toEqual(['one']);
    safe.stop();
  });

  test('is kept every five seconds at most, and at the end', async () => {
    const { sink, flushes } = heldSink();
    const safe = open(sink);
    const flushed = async (token: string): Promise<void> => {
      safe.reach(token);
      await jest.advanceTimersByTimeAsync(500);
      flushes.at(-1)?.resolve(undefined);
      await jest.advanceTimersByTimeAsync(0);
    };
    for (let n = 1; n <= 12; n += 1) await flushed(`${n}`);
    expect(kept).toEqual(['1', '11']);
    const settled = safe.settle();
    await jest.advanceTimersByTimeAsync(0);
    flushes.at(-1)?.resolve(undefined);
    await settled;
    expect(kept).toEqual(['1', '11', '12']);
  });

  test('is not kept again where it has not moved', async () => {
    const { sink, flushes } = heldSink();
    const safe = open(sink);
    safe.reach('one');
    for (let n = 0; n < 30; n += 1) {
      await jest.advanceTimersByTimeAsync(500);
      flushes.at(-1)?.resolve(undefined);
    }
    expect(kept).toEqual(['one']);
    safe.stop();
  });

  test('is kept no more once a flush has failed', async () => {
    const { sink, flushes } = heldSink();
    const safe = open(sink);
    safe.reach('one');
    await jest.advanceTimersByTimeAsync(500);
    flushes[0]?.reject(new Error('refused'));
    await jest.advanceTimersByTimeAsync(10_000);
    expect(failures).toEqual([new Error('refused')]);
    expect(flushes).toHaveLength(1);
    expect(kept).toEqual([]);
  });

  test('is told to the source only once it is kept; and as long as Event Hubs takes, the source hears of the one before', async () => {
    const { sink, flushes } = heldSink();
    const safe = open(sink, 'zero');
    safe.reach('one');
    await jest.advanceTimersByTimeAsync(60_000);
    expect(kept).toEqual([]);
    // Every five seconds: a source that hears nothing for a minute takes us for dead.
    expect(told.length).toBeGreaterThanOrEqual(11);
    expect(new Set(told.map((each) => each.join()))).toEqual(new Set(['one,zero']));
    flushes[0]?.resolve(undefined);
    await jest.advanceTimersByTimeAsync(0);
    expect([kept, told.at(-1)]).toEqual([['one'], ['one', 'one']]);
    safe.stop();
  });
});
