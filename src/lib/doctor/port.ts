/** Why a request came to nothing. */
export interface Refusal {
  /** Of the service's answer; null when none came. */
  readonly status: number | null;
  /** The service's word for it (`AuthorizationPermissionMismatch`), or the system's (`ECONNREFUSED`). */
  readonly code: string;
  /** The `Date` of the answer, UTC ms, to the second, where it bore one: a wrong clock is itself a reason to be refused. */
  readonly serviceAt?: number;
}

/** What a request came to: each is made once, without retries, and never throws. */
export type Answer<T> = { readonly value: T } | { readonly refusal: Refusal };

export interface FileSystemFacts {
  readonly exists: boolean;
  /** It has an immutability policy or a legal hold. */
  readonly isImmutable: boolean;
  /** The `Date` of the answer, UTC ms, to the second; null where it bore none. */
  readonly serviceAt: number | null;
}

/** What the doctor asks of the lake's account: the requests that the app makes, one by one. */
export interface LakeProbe {
  readonly account: string;
  readonly fileSystem: string;
  readonly byIdentity: boolean;
  /** Whether the account is an emulator on this machine. */
  readonly isLocal: boolean;

  /** A token of the identity; at once where a key is used. */
  token(signal: AbortSignal): Promise<Answer<null>>;
  lookAtFileSystem(signal: AbortSignal): Promise<Answer<FileSystemFacts>>;
  /** Whether the account has a hierarchical namespace, as it says itself. */
  isHierarchical(signal: AbortSignal): Promise<Answer<boolean>>;

  /** Who may read what is made in a folder, by its default access control list: `user:<id>`, `group:<id>`. */
  defaultReaders(folder: string, signal: AbortSignal): Promise<Answer<readonly string[]>>;

  /** Put Blob. */
  put(path: string, text: string, signal: AbortSignal): Promise<Answer<{ readonly etag: string }>>;
  /** Put Blob with `If-Match`. */
  swap(path: string, text: string, etag: string, signal: AbortSignal): Promise<Answer<{ readonly etag: string }>>;
  /** Rename with `If-None-Match: *`. */
  rename(from: string, to: string, signal: AbortSignal): Promise<Answer<null>>;
  list(folder: string, signal: AbortSignal): Promise<Answer<readonly string[]>>;
  read(path: string, signal: AbortSignal): Promise<Answer<{ readonly text: string; readonly etag: string }>>;
  /** Takes a lease and gives it back. */
  lease(path: string, signal: AbortSignal): Promise<Answer<null>>;
  /** Delete with `If-Match`. */
  remove(path: string, etag: string, signal: AbortSignal): Promise<Answer<null>>;
  makeFolder(path: string, signal: AbortSignal): Promise<Answer<null>>;
  removeEmptyFolder(path: string, signal: AbortSignal): Promise<Answer<null>>;
  /** A folder with all that is in it; one that is not there counts as removed. */
  removeTree(path: string, signal: AbortSignal): Promise<Answer<null>>;
}

/** A hub as the namespace describes it. */
export interface HubView {
  /** UTC ms. */
  readonly createdAt: number;
  readonly partitions: readonly PartitionView[];
}

export interface PartitionView {
  readonly partition: string;
  /** The first sequence number that is still there. */
  readonly first: bigint;
  /** The last sequence number; null where there never was an event. */
  readonly last: bigint | null;
  /** Whether the hub still holds an event. */
  readonly isEmpty: boolean;
}

/** What the doctor asks of the namespace. Never throws. */
export interface HubProbe {
  readonly namespace: string;
  readonly byIdentity: boolean;
  describe(hub: string, signal: AbortSignal): Promise<Answer<HubView>>;
  /** Reads the oldest event there is, through a group, without an owner level; null when none comes. UTC ms. */
  oldestAt(hub: string, group: string, partition: string, signal: AbortSignal): Promise<Answer<number | null>>;
  /** Opens a sender and sends nothing. */
  openSender(hub: string, signal: AbortSignal): Promise<Answer<null>>;
}
