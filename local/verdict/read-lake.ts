import { type DataLakeFileSystemClient } from '@azure/storage-file-datalake';

/** One file as a reader of the lake gets it. */
export interface LakeFile {
  /** Relative to the file system: `bronze/…`, `quarantine/…`. */
  readonly path: string;
  readonly bytes: Buffer;
}

/** Files that are fetched ahead of the one being judged. */
const AHEAD = 4;

/** Every file that readers can see, in the order of paths, a few in memory at a time. */
export async function* readLake(files: DataLakeFileSystemClient): AsyncGenerator<LakeFile> {
  yield* readFolder(files, 'bronze');
  yield* readFolder(files, 'quarantine');
}

/** Every file below one folder. */
export async function* readFolder(files: DataLakeFileSystemClient, folder: string): AsyncGenerator<LakeFile> {
  const waiting: Promise<LakeFile>[] = [];
  for await (const path of pathsBelow(files, folder)) {
    const fetched = fetchFile(files, path);
    // Handled where it is awaited; until then a failure must not count as nobody's.
    fetched.catch(() => undefined);
    waiting.push(fetched);
    if (waiting.length > AHEAD) yield (await waiting.shift()) as LakeFile;
  }
  for (const fetched of waiting) yield await fetched;
}

async function* pathsBelow(files: DataLakeFileSystemClient, folder: string): AsyncGenerator<string> {
  try {
    for await (const item of files.listPaths({ path: folder, recursive: true })) {
      if (item.isDirectory !== true && item.name !== undefined) yield item.name;
    }
  } catch (error) {
    // Nothing has landed there yet.
    if ((error as { statusCode?: number }).statusCode !== 404) throw error;
  }
}

async function fetchFile(files: DataLakeFileSystemClient, path: string): Promise<LakeFile> {
  return { path, bytes: await files.getFileClient(path).readToBuffer() };
}
