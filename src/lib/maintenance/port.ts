/**
 * What maintenance asks of a lake beside the commit protocol's port: files in pieces, versions in listings, deletions of
 * one version only. Paths as there; expected races are results, everything else is a PipelineError `STORAGE_FAILED`.
 * Entity tags compare as text, whichever call they come from.
 */
export interface MaintenanceLake {
  /** Files below `folder`, at every depth, in the order of their paths; none if there is no such folder. */
  list(folder: string): AsyncIterable<ListedFile>;

  /** Names of the folders directly below `folder`; none if there is no such folder. */
  folders(folder: string): AsyncIterable<string>;

  /** The version and size of a file; null when there is none. */
  look(path: string): Promise<FileVersion | null>;

  /** The bytes from `offset` on, `length` or up to the end, of one version of a file. */
  readPiece(path: string, etag: string, offset: number, length: number): Promise<Buffer | 'gone' | 'changed'>;

  /**
   * Writes a file of any size under a name that is the caller's own, a block in memory at a time: seen whole or not at
   * all. What `blocks` throws is thrown, and nothing is written.
   */
  stageBlocks(path: string, blocks: AsyncIterable<Buffer>): Promise<void>;

  /** Deletes one version of a file, and no other. */
  removeVersion(path: string, etag: string): Promise<'removed' | 'gone' | 'changed'>;
}

export interface FileVersion {
  readonly bytes: number;
  readonly etag: string;
}

export interface ListedFile extends FileVersion {
  readonly path: string;
  /** When it was last written, by the service's clock, UTC ms to the second; a rename does not change it. */
  readonly modifiedAt: number;
}
