import { type CapturedEvent } from '../port';
import { type RelationMessage } from './pgoutput-messages';

/** What one message of the stream came to. */
export type CaptureStep =
  | BeginStep
  | EventsStep
  | CommitStep
  | RelationStep
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

/** A table is new to this session, or has changed. What the encoder lacks to write its rows exactly is to be learned now. */
export interface RelationStep {
  readonly kind: 'relation';
  readonly relation: RelationMessage;
  /** OIDs for `TYPE_QUERY` and `learnTypes`; until then their values are written as text. */
  readonly unknownTypes: readonly number[];
  /** Whether the stream does not say what tells rows apart: for `KEY_QUERY` and `learnKey`; until then nothing does. */
  readonly unknownKey: boolean;
}
