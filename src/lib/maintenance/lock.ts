import { setTimeout as sleepFor } from 'node:timers/promises';
import { hasCode, PipelineError } from '../errors';
import { type RunName } from '../ledger/names';

/** Who holds a lock, for messages. */
export interface Holder {
  readonly host: string;
  readonly processId: number;
  /** UTC ms */
  readonly since: number;
}

/** Locks that end by themselves when their holder does. Failures are a PipelineError `STORAGE_FAILED`. */
export interface MaintenanceLock {
  take(name: RunName): Promise<Lease | 'taken'>;

  /** Who has noted that it holds the lock; null where nobody has, or it is not known. */
  holder(name: RunName): Promise<Holder | null>;
}

/** A lock that is held, until it is given back or ends because nobody renewed it. */
export interface Lease {
  readonly lastsMs: number;
  readonly renewEveryMs: number;
  renew(): Promise<'renewed' | 'lost'>;
  /** Gives it back; nothing happens if it is lost. */
  release(): Promise<void>;
}

/** What keeping a lock takes besides it. */
export interface LockTime {
  /** Milliseconds that never go back. */
  readonly now: () => number;
  /** Rejects when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

const TIME: LockTime = {
  now: () => performance.now(),
  sleep: (ms, signal) => sleepFor(ms, undefined, { signal, ref: false }),
};

/**
 * Runs `act` while the lock is held; `'taken'` when another holds it. It keeps two runs from doing the
 * same work at once, whichever instance or command line they were begun at. For the steps of the two timers it is politeness: each is safe
 * without it, so a holder that is told late that the lock is lost does no harm. `rebuild-ledger` needs "weekly": a sweep beside it could take
 * an old staged file that it is about to commit, and what is merged beside it could be missed by its listing.
 *
 * @param act is given a signal that is aborted with a PipelineError `STORAGE_FAILED` when the lock is lost
 * @throws PipelineError `STORAGE_FAILED` when the lock cannot be asked for, and what `act` throws
 */
export async function withLock<T>(
  lock: MaintenanceLock,
  name: RunName,
  act: (signal: AbortSignal) => Promise<T>,
  time: LockTime = TIME,
): Promise<T | 'taken'> {
  const askedAt = time.now();
  const lease = await lock.take(name);
  if (lease === 'taken') return 'taken';
  const [lost, ended] = [new AbortController(), new AbortController()];
  const keeping = keep(lease, askedAt, time, ended.signal).then((why) => {
    if (why !== null) lost.abort(lostError(name, why));
  });
  try {
    return await act(lost.signal);
  } finally {
    ended.abort();
    await keeping;
    // What fails here ends by itself within a minute, and must not hide what `act` came to.
    await lease.release().catch(() => undefined);
  }
}

/** Who holds the lock, in words. */
export async function takenBy(lock: MaintenanceLock, name: RunName): Promise<string> {
  const holder = await lock.holder(name);
  const who =
    holder === null
      ? 'another run'
      : `process ${holder.processId} on ${holder.host} since ${new Date(holder.since).toISOString()}`;
  return `The lake is being looked after already: the lock "${name}" is taken by ${who}. It is free a minute after its holder is gone.`;
}

/** Renews until `ended`: null. Else why the lock is lost. A renewal that gets no answer is made again while the lease lasts. */
async function keep(lease: Lease, takenAt: number, time: LockTime, ended: AbortSignal): Promise<string | null> {
  for (let renewedAt = takenAt, waitMs = lease.renewEveryMs; ;) {
    try {
      await time.sleep(waitMs, ended);
    } catch {
      return null;
    }
    const askedAt = time.now();
    try {
      if ((await lease.renew()) === 'lost') return 'another has taken it, or broken it';
      // From before the request: the service counts from a moment in between.
      [renewedAt, waitMs] = [askedAt, lease.renewEveryMs];
    } catch (error) {
      if (!hasCode(error, 'STORAGE_FAILED')) return String(error);
      if (time.now() - renewedAt >= lease.lastsMs) return error.message;
      waitMs = lease.renewEveryMs / 4;
    }
    if (ended.aborted) return null;
  }
}

function lostError(name: RunName, why: string): PipelineError {
  return new PipelineError(
    'STORAGE_FAILED',
    `the lock "${name}" was lost: ${why}. Nothing new is begun; the next run goes on where this one stopped.`,
    { retryable: true },
  );
}
