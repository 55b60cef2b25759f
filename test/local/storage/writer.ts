import { type ContainerClient } from '@azure/storage-blob';
import { type DataLakeFileSystemClient } from '@azure/storage-file-datalake';
import { type Random } from '../../../local/events/random';

/** A file as its writer was told it is. */
export interface Version {
  readonly content: string;
  /** Null where the answer was lost that would have told it. */
  readonly etag: string | null;
  /** Appended to it, acknowledged and not flushed yet. */
  readonly appended?: string;
}

/** The files of a directory, by path. */
export type Files = Map<string, Version>;

export interface Clients {
  readonly container: ContainerClient;
  readonly data: DataLakeFileSystemClient;
}

/**
 * Changes the few files of a directory of its own, one request after another, in every way that the lake knows; it knows after each
 * what the storage must hold, and after a lost answer, which two states it may hold.
 */
export class Writer {
  /** What was acknowledged. */
  files: Files = new Map();
  /** What there would be if the request had its effect whose answer did not come. */
  maybe: Files | null = null;
  readonly directory: string;
  readonly #random: Random;
  #count = 0;

  constructor(directory: string, random: Random) {
    this.directory = directory;
    this.#random = random;
  }

  /** Writes until a request fails. */
  async write(clients: Clients, onAcknowledged: () => void): Promise<void> {
    for (;;) {
      const { attempt, path } = this.#next(clients);
      let etag: string | undefined;
      // What it would be is settled before the request: its answer may be lost.
      this.maybe = attempt.after;
      try {
        etag = await attempt.ask();
      } catch (error) {
        if ((error as { statusCode?: number }).statusCode !== undefined) throw error;
        return;
      }
      this.files = attempt.after;
      this.maybe = null;
      const version = this.files.get(path);
      if (version !== undefined && etag !== undefined) this.files.set(path, { ...version, etag });
      onAcknowledged();
    }
  }

  #next({ container, data }: Clients): { path: string; attempt: Attempt } {
    const name = () => `${this.directory}/${this.#random.pick(['a', 'b', 'c', 'd'])}`;
    const path = name();
    const there = this.files.get(path);
    const content = `${path} ${(this.#count += 1)} `.padEnd(20 + this.#random.below(3000), '.');
    const blob = container.getBlockBlobClient(path);
    const file = data.getFileClient(path);
    const put = (version: Version) => new Map(this.files).set(path, version);
    const write = (ask: () => Promise<{ etag?: string }>): { path: string; attempt: Attempt } => ({
      path,
      attempt: { after: put({ content, etag: null }), ask: async () => (await ask()).etag },
    });

    if (there?.appended !== undefined) {
      const { appended } = there;
      return {
        path,
        attempt: {
          after: put({ content: there.content + appended, etag: null }),
          ask: async () => (await file.flush(there.content.length + appended.length)).etag,
        },
      };
    }
    if (there?.content === '') {
      const ask = () => file.append(content, 0, content.length).then(() => undefined);
      return { path, attempt: { after: put({ ...there, appended: content }), ask } };
    }
    const kind = this.#random.below(there === undefined ? 3 : 6);
    if (kind === 0) return write(() => blob.upload(content, content.length));
    if (kind === 1) {
      const after = put({ content: '', etag: null });
      return { path, attempt: { after, ask: async () => (await file.create()).etag } };
    }
    if (kind === 2) {
      return write(async () => {
        const ids = [0, 1].map((index) => Buffer.from(`block-${index}`).toString('base64'));
        await blob.stageBlock(ids[0] ?? '', content.slice(0, 10), 10);
        await blob.stageBlock(ids[1] ?? '', content.slice(10), content.length - 10);
        return await blob.commitBlockList(ids);
      });
    }
    const { etag } = there ?? { etag: null };
    if (kind === 3) {
      const conditions = etag === null ? {} : { ifMatch: etag };
      return write(() => blob.upload(content, content.length, { conditions }));
    }
    if (kind === 4) {
      const after = new Map(this.files);
      after.delete(path);
      return { path, attempt: { after, ask: () => file.delete().then(() => undefined) } };
    }
    const to = name();
    const after = new Map(this.files);
    after.delete(path);
    after.set(to, there as Version);
    return { path: to, attempt: { after, ask: () => file.move('data', to).then(() => undefined) } };
  }
}

/** One request: what there is after it, and how to send it; its answer may bring an entity tag. */
interface Attempt {
  readonly after: Files;
  readonly ask: () => Promise<string | undefined>;
}
