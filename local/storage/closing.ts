/**
 * Closes what was opened, the last first, and all of it even when one fails. (Node 22 has no AsyncDisposableStack.)
 *
 * @throws the first error, once everything has been closed or tried
 */
export async function closeAll(opened: readonly { close(): Promise<void> }[]): Promise<void> {
  const errors: unknown[] = [];
  for (const each of opened.toReversed()) await each.close().catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw errors[0];
}

/**
 * Opens several things in order; when one fails, those before it are closed again.
 *
 * @throws whatever `open` throws
 */
export async function openAll<T>(
  open: (keep: <C extends { close(): Promise<void> }>(opened: C) => C) => Promise<T>,
): Promise<{ readonly value: T; readonly close: () => Promise<void> }> {
  const opened: { close(): Promise<void> }[] = [];
  const close = () => closeAll(opened.splice(0));
  try {
    const value = await open((each) => {
      opened.push(each);
      return each;
    });
    return { value, close };
  } catch (error) {
    await close();
    throw error;
  }
}
