import { PipelineError } from './errors';

/**
 * Runs `act` for at most `ms`. Then its signal is aborted and ATTEMPT_TIMED_OUT is thrown, whether or not `act` heeds
 * the signal: the host must learn in time that the batch is to be tried again. Work that goes on regardless is no danger:
 * to the commit protocol it is one more slow writer.
 */
export async function within<T>(ms: number, what: string, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const timeIsUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new PipelineError(
        'ATTEMPT_TIMED_OUT',
        `${what} was not done within ${ms / 1000} s (INGEST_ATTEMPT_SECONDS); nothing is lost, the host tries again. ` +
          `If this repeats, see whether the storage account answers and is not throttled.`,
        { retryable: true },
      );
      controller.abort(error);
      reject(error);
    }, ms);
  });
  try {
    return await Promise.race([act(controller.signal), timeIsUp]);
  } finally {
    clearTimeout(timer);
  }
}
