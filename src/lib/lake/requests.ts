import { Readable } from 'node:stream';
import { type DataLakeFileSystemClient, type Path } from '@azure/storage-file-datalake';
import { type LakeClients } from './clients';
import { statusOf, storageCode, storageFailure } from './storage-errors';

/** A body of this many bytes, sent or received, is given one second more than the time-out of a request without any. */
const SLOWEST_BYTES_PER_SECOND = 1 << 20;

/** One call to an SDK: in time, its failures told as ours, its expected races as results. */
export type Call = <T, R = never>(
  /** In words: `swap`, `rename to …` */
  what: string,
  path: string,
  act: (abortSignal: AbortSignal) => Promise<T>,
  /** What an error is the result of; undefined where it is a failure. */
  race?: (error: unknown) => R | undefined,
  bodyBytes?: number,
) => Promise<T | R>;

/** Calls that end after `requestMs` (and the time their body may take), the SDK's retries included, or when `signal` is aborted. */
export function callsOf({ blobs }: LakeClients, requestMs: number, signal: AbortSignal): Call {
  return async (what, path, act, race = () => undefined, bodyBytes = 0) => {
    const limitMs = Math.ceil(requestMs + (bodyBytes / SLOWEST_BYTES_PER_SECOND) * 1000);
    const timeout = AbortSignal.timeout(limitMs);
    try {
      return await act(AbortSignal.any([signal, timeout]));
    } catch (error) {
      signal.throwIfAborted();
      const result = race(error);
      if (result !== undefined) return result;
      throw storageFailure({ what, path, where: blobs.url }, error, timeout.aborted ? limitMs : null);
    }
  };
}

/** Paths below `folder`, none if there is no such folder. Asked for page by page: each is a request with a time of its own. */
export async function* listedPaths(
  call: Call,
  files: DataLakeFileSystemClient,
  folder: string,
  recursive: boolean,
): AsyncGenerator<Path> {
  for (let continuationToken: string | undefined; ;) {
    const from = continuationToken === undefined ? {} : { continuationToken };
    const page = await call(
      'list',
      folder,
      (abortSignal) => files.listPaths({ path: folder, recursive, abortSignal }).byPage(from).next(),
      (error) => (isAbsent(error) ? null : undefined),
    );
    if (page === null || page.done === true) return;
    yield* page.value.pathItems ?? [];
    continuationToken = page.value.continuation;
    if (continuationToken === undefined || continuationToken === '') return;
  }
}

export const JSON_LINES = { blobHTTPHeaders: { blobContentType: 'application/x-ndjson' } };

export function isAbsent(error: unknown): boolean {
  const code = storageCode(error);
  // A HEAD or a read through a proxy may bear no code; a missing file system does: that is a failure, not an absence.
  return code === 'BlobNotFound' || code === 'PathNotFound' || (statusOf(error) === 404 && code === null);
}

/** Reads a stream to its end; it, too, must not hang for ever. */
export async function collect(stream: NodeJS.ReadableStream, signal: AbortSignal): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of Readable.from(stream, { signal })) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
