import { PipelineError } from '../../../src/lib/errors';
import { takenBy, withLock, type Lease, type LockTime, type MaintenanceLock } from '../../../src/lib/maintenance/lock';

/** How a lock is kept while it is held, in a time that passes only when nobody is busy. */

class Time implements LockTime {
  ms = 0;
  readonly slept: number[] = [];
  readonly now = (): number => this.ms;
  readonly sleep = (ms: number, signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    this.slept.push(ms);
    this.ms += ms;
    return Promise.resolve();
  };
}

const refused = new PipelineError('STORAGE_FAILED', 'no answer', { retryable: true });

/** A lease that answers to renewals as told, and is renewed from then on. */
function lockOf(answers: readonly ('renewed' | 'lost' | 'failed')[], events: string[] = []): MaintenanceLock {
  let renewals = 0;
  const lease: Lease = {
    lastsMs: 60_000,
    renewEveryMs: 20_000,
    renew() {
      const answer = answers[renewals] ?? 'lost';
      renewals += 1;
      events.push(answer);
      return answer === 'failed' ? Promise.reject(refused) : Promise.resolve(answer);
    },
    release() {
      events.push('released');
      return Promise.resolve();
    },
  };
  return { take: () => Promise.resolve(lease), holder: () => Promise.resolve(null) };
}

const untilAborted = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.reason)));

test('what is done under the lock is what comes of it, and the lock is given back', async () => {
  const events: string[] = [];
  expect(await withLock(lockOf([], events), 'weekly', () => Promise.resolve(7), stopped)).toBe(7);
  expect(events).toEqual(['released']);
});

test('what fails under the lock is thrown, and the lock is given back', async () => {
  const events: string[] = [];
  const failing = withLock(lockOf([], events), 'weekly', () => Promise.reject(new Error('broken')), stopped);
  await expect(failing).rejects.toThrow('broken');
  expect(events).toEqual(['released']);
});

test('a lock that another has is not waited for', async () => {
  const taken: MaintenanceLock = { take: () => Promise.resolve('taken'), holder: () => Promise.resolve(null) };
  const act = jest.fn();
  expect(await withLock(taken, 'daily', act)).toBe('taken');
  expect(act).not.toHaveBeenCalled();
});

test('a lease that is lost stops what is done under it, with an error of ours', async () => {
  const events: string[] = [];
  const time = new Time();
  const reason = await withLock(lockOf(['renewed', 'renewed', 'lost'], events), 'weekly', untilAborted, time);
  expect(reason).toMatchObject({ code: 'STORAGE_FAILED', retryable: true });
  expect(String(reason)).toContain('the lock "weekly" was lost');
  expect(time.slept).toEqual([20_000, 20_000, 20_000]);
  expect(events).toEqual(['renewed', 'renewed', 'lost', 'released']);
});

test('renewals without an answer are made again while the lease lasts, and no longer', async () => {
  const time = new Time();
  const answers = ['renewed', ...Array.from({ length: 20 }, () => 'failed' as const)] as const;
  expect(String(await withLock(lockOf(answers), 'weekly', untilAborted, time))).toContain('no answer');
  // Renewed at 20 s, so it lasts until 80 s.
  expect(time.ms).toBe(80_000);
});

test('a renewal that gets through in between keeps the lock', async () => {
  const time = new Time();
  const answers = ['failed', 'failed', 'renewed', 'failed', 'renewed', 'lost'] as const;
  expect(String(await withLock(lockOf(answers), 'weekly', untilAborted, time))).toContain('another has taken it');
});

test('who has it is said as far as it is known', async () => {
  const lock = (holder: Awaited<ReturnType<MaintenanceLock['holder']>>): MaintenanceLock => ({
    take: () => Promise.resolve('taken'),
    holder: () => Promise.resolve(holder),
  });
  const since = Date.UTC(2026, 10, 22, 3);
  expect(await takenBy(lock({ host: 'worker-1', processId: 42, since }), 'weekly')).toContain(
    'the lock "weekly" is taken by process 42 on worker-1 since 2026-11-22T03:00:00.000Z',
  );
  expect(await takenBy(lock(null), 'weekly')).toContain('another run');
});

/** No time passes. */
const stopped: LockTime = {
  now: () => 0,
  sleep: (_ms, signal) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('ended')))),
};
