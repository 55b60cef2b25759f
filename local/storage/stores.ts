/**
 * The shapes of Azurite's stores: the records of its LokiJS collections and the calls that the gateway makes or guards.
 * Azurite ships no types; test/local/storage/internals.test.ts holds these to what it really does.
 */

/** A piece of an extent: where some bytes of a blob lie. */
export interface ExtentChunk {
  id: string;
  offset: number;
  count: number;
}

export interface BlockRecord {
  accountName: string;
  containerName: string;
  blobName: string;
  /** Block id, base64. */
  name: string;
  isCommitted: boolean;
  /** Bytes. */
  size: number;
  persistency: ExtentChunk;
}

export interface BlobRecord {
  accountName: string;
  containerName: string;
  name: string;
  /** Empty for the blob itself. */
  snapshot: string;
  deleted: boolean;
  /** False while only uncommitted blocks exist: such a blob is not there yet. */
  isCommitted: boolean;
  metadata?: Record<string, string> | undefined;
  properties: BlobProperties;
  /** Bytes written by Put Blob. */
  persistency?: ExtentChunk | undefined;
  /** Bytes written by Put Block List, or by a flush. */
  committedBlocksInOrder?: BlockRecord[] | undefined;
  leaseId?: string | undefined;
  /** Text once it was loaded from a file. */
  leaseExpireTime?: Date | string | undefined;
  leaseBreakTime?: Date | string | undefined;
  leaseDurationSeconds?: number | undefined;
}

export interface BlobProperties {
  /** Text once it was loaded from a file. */
  creationTime: Date | string;
  lastModified: Date | string;
  /** In quotes. */
  etag: string;
  contentLength: number;
  contentType?: string | undefined;
  contentEncoding?: string | undefined;
  contentLanguage?: string | undefined;
  contentDisposition?: string | undefined;
  contentMD5?: Uint8Array | undefined;
  cacheControl?: string | undefined;
  blobType: 'BlockBlob';
  /** Left out, like the next, by Azurite's Put Block List. */
  leaseStatus?: 'locked' | 'unlocked';
  leaseState?: 'available' | 'leased' | 'expired' | 'breaking' | 'broken';
  leaseDuration?: 'infinite' | 'fixed' | undefined;
  serverEncrypted?: boolean;
  accessTier?: string;
  accessTierInferred?: boolean;
}

export interface ContainerRecord {
  accountName: string;
  name: string;
  metadata?: Record<string, string> | undefined;
  properties: {
    etag: string;
    lastModified: Date | string;
    leaseStatus?: 'locked' | 'unlocked';
    leaseState?: string;
    hasImmutabilityPolicy?: boolean;
    hasLegalHold?: boolean;
  };
}

/** A record as LokiJS keeps it: with its number, once it is in a collection. */
export interface StoredRecord {
  $loki?: number;
}

/** A collection of LokiJS: every call is synchronous, and records are the live objects. */
export interface Collection<T> {
  readonly name: string;
  /** The highest number that a record has had. */
  maxId: number;
  readonly data: readonly T[];
  /** By its number. */
  get(id: number): T | null;
  find(query: Partial<T>): T[];
  findOne(query: Partial<T>): T | null;
  count(query?: Partial<T>): number;
  findAndRemove(query: Partial<T>): void;
  insert(record: T): T;
  update(record: T): void;
  remove(record: T): void;
  on(event: 'insert' | 'update', listener: (record: T | readonly T[]) => void): unknown;
  on(event: 'delete', listener: (record: T) => void): unknown;
}

/** A LokiJS database. */
export interface Database {
  readonly collections: readonly Collection<StoredRecord>[];
  readonly persistenceAdapter: {
    /** Called with the whole database as text, in one step with its making. */
    saveDatabase(name: string, text: string, callback: SaveCallback): void;
  };
  addCollection(name: string, options: unknown): Collection<StoredRecord>;
  removeCollection(name: string): void;
  saveDatabase(callback: SaveCallback): void;
}

export type SaveCallback = (error?: Error | null) => void;

/** Any of Azurite's stores of records. */
export interface Store {
  readonly db: Database;
  /** Reads the database's file; called before the server listens. */
  init(): Promise<void>;
}

export interface RequestContext {
  readonly contextId?: string;
}

export interface BlobId {
  account: string;
  container: string;
  blob: string;
  snapshot?: string;
}

/** LokiBlobMetadataStore: between its check and its change nothing but microtasks run. */
export interface BlobMetadataStore extends Store {
  readonly db: Database & {
    getCollection(name: '$BLOBS_COLLECTION$'): Collection<BlobRecord>;
    getCollection(name: '$BLOCKS_COLLECTION$'): Collection<BlockRecord>;
    getCollection(name: '$CONTAINERS_COLLECTION$'): Collection<ContainerRecord>;
  };
  createBlob(context: RequestContext, blob: BlobRecord, ...rest: unknown[]): Promise<unknown>;
  commitBlockList(context: RequestContext, blob: BlobRecord, ...rest: unknown[]): Promise<unknown>;
  startCopyFromURL(context: RequestContext, source: BlobId, destination: BlobId, ...rest: unknown[]): Promise<unknown>;
  copyFromURL(context: RequestContext, source: BlobId, destination: BlobId, ...rest: unknown[]): Promise<unknown>;
  setBlobMetadata(
    context: RequestContext,
    account: string,
    container: string,
    blob: string,
    lease: unknown,
    metadata: Record<string, string> | undefined,
    ...rest: unknown[]
  ): Promise<unknown>;
  deleteBlob(
    context: RequestContext,
    account: string,
    container: string,
    blob: string,
    ...rest: unknown[]
  ): Promise<unknown>;
  listAllBlobs(
    maxResults?: number,
    marker?: string,
    includeSnapshots?: boolean,
    includeUncommittedBlobs?: boolean,
  ): Promise<[BlobRecord[], string | undefined]>;
}

export interface ExtentStore {
  /** Stores the bytes of `data` and says where they lie. */
  appendExtent(data: NodeJS.ReadableStream | Buffer, contextId?: string): Promise<ExtentChunk>;
  deleteExtents(ids: Iterable<string>): Promise<number>;
  /** FSExtentStore only: in which of its folders an extent lies; what it does not know is a failed read. */
  readonly metadataStore?: { getExtentLocationId(extentId: string): Promise<string> };
  /** FSExtentStore only: the files open for writing. */
  readonly activeWriteExtents?: { fd?: number | undefined }[];
}
