import { type Clock } from '../clock';
import { PipelineError } from '../errors';
import { type LakeClients } from './clients';
import { callsOf } from './requests';

/**
 * The time by the clock of the storage service, UTC ms to the second, as it dates its answers: the clock that the files'
 * times of modification come from. This machine's may differ by any amount.
 *
 * @throws PipelineError STORAGE_FAILED
 */
export async function serviceTime(clients: LakeClients, requestMs: number, signal: AbortSignal): Promise<number> {
  const call = callsOf(clients, requestMs, signal);
  const { date } = await call('look at the file system', '', (abortSignal) =>
    clients.blobs.getProperties({ abortSignal }),
  );
  const now = date?.getTime() ?? NaN;
  if (!Number.isNaN(now)) return now;
  throw new PipelineError('STORAGE_FAILED', `${clients.blobs.url} does not date its answers: files have no age there`);
}

/**
 * A clock set by the storage service's once, and driven by this machine's monotonic time: what depends on the UTC day must not depend on how
 * this machine's clock is set.
 *
 * @throws PipelineError STORAGE_FAILED
 */
export async function serviceClock(clients: LakeClients, requestMs: number, signal: AbortSignal): Promise<Clock> {
  const setAt = performance.now();
  const time = await serviceTime(clients, requestMs, signal);
  return { now: () => Math.floor(time + performance.now() - setAt) };
}
