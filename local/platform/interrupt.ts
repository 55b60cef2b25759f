import { once } from 'node:events';

/** A signal that comes sooner after the first is the same Ctrl-C: the terminal sends it to all, and npm passes it on. */
const SAME_INTERRUPT_MS = 1_000;

/** Resolves at Ctrl-C, or when asked to end; from then on another one ends the process at once. */
export async function untilInterrupted(): Promise<void> {
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  const first = performance.now();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (performance.now() - first > SAME_INTERRUPT_MS) process.exit(130);
    });
  }
}
