import { type ListedFile, type MaintenanceLake } from '../../../src/lib/maintenance/port';
import { type MemoryStore } from '../../simulation/memory-store';
import { type Sender, type Wire } from '../../simulation/wire';

/** Fewer than a shelf of the simulated day has. */
const PAGE_FILES = 4;

/** The file system in memory as maintenance sees it, each call a request over the wire. */
export function maintenanceLakeOver(wire: Wire, sender: Sender, store: MemoryStore): MaintenanceLake {
  const short = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
  const send = <T>(what: string, apply: () => T): Promise<T> => wire.send(sender, what, apply);
  const versionOf = (path: string, etag: string): 'gone' | 'changed' | 'same' => {
    const found = store.files.get(path);
    return found === undefined ? 'gone' : found.etag === etag ? 'same' : 'changed';
  };
  return {
    async *list(folder) {
      // Page by page, as the service does: what happens in between is seen behind the last name, and not before it.
      for (let after = ''; ;) {
        const page = await send(`list ${folder} after ${short(after)}`, (): ListedFile[] =>
          store
            .list(folder)
            .filter(({ path }) => path > after)
            .slice(0, PAGE_FILES)
            .map((file) => ({ ...file, etag: store.files.get(file.path)?.etag ?? '', modifiedAt: 0 })),
        );
        yield* page;
        const last = page.at(-1);
        if (last === undefined || page.length < PAGE_FILES) return;
        after = last.path;
      }
    },
    async *folders(folder) {
      const depth = folder.split('/').length;
      const names = (): Set<string> =>
        new Set(
          store
            .list(folder)
            .map(({ path }) => path.split('/'))
            .filter((parts) => parts.length > depth + 1)
            .map((parts) => parts[depth] ?? ''),
        );
      yield* await send(`folders of ${folder}`, names);
    },
    look: (path) =>
      send(`look at ${short(path)}`, () => {
        const found = store.files.get(path);
        return found === undefined ? null : { bytes: found.bytes.length, etag: found.etag };
      }),
    readPiece: (path, etag, offset, length) =>
      send(`read ${short(path)}`, () => {
        const version = versionOf(path, etag);
        if (version !== 'same') return version;
        return store.files.get(path)?.bytes.subarray(offset, offset + length) ?? 'gone';
      }),
    async stageBlocks(path, blocks) {
      const held: Buffer[] = [];
      for await (const block of blocks) held.push(block);
      await send(`put ${short(path)}`, () => store.stage(path, Buffer.concat(held)));
    },
    removeVersion: (path, etag) =>
      send(`remove ${short(path)}`, () => {
        const version = versionOf(path, etag);
        if (version !== 'same') return version;
        store.remove(path);
        return 'removed';
      }),
  };
}
