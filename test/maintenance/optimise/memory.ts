import { type ListedFile, type MaintenanceLake } from '../../../src/lib/maintenance/port';
import { type MemoryStore } from '../../simulation/memory-store';
import { type Sender, type Wire } from '../../simulation/wire';

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
      const list = (): ListedFile[] =>
        store
          .list(folder)
          .map((file) => ({ ...file, etag: store.files.get(file.path)?.etag ?? '', modifiedAt: 0 }));
      yield* await send(`list ${folder}`, list);
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
