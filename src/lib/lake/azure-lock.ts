import { type BlockBlobClient } from '@azure/storage-blob';
import { lockPath, type RunName } from '../ledger/names';
import { type Holder, type Lease, type MaintenanceLock } from '../maintenance/lock';
import { type LakeClients } from './clients';
import { callsOf, collect, isAbsent } from './requests';
import { statusOf, storageCode } from './storage-errors';

export interface AzureLockOptions {
  readonly requestMs: number;
  /** Who asks. */
  readonly holder: Omit<Holder, 'since'>;
  readonly now: () => number;
  /** The service takes 15 to 60. */
  readonly leaseSeconds?: number;
  readonly renewEveryMs?: number;
}

/**
 * Locks that are leases on blobs of the lake's own file system, `_system/maintenance/{name}.lock`: the service ends a lease
 * that nobody renews. The blob says who holds it.
 */
export function azureLock(clients: LakeClients, options: AzureLockOptions): MaintenanceLock {
  const { requestMs, holder, now, leaseSeconds = 60, renewEveryMs = 20_000 } = options;
  const { signal } = new AbortController();
  const call = callsOf(clients, requestMs, signal);
  // A renewal must be told to have failed while there is time for another.
  const renewalCall = callsOf(clients, Math.min(requestMs, renewEveryMs), signal);
  const blobOf = (name: RunName): BlockBlobClient => clients.blobs.getBlockBlobClient(lockPath(name));

  return {
    async take(name) {
      const path = lockPath(name);
      const blob = blobOf(name);
      const lease = blob.getBlobLeaseClient();
      const acquire = (): Promise<'acquired' | 'taken' | 'absent'> =>
        call<'acquired', 'taken' | 'absent'>(
          'lease',
          path,
          async (abortSignal) => {
            await lease.acquireLease(leaseSeconds, { abortSignal });
            return 'acquired';
          },
          (error) => (isAbsent(error) ? 'absent' : isLeased(error) ? 'taken' : undefined),
        );
      let answer = await acquire();
      if (answer === 'absent') {
        await call(
          'put',
          path,
          (abortSignal) => blob.upload('{}\n', 3, { abortSignal, conditions: { ifNoneMatch: '*' }, ...JSON_DOCUMENT }),
          (error) => (isTaken(error) ? null : undefined),
        );
        answer = await acquire();
      }
      if (answer !== 'acquired') return 'taken';
      const held: Lease = {
        lastsMs: leaseSeconds * 1_000,
        renewEveryMs,
        renew: () =>
          renewalCall<'renewed', 'lost'>(
            'renew the lease of',
            path,
            async (abortSignal) => {
              await lease.renewLease({ abortSignal });
              return 'renewed';
            },
            (error) => (isLost(error) ? 'lost' : undefined),
          ),
        async release() {
          await call(
            'release',
            path,
            (abortSignal) => lease.releaseLease({ abortSignal }),
            (error) => (isLost(error) ? null : undefined),
          );
        },
      };
      const told = Buffer.from(`${JSON.stringify({ ...holder, since: new Date(now()).toISOString() })}\n`);
      try {
        await call('put', path, (abortSignal) =>
          blob.upload(told, told.length, {
            abortSignal,
            conditions: { leaseId: lease.leaseId },
            ...JSON_DOCUMENT,
          }),
        );
      } catch (error) {
        await held.release().catch(() => undefined);
        throw error;
      }
      return held;
    },

    async holder(name) {
      const text = await call<string, null>(
        'read',
        lockPath(name),
        async (abortSignal) => {
          const answer = await blobOf(name).download(0, MAX_HOLDER_BYTES, { abortSignal });
          return (await collect(answer.readableStreamBody as NodeJS.ReadableStream, abortSignal)).toString('utf8');
        },
        (error) => (isAbsent(error) ? null : undefined),
      );
      return text === null ? null : readHolder(text);
    },
  };
}

const JSON_DOCUMENT = { blobHTTPHeaders: { blobContentType: 'application/json' } };
const MAX_HOLDER_BYTES = 4096;

function readHolder(text: string): Holder | null {
  try {
    const { host, processId, since } = JSON.parse(text) as Record<string, unknown>;
    const ms = typeof since === 'string' ? Date.parse(since) : NaN;
    if (typeof host !== 'string' || typeof processId !== 'number' || Number.isNaN(ms)) return null;
    return { host, processId, since: ms };
  } catch {
    return null;
  }
}

function isLeased(error: unknown): boolean {
  const code = storageCode(error);
  return code === 'LeaseAlreadyPresent' || code === 'LeaseIsBreakingAndCannotBeAcquired';
}

/** The blob is there already, and perhaps leased. */
function isTaken(error: unknown): boolean {
  const status = statusOf(error);
  return status === 409 || status === 412;
}

/** Whatever the service calls it, the lease is ours no more. */
function isLost(error: unknown): boolean {
  return isAbsent(error) || (storageCode(error) ?? '').startsWith('Lease');
}
