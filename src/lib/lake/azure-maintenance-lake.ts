import { type FileVersion, type ListedFile, type MaintenanceLake } from '../maintenance/port';
import { type LakeClients } from './clients';
import { callsOf, collect, isAbsent, JSON_LINES, listedPaths } from './requests';
import { storageCode } from './storage-errors';

/** As the service takes it back; only listings tell it without quotation marks. */
const quoted = (etag = ''): string => (etag.startsWith('"') || etag.startsWith('W/') ? etag : `"${etag}"`);

/**
 * The lake as maintenance sees it, over the Azure SDKs. The Data Lake endpoint lists, looks and deletes; the blob endpoint
 * of the same files puts a large one, because its block list is one request that makes the whole file or nothing, and a
 * repeated block is no trouble.
 */
export function azureMaintenanceLake(
  { files, blobs }: LakeClients,
  requestMs: number,
  signal: AbortSignal,
): MaintenanceLake {
  const call = callsOf({ files, blobs }, requestMs, signal);

  async function* listed(folder: string, recursive: boolean): AsyncGenerator<ListedFile & { isFolder: boolean }> {
    for await (const item of listedPaths(call, files, folder, recursive)) {
      const { name = '', contentLength = 0, etag, isDirectory, lastModified } = item;
      const modifiedAt = lastModified?.getTime() ?? 0;
      yield { path: name, bytes: contentLength, etag: quoted(etag), modifiedAt, isFolder: isDirectory === true };
    }
  }

  return {
    async *list(folder) {
      for await (const { isFolder, ...file } of listed(folder, true)) {
        if (!isFolder) yield file;
      }
    },

    async *folders(folder) {
      for await (const { path, isFolder } of listed(folder, false)) {
        if (isFolder) yield path.slice(path.lastIndexOf('/') + 1);
      }
    },

    look: (path) =>
      call<FileVersion, null>(
        'look at',
        path,
        async (abortSignal) => {
          const { contentLength = 0, etag } = await files.getFileClient(path).getProperties({ abortSignal });
          return { bytes: contentLength, etag: quoted(etag) };
        },
        (error) => (isAbsent(error) ? null : undefined),
      ),

    readPiece: (path, etag, offset, length) =>
      call<Buffer, 'gone' | 'changed'>(
        'read',
        path,
        async (abortSignal) => {
          const conditions = { ifMatch: etag };
          const answer = await files.getFileClient(path).read(offset, length, { abortSignal, conditions });
          return await collect(answer.readableStreamBody as NodeJS.ReadableStream, abortSignal);
        },
        versionRace,
        length,
      ),

    async stageBlocks(path, blocks) {
      const blob = blobs.getBlockBlobClient(path);
      const ids: string[] = [];
      for await (const block of blocks) {
        const id = Buffer.from(String(ids.length).padStart(6, '0')).toString('base64');
        await call(
          'put a block of',
          path,
          (abortSignal) => blob.stageBlock(id, block, block.length, { abortSignal }),
          undefined,
          block.length,
        );
        ids.push(id);
      }
      await call('put', path, (abortSignal) => blob.commitBlockList(ids, { abortSignal, ...JSON_LINES }));
    },

    removeVersion: (path, etag) =>
      call<'removed', 'gone' | 'changed'>(
        'delete',
        path,
        async (abortSignal) => {
          await files.getFileClient(path).delete(false, { abortSignal, conditions: { ifMatch: etag } });
          return 'removed';
        },
        versionRace,
      ),
  };
}

function versionRace(error: unknown): 'gone' | 'changed' | undefined {
  if (isAbsent(error)) return 'gone';
  const code = storageCode(error);
  return code === 'ConditionNotMet' || code === 'InvalidRange' ? 'changed' : undefined;
}
