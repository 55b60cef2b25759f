import StorageError from 'azurite/dist/src/blob/errors/StorageError';
import { type BlobMetadataStore, type RequestContext } from './stores';
import { LakeError } from './lake-error';
import { directoryMark, newRecord } from './properties';
import { isDirectory, type LakeRecords, type Place } from './records';

/**
 * What a hierarchical namespace adds to the Blob API: a blob's parents exist as directories, a directory is not
 * written over, and one that holds something is not deleted. Azurite's own namespace is flat.
 */

/** `a/b` for `a/b/c`, empty for a path at the root. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

/**
 * Containers that stay flat: the Functions host keeps its own records in them, and in Azure that is another account,
 * without a hierarchical namespace.
 */
export function isFlat(fileSystem: string): boolean {
  return fileSystem.startsWith('azure-webjobs-');
}

/**
 * Checks that no element of the path above it is a file.
 *
 * @throws LakeError PathConflict
 */
export function demandDirectoriesAbove(records: LakeRecords, { fileSystem, path }: Place): void {
  for (let parent = parentOf(path); parent !== ''; parent = parentOf(parent)) {
    const record = records.find({ fileSystem, path: parent });
    if (record === null) continue;
    if (!isDirectory(record)) throw new LakeError('PathConflict', parent);
    return;
  }
}

/** Creates the directories above a path that are not there yet. Their parents are: each was created this way. */
export function createDirectoriesAbove(records: LakeRecords, { fileSystem, path }: Place, now: Date): void {
  for (let parent = parentOf(path); parent !== ''; parent = parentOf(parent)) {
    const place = { fileSystem, path: parent };
    if (records.find(place) !== null) return;
    records.put(newRecord('directory', place, {}, now));
  }
}

/** Gives every blob of a store that a plain Azurite wrote the directories that a hierarchical namespace has. */
export function completeHierarchy(records: LakeRecords, now: Date): void {
  for (const { containerName, name } of records.all()) {
    if (!isFlat(containerName)) createDirectoriesAbove(records, { fileSystem: containerName, path: name }, now);
  }
}

/** Makes every write and delete through Azurite's Blob API keep the rules above, each in one step with the write. */
export function guardBlobApi(store: BlobMetadataStore, records: LakeRecords, now: () => Date): void {
  async function write(context: RequestContext, place: Place, act: () => Promise<unknown>): Promise<unknown> {
    if (isFlat(place.fileSystem)) return act();
    demandFilePlace(records, place, context);
    const result = await act();
    createDirectoriesAbove(records, place, now());
    return result;
  }
  const createBlob = store.createBlob.bind(store);
  const commitBlockList = store.commitBlockList.bind(store);
  const startCopyFromURL = store.startCopyFromURL.bind(store);
  const copyFromURL = store.copyFromURL.bind(store);
  const setBlobMetadata = store.setBlobMetadata.bind(store);
  const deleteBlob = store.deleteBlob.bind(store);
  Object.assign(store, {
    createBlob: (context, blob, ...rest) => {
      const place = { fileSystem: blob.containerName, path: blob.name };
      // A directory may be created and created again as a blob that bears the mark; that replaces nothing but itself.
      if (isDirectory(blob)) return createBlob(context, blob, ...rest);
      return write(context, place, () => createBlob(context, blob, ...rest));
    },
    commitBlockList: (context, blob, ...rest) =>
      write(context, { fileSystem: blob.containerName, path: blob.name }, () =>
        commitBlockList(context, blob, ...rest),
      ),
    startCopyFromURL: (context, source, to, ...rest) =>
      write(context, { fileSystem: to.container, path: to.blob }, () => startCopyFromURL(context, source, to, ...rest)),
    copyFromURL: (context, source, to, ...rest) =>
      write(context, { fileSystem: to.container, path: to.blob }, () => copyFromURL(context, source, to, ...rest)),
    setBlobMetadata: (context, account, fileSystem, path, lease, metadata, ...rest) => {
      const record = records.find({ fileSystem, path });
      const kept = record !== null && isDirectory(record) ? { ...metadata, ...directoryMark } : metadata;
      return setBlobMetadata(context, account, fileSystem, path, lease, kept, ...rest);
    },
    deleteBlob: async (context, account, fileSystem, path, ...rest) => {
      const record = isFlat(fileSystem) ? null : records.find({ fileSystem, path });
      if (record !== null && isDirectory(record) && !records.isEmpty({ fileSystem, path })) {
        throw blobError(context, 'DirectoryIsNotEmpty', 'This operation is not permitted on a non-empty directory.');
      }
      return deleteBlob(context, account, fileSystem, path, ...rest);
    },
  } satisfies Partial<BlobMetadataStore>);
}

function demandFilePlace(records: LakeRecords, place: Place, context: RequestContext): void {
  const there = records.find(place);
  if (there !== null && isDirectory(there)) {
    throw blobError(context, 'ResourceTypeMismatch', 'The specified path is a directory.');
  }
  try {
    demandDirectoriesAbove(records, place);
  } catch (error) {
    if (error instanceof LakeError) throw blobError(context, error.code, error.message);
    throw error;
  }
}

function blobError(context: RequestContext, code: string, message: string): StorageError {
  return new StorageError(409, code, message, context.contextId ?? '');
}
