import { MongoServerError } from 'mongodb';
import { Patience } from '../../../src/lib/capture/mongodb/patience';

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
