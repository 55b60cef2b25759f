import { type CapturedEvent } from '../port';
import { type RelationMessage, type TypeMessage } from './pgoutput-messages';

/** What one message of the stream came to. */
export type CaptureStep =
  | BeginStep
  | EventsStep
  | CommitStep
  | RelationStep
  | TypeStep
  /** Nothing that an event tells of. */
  | { readonly kind: 'nothing' };

/** A transaction begins. All of its messages come before those of any other. */
export interface BeginStep {
  readonly kind: 'begin';
  readonly commitLsn: bigint;
  readonly committedAtUs: bigint;
  readonly transactionId: number;
}

export interface EventsStep {
  readonly kind: 'events';
  readonly events: readonly CapturedEvent[];
}

/** The transaction has been told in full. Once its events are safe, `endLsn` may be confirmed to the server. */
export interface CommitStep {
  readonly kind: 'commit';
  readonly commitLsn: bigint;
  readonly endLsn: bigint;
  readonly committedAtUs: bigint;
}

/** A table is new to this session, or may have changed: its definition is to be given before its next row. */
export interface RelationStep {
  readonly kind: 'relation';
  readonly relation: RelationMessage;
}

/** Comes before the relation message of a table with columns of a type that is not built in. */
export interface TypeStep {
  readonly kind: 'type';
  readonly type: TypeMessage;
}
