import { type Lake } from '../../src/lib/ledger/port';

/** A lake that has one file, whatever it is asked for, and takes one. */
export interface Holding extends Lake {
  /** What was written. */
  written(path?: string): Buffer;
}

export function holding(bytes: Buffer | null): Holding {
  const written = new Map<string, Buffer>();
  return {
    read: () => Promise.resolve(bytes === null ? null : { bytes, etag: '"e"' }),
    swap: (path: string, next: Buffer) => {
      written.set(path, next);
      return Promise.resolve({ etag: '"f"' });
    },
    stage: (path: string, next: Buffer) => Promise.resolve(void written.set(path, next)),
    list: () => [],
    written: (path?: string) => (path === undefined ? [...written.values()][0] : written.get(path)) ?? Buffer.alloc(0),
  } as unknown as Holding;
}
