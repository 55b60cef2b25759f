import { type Lake } from '../../src/lib/ledger/port';
import { MemoryStore } from '../simulation/memory-store';

/** A lake in memory that is always there. */
export function memoryLake(store = new MemoryStore()): Lake & { readonly store: MemoryStore } {
  const now = <T>(value: T): Promise<T> => Promise.resolve(value);
  return {
    store,
    stage: (path, bytes) => now(store.stage(path, bytes)),
    read: (path) => now(store.read(path)),
    swap: (path, bytes, etag) => now(store.swap(path, bytes, etag)),
    rename: (from, to) => now(store.rename(from, to)),
    makeFolder: (path) => now(store.makeFolder(path)),
    exists: (path) => now(store.exists(path)),
    sameBytes: (a, b) => now(store.sameBytes(a, b)),
    readHead: (path, length) => now(store.readHead(path, length)),
    readPiece: (path, offset, length) => now(store.readPiece(path, offset, length)),
    remove: (path, etag) => now(store.remove(path, etag)),
    // eslint-disable-next-line @typescript-eslint/require-await -- the port's lists are read one by one
    async *list(folder) {
      yield* store.list(folder);
    },
  };
}
