import { type RunName } from '../../lib/ledger/names';
import { type MaintenanceLock, takenBy, withLock } from '../../lib/maintenance/lock';

/**
 * Runs `act` while the lock is held. A dry run changes nothing and takes no lock: it waits for no run, and a reader may make it.
 *
 * @throws Error that says who has the lock, when another has it; else as withLock
 */
export async function underLock<T>(
  lock: MaintenanceLock,
  name: RunName,
  act: (signal: AbortSignal) => Promise<T>,
  dryRun = false,
): Promise<T> {
  if (dryRun) return await act(new AbortController().signal);
  const done = await withLock(lock, name, async (signal) => ({ value: await act(signal) }));
  if (done === 'taken') throw new Error(await takenBy(lock, name));
  return done.value;
}
