/**
 * The messages of PostgreSQL's output plugin `pgoutput`, protocol version 1 with `messages 'true'`, as servers 14 to 18 send
 * them: https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html
 *
 * LSNs are 64-bit positions in the WAL, times are microseconds since 1970 in UTC. Buffers are views of what was received.
 */
export type PgoutputMessage =
  | BeginMessage
  | CommitMessage
  | OriginMessage
  | RelationMessage
  | TypeMessage
  | InsertMessage
  | UpdateMessage
  | DeleteMessage
  | TruncateMessage
  | LogicalMessage;

export interface BeginMessage {
  readonly kind: 'begin';
  /** Where the transaction's commit record begins: `CommitMessage.commitLsn`. */
  readonly commitLsn: bigint;
  readonly committedAtUs: bigint;
  readonly transactionId: number;
}

export interface CommitMessage {
  readonly kind: 'commit';
  readonly commitLsn: bigint;
  /** Behind the commit record: what is confirmed to the server once the transaction is safe. */
  readonly endLsn: bigint;
  readonly committedAtUs: bigint;
}

/** The transaction was itself replicated from elsewhere. */
export interface OriginMessage {
  readonly kind: 'origin';
  readonly commitLsn: bigint;
  readonly name: string;
}

/** Comes before a table's first change in a session, and again after each change of the table. */
export interface RelationMessage {
  readonly kind: 'relation';
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
  readonly replicaIdentity: ReplicaIdentity;
  /** Those that the publication sends, in the table's order. */
  readonly columns: readonly RelationColumn[];
}

export type ReplicaIdentity = 'default' | 'nothing' | 'full' | 'index';

export interface RelationColumn {
  readonly name: string;
  readonly typeOid: number;
  /** `atttypmod`: -1 for none. */
  readonly modifier: number;
  /** Part of the replica identity; with `full` every column is. */
  readonly isKey: boolean;
}

/** The name of a type that is not built in. */
export interface TypeMessage {
  readonly kind: 'type';
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
}

export interface InsertMessage {
  readonly kind: 'insert';
  readonly relationOid: number;
  readonly after: Tuple;
}

export interface UpdateMessage {
  readonly kind: 'update';
  readonly relationOid: number;
  /** Null where the key has not changed and the replica identity is not full. */
  readonly before: OldTuple | null;
  readonly after: Tuple;
}

export interface DeleteMessage {
  readonly kind: 'delete';
  readonly relationOid: number;
  readonly before: OldTuple;
}

export interface TruncateMessage {
  readonly kind: 'truncate';
  readonly relationOids: readonly number[];
}

/** Of `pg_logical_emit_message`. */
export interface LogicalMessage {
  readonly kind: 'message';
  /** Else it was sent at once, whatever became of the transaction. */
  readonly transactional: boolean;
  readonly lsn: bigint;
  readonly prefix: string;
  readonly content: Buffer;
}

/** What was before: the columns of the key alone (the others are NULL, whatever they were), or the whole row. */
export interface OldTuple extends Tuple {
  readonly holds: 'key' | 'row';
}

/** A row's values in PostgreSQL's text form: column `i` is `bytes` from `starts[i]`, `lengths[i]` bytes long. */
export interface Tuple {
  readonly bytes: Buffer;
  readonly starts: readonly number[];
  /** Or `NULL_VALUE`, or `UNCHANGED_VALUE`. */
  readonly lengths: readonly number[];
}

export const NULL_VALUE = -1;
/** A long value that is stored beside the row (TOAST) and that the update did not touch. The WAL does not have it. */
export const UNCHANGED_VALUE = -2;
