import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { delayBeforeMs, type RetryPolicy } from './retry';
import { type Call } from './worker';

/** One attempt, as it ended. */
export interface Attempt {
  /** The same for all attempts at a batch. */
  readonly invocationId: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** What it threw, as text; null when it succeeded. */
  readonly error: string | null;
  readonly ms: number;
}

/** What differs between the attempts. */
export type Invocation = Pick<Call, 'retryContext'> & { readonly invocationId: string };

export interface ExecutorSettings {
  readonly policy: RetryPolicy;
  /** Invokes it once. */
  readonly call: (invocation: Invocation) => Promise<unknown>;
  /** Null: without limit. */
  readonly timeoutMs: number | null;
  /** The function ran too long. Its code goes on: nothing can stop it but the end of its process. */
  readonly onTimeout: (ms: number) => void;
  readonly onAttempt: (attempt: Attempt) => void;
}

/** How a batch ended: after the last attempt, or because nobody wants another one. */
export type Execution = { readonly isOver: true; readonly error: string | null } | { readonly isOver: false };

/**
 * Invokes a function until it succeeds or its retry policy is exhausted: the same input, in this process, while its partition
 * waits. Success and exhaustion are both an end, after which the host goes on, as the real one does.
 *
 * @param signal aborted: the instance ends; no further attempt is made, and what fails now is not over
 */
export async function execute(settings: ExecutorSettings, signal: AbortSignal): Promise<Execution> {
  const { policy } = settings;
  const invocationId = randomUUID();
  let exception: { message: string } | undefined;
  for (let retry = 0; ; retry += 1) {
    const error = await tryOnce({ invocationId, ...contextOf(policy, retry, exception) }, retry + 1, settings);
    if (error === null) return { isOver: true, error };
    if (signal.aborted) return { isOver: false };
    const delayMs = delayBeforeMs(policy, retry + 1, Math.random());
    if (delayMs === null) return { isOver: true, error };
    exception = { message: error };
    // Cut short by the end of the instance.
    if (!(await slept(delayMs, signal))) return { isOver: false };
  }
}

const slept = (ms: number, signal: AbortSignal): Promise<boolean> => sleep(ms, true, { signal }).catch(() => false);

/** The first attempt has a context, too, where there is a policy; later ones say what the one before threw. */
function contextOf(
  policy: RetryPolicy,
  retryCount: number,
  exception?: { message: string },
): Pick<Call, 'retryContext'> {
  if (policy.strategy === 'none') return {};
  const { maxRetryCount } = policy;
  return { retryContext: { retryCount, maxRetryCount, ...(exception === undefined ? {} : { exception }) } };
}

async function tryOnce(
  invocation: Invocation,
  attempt: number,
  { call, timeoutMs, onTimeout, onAttempt }: ExecutorSettings,
): Promise<string | null> {
  const startedAt = performance.now();
  const tooLong = Promise.withResolvers<never>();
  const timer =
    timeoutMs === null
      ? undefined
      : setTimeout(() => {
          onTimeout(timeoutMs);
          tooLong.reject(new Error(`The function ran longer than its time limit of ${timeoutMs / 1000} s.`));
        }, timeoutMs);
  let error: string | null = null;
  try {
    await Promise.race([call(invocation), tooLong.promise]);
  } catch (thrown) {
    error = String(thrown);
  } finally {
    clearTimeout(timer);
  }
  onAttempt({ invocationId: invocation.invocationId, attempt, error, ms: performance.now() - startedAt });
  return error;
}
