import { type ContainerClient } from '@azure/storage-blob';
import { PipelineError } from '../errors';
import { type CheckpointBlobs } from '../maintenance/checkpoints/port';
import { statusOf, storageCode } from './storage-errors';

export interface CheckpointOptions {
  readonly requestMs: number;
  readonly signal: AbortSignal;
  /** Blobs in one page of the listing; the service's most when left out. */
  readonly pageSize?: number;
}

/**
 * The host's container of checkpoints (`azure-webjobs-eventhub` in the account of `AzureWebJobsStorage`), over the Azure
 * SDK. Every request ends after `requestMs`, the SDK's retries included, or when `signal` is aborted.
 */
export function azureCheckpoints(
  container: ContainerClient,
  { requestMs, signal, pageSize = 5000 }: CheckpointOptions,
): CheckpointBlobs {
  /** One call to the SDK: in time, its failures told as ours, its expected races as results. */
  async function call<T, R>(
    what: string,
    act: (abortSignal: AbortSignal) => Promise<T>,
    race: (error: unknown) => R | undefined,
  ): Promise<T | R> {
    const timeout = AbortSignal.timeout(requestMs);
    try {
      return await act(AbortSignal.any([signal, timeout]));
    } catch (error) {
      signal.throwIfAborted();
      const result = race(error);
      if (result !== undefined) return result;
      // Behind the question mark there may be a signature.
      throw hostStorageFailure(
        `${what} at ${container.url.split('?', 1)[0] ?? ''}`,
        error,
        timeout.aborted ? requestMs : null,
      );
    }
  }

  return {
    async *pages() {
      for (let continuationToken: string | undefined; ;) {
        const from = { maxPageSize: pageSize, ...(continuationToken === undefined ? {} : { continuationToken }) };
        const page = await call(
          'list',
          (abortSignal) => container.listBlobsFlat({ abortSignal }).byPage(from).next(),
          (error) => (storageCode(error) === 'ContainerNotFound' ? null : undefined),
        );
        if (page === null || page.done === true) return;
        yield page.value.segment.blobItems.map(({ name, properties: { etag, contentLength } }) => {
          return { name, etag, bytes: contentLength ?? 0 };
        });
        continuationToken = page.value.continuationToken;
        if (continuationToken === undefined || continuationToken === '') return;
      }
    },

    readIfUnchanged: ({ name, etag }) =>
      call(
        `read ${name}`,
        async (abortSignal) => {
          const blob = container.getBlobClient(name);
          const answer = await blob.downloadToBuffer(0, undefined, { abortSignal, conditions: { ifMatch: etag } });
          return answer.toString('utf8');
        },
        (error) => (isGone(error) || statusOf(error) === 412 ? null : undefined),
      ),

    sequenceOf: (name) =>
      call(
        `read properties of ${name}`,
        async (abortSignal) => {
          const { metadata } = await container.getBlobClient(name).getProperties({ abortSignal });
          return metadata?.['sequencenumber'] ?? null;
        },
        (error) => (isGone(error) ? null : undefined),
      ),

    look: (name) =>
      call(
        `read properties of ${name}`,
        async (abortSignal) => {
          const found = await container.getBlobClient(name).getProperties({ abortSignal });
          const { etag = '', contentLength: bytes = 0, metadata = {}, lastModified, date } = found;
          return {
            name,
            etag,
            bytes,
            metadata,
            modifiedAt: lastModified?.getTime() ?? 0,
            seenAt: date?.getTime() ?? 0,
          };
        },
        (error) => (statusOf(error) === 404 ? null : undefined),
      ),

    async removeIfUnchanged({ name, etag }) {
      const blob = container.getBlobClient(name);
      const outcome = await call(
        `delete ${name}`,
        async (abortSignal) => {
          await blob.delete({ abortSignal, conditions: { ifMatch: etag } });
          return 'removed' as const;
        },
        (error) => (isGone(error) ? 'removed' : statusOf(error) === 412 ? 'unmet' : undefined),
      );
      if (outcome === 'removed') return 'removed';
      // Renewed, or leased by an older host; or a deletion whose answer was lost, made again.
      const isThere = await call(
        `look for ${name}`,
        (abortSignal) => blob.exists({ abortSignal }),
        () => undefined,
      );
      return isThere ? 'changed' : 'removed';
    },
  };
}

/** A HEAD bears no code in its body; a container that is missing is a failure here, not an absence. */
function isGone(error: unknown): boolean {
  return statusOf(error) === 404 && storageCode(error) !== 'ContainerNotFound';
}

/** Never holds headers: they bear the signature. */
function hostStorageFailure(what: string, error: unknown, timedOutAfterMs: number | null): PipelineError {
  const status = statusOf(error);
  const code = (error as { code?: unknown } | null)?.code;
  const found =
    timedOutAfterMs !== null
      ? `no answer within ${timedOutAfterMs / 1000} s`
      : status !== null
        ? `status ${status}, ${storageCode(error) ?? 'no code'}`
        : `no answer (${typeof code === 'string' ? code : error instanceof Error ? error.name : 'an unknown failure'})`;
  const action =
    status === 401 || status === 403
      ? "Give the identity the role Storage Blob Data Owner on the host's account, or check the key in AzureWebJobsStorage"
      : 'See whether the account that AzureWebJobsStorage names answers from here; the next run tries again';
  return new PipelineError('STORAGE_FAILED', `${what}: ${found}. ${action}.`, { retryable: true, cause: error });
}
