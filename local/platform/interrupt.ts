import { once } from 'node:events';

/** Resolves at Ctrl-C, or when asked to end; from then on a second one ends the process at once. */
export async function untilInterrupted(): Promise<void> {
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
}
