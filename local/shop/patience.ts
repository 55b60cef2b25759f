import { setTimeout as sleep } from 'node:timers/promises';

/** What is tried again is tried for so long after its first failure. */
const PATIENCE_MS = 120_000;
const FIRST_DELAY_MS = 10;
const LONGEST_DELAY_MS = 500;

/**
 * Tries until it succeeds.
 *
 * @param isPassing whether an error goes away by itself
 * @returns null where `signal` ended the waiting
 * @throws the error that does not pass, or that has not passed within two minutes
 */
export async function patiently<T>(
  attempt: () => Promise<T>,
  isPassing: (error: unknown) => boolean,
  signal: AbortSignal | null,
): Promise<T | null> {
  let failingSince: number | null = null;
  for (let delayMs = FIRST_DELAY_MS; signal?.aborted !== true; delayMs = Math.min(2 * delayMs, LONGEST_DELAY_MS)) {
    try {
      return await attempt();
    } catch (error) {
      failingSince ??= performance.now();
      if (!isPassing(error) || performance.now() - failingSince > PATIENCE_MS) throw error;
      await sleep(delayMs, undefined, signal === null ? {} : { signal }).catch(() => undefined);
    }
  }
  return null;
}
