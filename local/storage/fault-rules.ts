import { deferred } from './deferred';
import { type BlobOperation, type LakeOperation } from './request';

/** What a fault does to the request it strikes. Each constructor below says exactly what the two sides see. */
export type FaultAction =
  | { readonly kind: 'loseAnswer' }
  | { readonly kind: 'cut' }
  | { readonly kind: 'cutHalfway' }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'hold' }
  | { readonly kind: 'late' }
  | { readonly kind: 'hang' }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly code: string;
      readonly retryAfterSeconds: number | null;
    };

/** The service does its work; the client's connection is cut before the first byte of the answer. */
export const loseAnswer = (): FaultAction => ({ kind: 'loseAnswer' });
/** The connection is cut; the service never hears of the request. */
export const cut = (): FaultAction => ({ kind: 'cut' });
/** The service gets the head and half of the body, then both connections are cut. */
export const cutHalfway = (): FaultAction => ({ kind: 'cutHalfway' });
/** The request is forwarded `ms` milliseconds later, unless the client has left by then. */
export const delay = (ms: number): FaultAction => ({ kind: 'delay', ms });
/** The request waits until the test calls `release()`; if the client leaves first it is never forwarded. */
export const hold = (): FaultAction => ({ kind: 'hold' });
/** The client's connection is cut at once; the service gets the whole request when the test calls `release()`. */
export const late = (): FaultAction => ({ kind: 'late' });
/** The request is taken and never answered nor forwarded. */
export const hang = (): FaultAction => ({ kind: 'hang' });

const defaultCodes: Readonly<Record<number, string>> = {
  403: 'AuthorizationFailure',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServerBusy',
};

/** The proxy answers with `status` in the service's own form; the service never hears of the request. */
export function status(code: number, options: { code?: string; retryAfterSeconds?: number } = {}): FaultAction {
  return {
    kind: 'status',
    status: code,
    code: options.code ?? defaultCodes[code] ?? 'InternalError',
    retryAfterSeconds: options.retryAfterSeconds ?? null,
  };
}

export type Operation = LakeOperation | BlobOperation;

/** Whether an operation needs the right to read or the right to write. */
const NEEDS = {
  ...{ createFile: 'write', createDirectory: 'write', rename: 'write', append: 'write', flush: 'write' },
  ...{ setProperties: 'write', setAccessControl: 'write', getAccessControl: 'read', getStatus: 'read' },
  ...{ leasePath: 'write', deletePath: 'write', list: 'read', createFileSystem: 'write', deleteFileSystem: 'write' },
  ...{ getFileSystemProperties: 'read', setFileSystemProperties: 'write', listFileSystems: 'read' },
  ...{ putBlob: 'write', getBlob: 'read', getBlobProperties: 'read', setBlobProperties: 'write' },
  ...{ setBlobMetadata: 'write', deleteBlob: 'write', copyBlob: 'write', leaseBlob: 'write', putBlock: 'write' },
  ...{ putBlockList: 'write', getBlockList: 'read', listBlobs: 'read', listContainers: 'read' },
  ...{ createContainer: 'write', deleteContainer: 'write', getContainerProperties: 'read', otherBlob: 'read' },
} as const satisfies Record<Operation, 'read' | 'write'>;

/** What an identity with the role Storage Blob Data Reader meets: it reads everything, and whatever it writes is refused. */
export const readersRights = (): FaultRule => ({
  operation: (Object.keys(NEEDS) as Operation[]).filter((operation) => NEEDS[operation] === 'write'),
  times: Infinity,
  action: status(403, { code: 'AuthorizationPermissionMismatch' }),
});

/** Which requests a fault strikes, and how. */
export interface FaultRule {
  readonly operation: Operation | 'any' | readonly Operation[];
  /** Found in the decoded path inside the file system; for a rename, in its destination or in its source. */
  readonly path?: string | RegExp;
  /** Matching requests that pass before the first is struck; 0 when left out. */
  readonly skip?: number;
  /** Requests struck; 1 when left out, `Infinity` for all. */
  readonly times?: number;
  readonly action: FaultAction;
}

/** Whether `rule` is about this request; says nothing of `skip` and `times`. */
export function matches(rule: FaultRule, operation: Operation, paths: readonly string[]): boolean {
  const { operation: wanted, path } = rule;
  const named = wanted === 'any' || (typeof wanted === 'string' ? wanted === operation : wanted.includes(operation));
  if (!named || path === undefined) return named;
  // A global expression keeps its place between calls, so `search` rather than `test`.
  return paths.some((each) => (typeof path === 'string' ? each.includes(path) : each.search(path) !== -1));
}

/** A fault that was added to a proxy. */
export interface Fault {
  /** Requests struck so far. */
  readonly hits: number;
  /** Resolves when the first request is struck. */
  readonly reached: Promise<void>;
  /** Resolves when the first request struck has come to its end: answered, cut, dropped or delivered late. */
  readonly settled: Promise<void>;
  /** Lets requests go that `hold` or `late` keep, those to come included. */
  release(): void;
  /** Strikes no more; what is held stays held until released. */
  remove(): void;
}

/** The counting side of a fault: decides whether a matching request is struck. */
export class ArmedFault implements Fault {
  readonly rule: FaultRule;
  readonly #reached = deferred();
  readonly #settled = deferred();
  readonly #gate = deferred<boolean>();
  #skipped = 0;
  #hits = 0;
  #removed = false;

  constructor(rule: FaultRule) {
    this.rule = rule;
  }

  get hits(): number {
    return this.#hits;
  }

  get reached(): Promise<void> {
    return this.#reached.promise;
  }

  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  /** Resolves to true once released, to false once dropped. */
  get released(): Promise<boolean> {
    return this.#gate.promise;
  }

  /** Whether this matching request is struck; counts it either way. */
  strike(): boolean {
    if (this.#removed || this.#hits >= (this.rule.times ?? 1)) return false;
    if (this.#skipped < (this.rule.skip ?? 0)) {
      this.#skipped += 1;
      return false;
    }
    this.#hits += 1;
    this.#reached.resolve(undefined);
    return true;
  }

  settle(): void {
    this.#settled.resolve(undefined);
  }

  release(): void {
    this.#gate.resolve(true);
  }

  /** What is held never reaches the service. */
  drop(): void {
    this.#gate.resolve(false);
  }

  remove(): void {
    this.#removed = true;
  }
}
