import { type HubPartition, type Source } from '../decode/event';

/**
 * What is known of one hub partition in one incarnation of its hub: the single truth about which events are in the lake.
 * Covered are the sequence numbers from `start` to `last`, less the open gaps.
 */
export interface Ledger extends HubPartition {
  readonly source: Source;
  /** 1 for the hub as first met; one more each time it was deleted and made anew. */
  readonly incarnation: number;
  /** Changes only when the ledger is rebuilt: whoever worked by the ledger before must judge again. */
  readonly generation: string;
  /** When the hub of this incarnation was created, UTC ms; null for the first, which nobody asked about. */
  readonly hubCreatedAt: number | null;
  /** The first sequence number ever covered: nothing before it is missing. */
  readonly start: bigint;
  /** The highest sequence number covered. */
  readonly last: bigint;
  /** The latest enqueued time of any event covered, UTC ms. */
  readonly lastEnqueuedAt: number;
  /** Open gaps: ascending, apart from each other, inside `start`…`last`. */
  readonly gaps: readonly Gap[];
  /** Files that the last swap committed; published perhaps, perhaps not yet. */
  readonly pending: readonly PendingFile[];
  readonly counters: Counters;
  /** Set once the hub was found to be made anew: events enqueued since then belong to that incarnation. */
  readonly successor: Successor | null;
}

/** Sequence numbers that Event Hubs passed over, both ends included. */
export interface Gap {
  readonly first: bigint;
  readonly last: bigint;
  /** When it was found, UTC ms. */
  readonly noticedAt: number;
}

/** A file that is committed: durable under `staged`, and to be seen by readers under `final`. Paths in the file system. */
export interface PendingFile {
  readonly staged: string;
  readonly final: string;
}

/** Totals since the ledger's birth (or since it was rebuilt). */
export interface Counters {
  readonly events: number;
  readonly quarantined: number;
  readonly files: number;
  readonly bytes: number;
}

export interface Successor {
  readonly incarnation: number;
  /** When the next hub of this name was created, UTC ms. */
  readonly hubCreatedAt: number;
}

/** A stretch of contiguous events whose files are staged and ask to be committed. */
export interface StagedRun {
  readonly first: bigint;
  readonly last: bigint;
  /** The latest enqueued time in the run, UTC ms. */
  readonly lastEnqueuedAt: number;
  readonly files: readonly PendingFile[];
  readonly quarantined: number;
  readonly bytes: number;
}
