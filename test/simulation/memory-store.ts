import { type RenameAnswer, type Versioned } from '../../src/lib/ledger/port';
import { parentOf } from '../../src/lib/ledger/names';

/** A file system in memory with the rules of the real one: every operation happens at once and whole. */
export class MemoryStore {
  readonly files = new Map<string, Versioned>();
  readonly #folders = new Set<string>();
  #version = 0;

  stage(path: string, bytes: Buffer): void {
    this.#put(path, bytes);
  }

  read(path: string): Versioned | null {
    return this.files.get(path) ?? null;
  }

  swap(path: string, bytes: Buffer, etag: string | null): { etag: string } | 'overtaken' {
    if ((this.files.get(path)?.etag ?? null) !== etag) return 'overtaken';
    return { etag: this.#put(path, bytes) };
  }

  rename(from: string, to: string): RenameAnswer {
    const file = this.files.get(from);
    if (file === undefined) return 'source_gone';
    if (!this.#folders.has(parentOf(to))) return 'parent_missing';
    if (this.files.has(to)) return 'name_taken';
    this.files.delete(from);
    this.files.set(to, file);
    return 'renamed';
  }

  makeFolder(path: string): void {
    this.#folders.add(path);
  }

  exists(path: string): boolean {
    return this.files.has(path);
  }

  sameBytes(a: string, b: string): boolean | null {
    const [left, right] = [this.files.get(a), this.files.get(b)];
    return left === undefined || right === undefined ? null : left.bytes.equals(right.bytes);
  }

  readHead(path: string, length: number): Buffer | null {
    return this.files.get(path)?.bytes.subarray(0, length) ?? null;
  }

  readPiece(path: string, offset: number, length: number): Buffer | null {
    return this.files.get(path)?.bytes.subarray(offset, offset + length) ?? null;
  }

  remove(path: string, etag?: string): 'removed' | 'changed' {
    const file = this.files.get(path);
    if (file !== undefined && etag !== undefined && file.etag !== etag) return 'changed';
    this.files.delete(path);
    return 'removed';
  }

  list(folder: string): { path: string; bytes: number }[] {
    const below = folder.endsWith('/') ? folder : `${folder}/`;
    return [...this.files]
      .filter(([path]) => path.startsWith(below))
      .map(([path, file]) => ({ path, bytes: file.bytes.length }))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  #put(path: string, bytes: Buffer): string {
    this.#version += 1;
    const etag = `v${this.#version}`;
    this.files.set(path, { bytes: Buffer.from(bytes), etag });
    this.#folders.add(parentOf(path));
    return etag;
  }
}
