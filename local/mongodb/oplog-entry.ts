import { type Namespace } from './command';

/** One change to what the server holds. The images are whole documents as BSON. */
export type Operation =
  | (OnDocument & { readonly kind: 'insert'; readonly after: Buffer })
  | (OnDocument & {
      readonly kind: 'update';
      readonly before: Buffer;
      readonly after: Buffer;
      /** What the client changed; null when it replaced the document. */
      readonly description: UpdateDescription | null;
    })
  | (OnDocument & { readonly kind: 'delete'; readonly before: Buffer })
  | (OnCollection & OfKind & { readonly kind: 'create'; readonly options: Buffer })
  | (OnCollection & OfKind & { readonly kind: 'drop' })
  | (OnCollection & { readonly kind: 'rename'; readonly to: Namespace; readonly dropped: Buffer | null })
  | (OnCollection & {
      readonly kind: 'modify';
      readonly options: Buffer;
      readonly optionsBefore: Buffer;
      /** What the command asked for. */ readonly changed: Buffer;
    })
  | (OnCollection & { readonly kind: 'createIndex'; readonly index: Buffer })
  | (OnCollection & { readonly kind: 'dropIndex'; readonly index: Buffer })
  | (OnCollection & { readonly kind: 'shard'; readonly key: Buffer })
  /** Of a sharded collection: from there on its documents lie on the second shard. */
  | (OnCollection & { readonly kind: 'split'; readonly middle: Buffer })
  | { readonly kind: 'dropDatabase'; readonly db: string }
  | { readonly kind: 'noop'; readonly message: string; readonly term: number };

interface OnCollection {
  readonly ns: Namespace;
  /** Of the collection: 16 bytes. */
  readonly uuid: Buffer;
}

interface OfKind {
  /** Where it is no collection. */
  readonly nsType?: ViewKind;
}

export type ViewKind = 'view' | 'timeseries';

interface OnDocument extends OnCollection {
  /** Whether the collection kept images when this was written. */
  readonly images: boolean;
  /** Of a sharded collection. */
  readonly place?: ShardPlace;
}

/** An operation on a document. */
export type DocumentOperation = Extract<Operation, { kind: 'insert' | 'update' | 'delete' }>;

export interface ShardPlace {
  /** The names of the shard key's fields. */
  readonly key: readonly string[];
  /** 0 or 1. */
  readonly shard: number;
  /** When this half of a move was committed on its shard, where that was before its entry. */
  readonly ts?: bigint;
}

/** The parts of an event's `updateDescription`; each is a BSON document or array. */
export interface UpdateDescription {
  readonly updatedFields: Buffer;
  readonly removedFields: Buffer;
  readonly truncatedArrays: Buffer;
  readonly disambiguatedPaths: Buffer;
}

/** The session's part of an entry: it makes a retried write known, and names a transaction. */
export interface EntrySession {
  /** The session's id: a BSON document with `id` and `uid`. */
  readonly lsid: Buffer;
  readonly txnNumber: bigint;
  /** Which statement of a retryable write this is; null for a transaction of several. */
  readonly statement: number | null;
}

/** What happened at one moment: one operation, or a transaction's. */
export interface OplogEntry {
  /** BSON timestamp; later entries have greater ones. */
  readonly ts: bigint;
  /** UTC, milliseconds since 1970. */
  readonly wallAt: number;
  readonly operations: readonly Operation[];
  readonly session: EntrySession | null;
}
