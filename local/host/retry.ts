/** A function's retry policy, as its registration carries it to the host. */
export type RetryPolicy =
  | { readonly strategy: 'none' }
  | { readonly strategy: 'fixedDelay'; readonly maxRetryCount: number; readonly delayMs: number }
  | {
      readonly strategy: 'exponentialBackoff';
      /** -1: without end. */
      readonly maxRetryCount: number;
      readonly minimumMs: number;
      readonly maximumMs: number;
    };

/**
 * Reads `retryOptions` of a registration. The host takes whole seconds.
 *
 * @throws Error that names the function and what is wrong
 */
export function readRetryPolicy(name: string, options: Readonly<Record<string, unknown>> | undefined): RetryPolicy {
  if (options === undefined) return { strategy: 'none' };
  const fault = (what: string): Error => new Error(`The retry policy of ${name}: ${what}.`);
  const maxRetryCount = Number(options['maxRetryCount']);
  if (!Number.isInteger(maxRetryCount) || maxRetryCount < -1) {
    throw fault(`maxRetryCount is ${String(options['maxRetryCount'])}; expected a whole number, or -1 for without end`);
  }
  const ms = (option: string): number => {
    const seconds = Math.round(Number((options[option] as { seconds?: unknown } | undefined)?.seconds));
    if (Number.isNaN(seconds) || seconds < 0) throw fault(`${option} is no duration`);
    return seconds * 1000;
  };
  switch (options['retryStrategy']) {
    case 'fixedDelay':
      return { strategy: 'fixedDelay', maxRetryCount, delayMs: ms('delayInterval') };
    case 'exponentialBackoff': {
      const [minimumMs, maximumMs] = [ms('minimumInterval'), ms('maximumInterval')];
      if (minimumMs > maximumMs) throw fault('minimumInterval is longer than maximumInterval');
      return { strategy: 'exponentialBackoff', maxRetryCount, minimumMs, maximumMs };
    }
    default:
      throw fault(`strategy ${String(options['retryStrategy'])} is neither fixedDelay nor exponentialBackoff`);
  }
}

/**
 * How long to wait before retry number `retry` (1 is the first); null when the policy is exhausted. Growing intervals are the
 * minimum, then the minimum and once, twice, four times … itself (RandomizedExponentialBackoffStrategy of the WebJobs SDK).
 *
 * @param random from 0 up to 1: what grows is spread by a fifth
 */
export function delayBeforeMs(policy: RetryPolicy, retry: number, random: number): number | null {
  if (policy.strategy === 'none') return null;
  if (policy.maxRetryCount !== -1 && retry > policy.maxRetryCount) return null;
  if (policy.strategy === 'fixedDelay') return policy.delayMs;
  const { minimumMs, maximumMs } = policy;
  const grown = retry === 1 ? 0 : 2 ** Math.min(retry - 2, 30) * minimumMs * (0.8 + 0.4 * random);
  return Math.min(minimumMs + grown, maximumMs);
}
