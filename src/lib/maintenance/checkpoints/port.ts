/** A blob as a page of the listing shows it. */
export interface SeenBlob {
  readonly name: string;
  readonly etag: string;
  readonly bytes: number;
}

/** A record as the service tells it at one moment; its body is not read. */
export interface SeenRecord extends SeenBlob {
  /** What the record says: `offset` and `sequencenumber`, or `ownerid`; names in lower case. */
  readonly metadata: Readonly<Record<string, string>>;
  /** When it was last written, UTC ms, to the second: by the service's clock. */
  readonly modifiedAt: number;
  /** When it was looked at, by the same clock. */
  readonly seenAt: number;
}

/** The container in which the Functions host keeps who reads which partition, and how far. */
export interface CheckpointBlobs {
  /**
   * Page by page, each asked for when the one before is done with; none where there is no container yet.
   *
   * @throws PipelineError STORAGE_FAILED
   */
  pages(): AsyncIterable<readonly SeenBlob[]>;

  /**
   * A legacy record's body; null when it is not there or no longer has that ETag.
   *
   * @throws PipelineError STORAGE_FAILED
   */
  readIfUnchanged(blob: SeenBlob): Promise<string | null>;

  /**
   * The sequence number that a checkpoint bears, as text; null when there is no such checkpoint or it bears none.
   *
   * @throws PipelineError STORAGE_FAILED
   */
  sequenceOf(name: string): Promise<string | null>;

  /**
   * What a record says, and when it was written; null when there is none. (A container that is missing counts as such.)
   *
   * @throws PipelineError STORAGE_FAILED
   */
  look(name: string): Promise<SeenRecord | null>;

  /**
   * Deletes what is as it was seen. `changed` when it was renewed since, or somebody holds a lease on it; a blob that is
   * gone already counts as removed.
   *
   * @throws PipelineError STORAGE_FAILED
   */
  removeIfUnchanged(blob: SeenBlob): Promise<'removed' | 'changed'>;
}

/** Whether something is there; `unknown` proves nothing, `why` says what came instead of an answer. */
export type Presence = { readonly answer: 'there' } | { readonly answer: 'gone' } | Unknown;

/** The same of a hub, with the ids of its partitions. */
export type HubPresence =
  { readonly answer: 'there'; readonly partitions: readonly string[] } | { readonly answer: 'gone' } | Unknown;

export interface Unknown {
  readonly answer: 'unknown';
  readonly why: string;
}

/** Asks the namespace that the settings name. Never throws: what fails is unknown. */
export interface Namespace {
  readonly hub: (hub: string) => Promise<HubPresence>;
  /** @param partition one that the hub has: a group is asked for through it */
  readonly group: (hub: string, group: string, partition: string) => Promise<Presence>;
}
