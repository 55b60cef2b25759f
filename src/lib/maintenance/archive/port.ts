/** What archiving asks of a lake beside the other ports. Failures are a PipelineError `STORAGE_FAILED`. */
export interface LedgerMover {
  /**
   * Renames one version of a file to a free name, atomically. `gone` and `changed` (of `from`), and `taken` (of `to`), may
   * also be one's own success whose answer was lost.
   */
  move(from: string, etag: string, to: string): Promise<Moved>;
}

export type Moved = 'moved' | 'gone' | 'changed' | 'taken' | 'parent_missing';
