import { type Lake, type RenameAnswer, type Versioned } from '../ledger/port';
import { type LakeClients } from './clients';
import { callsOf, collect, isAbsent, JSON_LINES, listedPaths } from './requests';
import { storageCode } from './storage-errors';

/** How much of two files is compared at a time. */
const PIECE_BYTES = 4 << 20;

/** What is longer goes up in pieces of this size: a claim may be as long as the longest row, of over 1 GB. */
const UPLOAD_PIECE_BYTES = 32 << 20;

/**
 * The lake of one attempt, over the Azure SDKs. Every request ends after `requestMs` (and the time its body may take),
 * the SDK's retries included, or when `signal` is aborted.
 */
export function azureLake({ files, blobs }: LakeClients, requestMs: number, signal: AbortSignal): Lake {
  const call = callsOf({ files, blobs }, requestMs, signal);

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
          // A long file goes up in pieces, each with retries of its own, and is seen whole when the last of them is there.
          const answer = await blob.uploadData(bytes, {
            ...{ abortSignal, conditions, ...JSON_DOCUMENT },
            ...{ maxSingleShotSize: UPLOAD_PIECE_BYTES, blockSize: UPLOAD_PIECE_BYTES, concurrency: 2 },
          });
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

    readPiece: async (path, offset, length) => (await readRange(path, offset, length))?.bytes ?? null,

    readHead: async (path, length) => (await readRange(path, 0, length))?.bytes ?? null,

    remove: (path, etag) =>
      call<'removed', 'removed' | 'changed'>(
        'delete',
        path,
        async (abortSignal) => {
          const conditions = etag === undefined ? {} : { ifMatch: etag };
          await files.getFileClient(path).delete(false, { abortSignal, conditions });
          return 'removed';
        },
        (error) => (isAbsent(error) ? 'removed' : isConditionUnmet(error) ? 'changed' : undefined),
      ),

    async *list(folder) {
      for await (const { name = '', contentLength = 0, isDirectory } of listedPaths(call, files, folder, true)) {
        if (isDirectory !== true) yield { path: name, bytes: contentLength };
      }
    },
  };
}

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

function isPastEnd(error: unknown): boolean {
  return storageCode(error) === 'InvalidRange';
}
