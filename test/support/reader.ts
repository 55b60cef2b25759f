import { DataLakeServiceClient } from '@azure/storage-file-datalake';

/** A line as an analyst reads it, and the file that holds it. */
export interface ReadLine {
  readonly path: string;
  readonly raw: string;
  readonly sequenceNumber: number;
  readonly incarnation: number;
  readonly payload?: unknown;
  readonly reason?: string;
  readonly bodyBase64?: string;
}

/** Reads a lake as its users do, through the SDK and by file names and lines alone; shares no code with `src`. */
export class LakeReader {
  readonly #files;

  constructor(connectionString: string, fileSystem = 'data') {
    this.#files = DataLakeServiceClient.fromConnectionString(connectionString).getFileSystemClient(fileSystem);
  }

  /** Paths of all files below `folder`; none if it does not exist. */
  async paths(folder: string): Promise<string[]> {
    const paths: string[] = [];
    try {
      for await (const item of this.#files.listPaths({ path: folder, recursive: true })) {
        if (item.isDirectory !== true) paths.push(item.name ?? '');
      }
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode !== 404) throw error;
    }
    return paths;
  }

  /** What readers of the lake can see: bronze and quarantine. */
  async visible(): Promise<string[]> {
    return [...(await this.paths('bronze')), ...(await this.paths('quarantine'))];
  }

  async bytes(path: string): Promise<Buffer> {
    return await this.#files.getFileClient(path).readToBuffer();
  }

  async json(path: string): Promise<Record<string, unknown>> {
    return JSON.parse((await this.bytes(path)).toString()) as Record<string, unknown>;
  }

  async write(path: string, bytes: Buffer | string): Promise<void> {
    await this.#files.getFileClient(path).upload(Buffer.from(bytes));
  }

  async remove(path: string): Promise<void> {
    await this.#files.getFileClient(path).delete();
  }

  async move(path: string, to: string): Promise<void> {
    await this.#files.getFileClient(path).move(to);
  }

  /** Every line that can be seen, in the order of paths. */
  async lines(): Promise<ReadLine[]> {
    const lines: ReadLine[] = [];
    for (const path of await this.visible()) {
      const text = (await this.bytes(path)).toString();
      if (!text.endsWith('\n')) throw new Error(`${path} does not end with a line feed`);
      for (const raw of text.slice(0, -1).split('\n')) {
        lines.push({ path, raw, ...(JSON.parse(raw) as Omit<ReadLine, 'path' | 'raw'>) });
      }
    }
    return lines;
  }

  /** The sequence numbers that can be seen, ascending, each as often as it can be seen. */
  async sequences(): Promise<number[]> {
    return (await this.lines()).map((line) => line.sequenceNumber).sort((a, b) => a - b);
  }

  async removeFileSystem(): Promise<void> {
    await this.#files.delete();
  }

  /** Empties the file system. */
  async clear(): Promise<void> {
    for (const folder of ['bronze', 'quarantine', '_system']) {
      await this.#files.getDirectoryClient(folder).deleteIfExists(true);
    }
  }
}

/** `[first, …, last]` */
export function numbers(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
