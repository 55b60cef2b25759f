/**
 * Runs as many workers as `count` says, side by side.
 *
 * @param signal ends them; the signal that they get ends them also when one of them fails
 * @throws what the first that failed threw, once all have ended
 */
export async function allOf(
  count: number,
  signal: AbortSignal | null,
  work: (stop: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const stop = AbortSignal.any([failed.signal, ...(signal === null ? [] : [signal])]);
  const ends = await Promise.allSettled(
    Array.from({ length: count }, async () => {
      try {
        await work(stop);
      } catch (error) {
        failed.abort(error);
        throw error;
      }
    }),
  );
  // The reason is the first one's: the others may have failed because of it.
  if (ends.some(({ status }) => status === 'rejected')) throw failed.signal.reason;
}
