import { Readable } from 'node:stream';
import { type Lake, type RenameAnswer, type Versioned } from '../ledger/port';
import { type LakeClients } from './clients';
import { statusOf, storageCode, storageFailure } from './storage-errors';

/** A body of this many bytes is given one second more than the time-out of a request without any. */
const SLOWEST_BYTES_PER_SECOND = 1 << 20;

/** How much of two files is compared at a time. */
const PIECE_BYTES = 4 << 20;

/**
 * The lake of one attempt, over the Azure SDKs. Every request ends after `requestMs` (and the time its body may take),
 * the SDK's retries included, or when `signal` is aborted.
 */
export function azureLake({ files, blobs }: LakeClients, requestMs: number, signal: AbortSignal): Lake {
  /** One call to an SDK: in time, its failures told as ours, its expected races as results. */
  async function call<T, R = never>(
    what: string,
    path: string,
    act: (abortSignal: AbortSignal) => Promise<T>,
    race: (error: unknown) => R | undefined = () => undefined,
    bodyBytes = 0,
  ): Promise<T | R> {
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
  }

  const readRange = (path: string, offset: number, length?: number): Promise<Versioned | null> =>
    call(
      'read',
      path,
      async (abortSignal) => {
        const answer = await files.getFileClient(path).read(offset, length, { abortSignal });
        const bytes = await collect(answer.readableStreamBody as NodeJS.ReadableStream, abortSignal);
        return { bytes, etag: answer.etag ?? '' };
      },
      (error) => (isAbsent(error) ? null : isPastEnd(error) ? { bytes: Buffer.alloc(0), etag: '' } : undefined),
    );

  return {
    async stage(path, bytes) {
      await call(
        'put',
        path,
        (abortSignal) => blobs.getBlockBlobClient(path).upload(bytes, bytes.length, { abortSignal, ...JSON_LINES }),
        undefined,
        bytes.length,
      );
    },

    read: (path) => readRange(path, 0),

    swap: (path, bytes, etag) =>
      call(
        'swap',
        path,
        async (abortSignal) => {
          const conditions = etag === null ? { ifNoneMatch: '*' } : { ifMatch: etag };
          const blob = blobs.getBlockBlobClient(path);
          const answer = await blob.upload(bytes, bytes.length, { abortSignal, conditions, ...JSON_DOCUMENT });
          return { etag: answer.etag ?? '' };
        },
        (error) => (isConditionUnmet(error) ? 'overtaken' : undefined),
        bytes.length,
      ),

    rename: (from, to) =>
      call<RenameAnswer, RenameAnswer>(
        `rename ${from} to`,
        to,
        async (abortSignal) => {
          await files.getFileClient(from).move(to, { abortSignal, destinationConditions: { ifNoneMatch: '*' } });
          return 'renamed';
        },
        renameRace,
      ),

    async makeFolder(path) {
      await call('make folder', path, (abortSignal) =>
        files.getDirectoryClient(path).createIfNotExists({ abortSignal }),
      );
    },

    exists: (path) => call('look for', path, (abortSignal) => files.getFileClient(path).exists({ abortSignal })),

    async sameBytes(a, b) {
      for (let offset = 0; ; offset += PIECE_BYTES) {
        const [left, right] = [await readRange(a, offset, PIECE_BYTES), await readRange(b, offset, PIECE_BYTES)];
        if (left === null || right === null) return null;
        if (!left.bytes.equals(right.bytes)) return false;
        if (left.bytes.length < PIECE_BYTES) return true;
      }
    },

    readHead: async (path, length) => (await readRange(path, 0, length))?.bytes ?? null,

    async remove(path) {
      await call(
        'delete',
        path,
        (abortSignal) => files.getFileClient(path).delete(false, { abortSignal }),
        (error) => (isAbsent(error) ? null : undefined),
      );
    },

    async *list(folder) {
      // Asked for page by page: each is a request with a time of its own.
      for (let continuationToken: string | undefined; ;) {
        const from = continuationToken === undefined ? {} : { continuationToken };
        const page = await call(
          'list',
          folder,
          (abortSignal) => files.listPaths({ path: folder, recursive: true, abortSignal }).byPage(from).next(),
          (error) => (isAbsent(error) ? null : undefined),
        );
        if (page === null || page.done === true) return;
        for (const item of page.value.pathItems ?? []) {
          if (item.isDirectory !== true) yield { path: item.name ?? '', bytes: item.contentLength ?? 0 };
        }
        continuationToken = page.value.continuation;
        if (continuationToken === undefined || continuationToken === '') return;
      }
    },
  };
}

const JSON_LINES = { blobHTTPHeaders: { blobContentType: 'application/x-ndjson' } };
const JSON_DOCUMENT = { blobHTTPHeaders: { blobContentType: 'application/json' } };

/** The races of a conditional rename, by code: a status of 404 does not say what was not found. */
function renameRace(error: unknown): RenameAnswer | undefined {
  switch (storageCode(error)) {
    case 'SourcePathNotFound':
      return 'source_gone';
    case 'RenameDestinationParentPathNotFound':
      return 'parent_missing';
    case 'PathAlreadyExists':
    case 'ConditionNotMet':
      return 'name_taken';
    default:
      return undefined;
  }
}

function isConditionUnmet(error: unknown): boolean {
  const code = storageCode(error);
  return code === 'ConditionNotMet' || code === 'BlobAlreadyExists' || code === 'PathAlreadyExists';
}

function isAbsent(error: unknown): boolean {
  const code = storageCode(error);
  // A HEAD or a read through a proxy may bear no code; a missing file system does: that is a failure, not an absence.
  return code === 'BlobNotFound' || code === 'PathNotFound' || (statusOf(error) === 404 && code === null);
}

function isPastEnd(error: unknown): boolean {
  return storageCode(error) === 'InvalidRange';
}

/** Reads a stream to its end; it, too, must not hang for ever. */
async function collect(stream: NodeJS.ReadableStream, signal: AbortSignal): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of Readable.from(stream, { signal })) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
