import { MongoServerError } from 'mongodb';
import { Patience } from '../../../src/lib/capture/mongodb/patience';
import { SafeToken } from '../../../src/lib/capture/mongodb/safe';
import { type ChangeSink } from '../../../src/lib/capture/port';

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

describe('a resume token', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const kept: string[] = [];
  const failures: unknown[] = [];
  const open = (sink: ChangeSink): SafeToken => {
    kept.length = 0;
    failures.length = 0;
    const keep = (token: string): Promise<void> => {
      kept.push(token);
      return Promise.resolve();
    };
    return new SafeToken({ sink, keep }, null, (error) => failures.push(error));
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
});

describe('patience', () => {
  const { signal } = new AbortController();
  const broken = new MongoServerError({ code: 43, errmsg: 'cursor not found' });
  const pauseMs = async (patience: Patience): Promise<number> => {
    const before = performance.now();
    await patience.after(broken, signal);
    return performance.now() - before;
  };

  test('lasts for four failures in a row, with longer and longer pauses', async () => {
    const patience = new Patience();
    expect(await pauseMs(patience)).toBeLessThan(400);
    for (const ms of [500, 1_000, 2_000]) expect(await pauseMs(patience)).toBeGreaterThan(ms - 10);
    await expect(patience.after(broken, signal)).rejects.toBe(broken);
  });

  test('is whole again once something has come', async () => {
    const patience = new Patience();
    for (let n = 0; n < 10; n += 1) {
      expect(await pauseMs(patience)).toBeLessThan(400);
      patience.restore();
    }
  });

  test('ends with its signal, and is not for what does not pass', async () => {
    const patience = new Patience();
    for (let n = 0; n < 4; n += 1) await patience.after(broken, AbortSignal.abort());
    const lost = new MongoServerError({ code: 286, errmsg: 'gone' });
    await expect(new Patience().after(lost, signal)).rejects.toBe(lost);
  });
});
