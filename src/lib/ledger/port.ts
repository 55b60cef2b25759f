/**
 * What the commit protocol asks of a lake. Each call is one request or few; each may be cut off at any point, and then
 * nobody knows whether it was applied: the protocol asks again. Paths are relative to the file system, without a leading
 * slash. Expected races are results; everything else is a PipelineError `STORAGE_FAILED` or `ATTEMPT_TIMED_OUT`.
 */
export interface Lake {
  /** Writes a whole file under a name that is the caller's own: seen whole or not at all. */
  stage(path: string, bytes: Buffer): Promise<void>;

  /** The whole of a small file and the version it has; null when there is none. */
  read(path: string): Promise<Versioned | null>;

  /**
   * Replaces a whole file, only if it still has the version `etag` (null: only if there is none).
   * `'overtaken'`: it does not. That may be one's own earlier success whose answer was lost; read again.
   */
  swap(path: string, bytes: Buffer, etag: string | null): Promise<{ readonly etag: string } | 'overtaken'>;

  /** Renames a file to a free name, atomically: readers see it under one of the two. Never overwrites. */
  rename(from: string, to: string): Promise<RenameAnswer>;

  /** Makes a folder and its parents; nothing happens if it is there. */
  makeFolder(path: string): Promise<void>;

  exists(path: string): Promise<boolean>;

  /** Whether two files hold the same bytes; null when either is missing. Reads both, a piece at a time. */
  sameBytes(a: string, b: string): Promise<boolean | null>;

  /** The first bytes of a file, at most `length`; null when there is none. */
  readHead(path: string, length: number): Promise<Buffer | null>;

  /** `length` bytes of a file from `offset` on, fewer at its end; null when there is none. */
  readPiece(path: string, offset: number, length: number): Promise<Buffer | null>;

  /** Deletes a file, only in the version `etag` where one is given; nothing happens if there is none. */
  remove(path: string, etag?: string): Promise<'removed' | 'changed'>;

  /** Files below `folder`, at every depth, in the order of their paths; none if there is no such folder. */
  list(folder: string): AsyncIterable<{ readonly path: string; readonly bytes: number }>;
}

export interface Versioned {
  readonly bytes: Buffer;
  readonly etag: string;
}

/**
 * The answers to a rename, told apart by error code: a status of 404 alone does not say whether the source is gone or the
 * destination's parent is missing.
 */
export type RenameAnswer = 'renamed' | 'source_gone' | 'name_taken' | 'parent_missing';
