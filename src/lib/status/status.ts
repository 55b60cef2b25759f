// The page in the browser reads this, too: it imports nothing.

/** As in decode/event.ts. */
export type Source = 'postgresql' | 'mongodb';

/** What the status page shows, and its JSON: names, counts and times; no event's content, no secret. */
export interface Status {
  /** When it was put together, ISO 8601, UTC. */
  readonly at: string;
  /** `account/file system` */
  readonly lake: string;
  readonly namespace: string;
  /** What is wrong, the worst first; none where all is well. */
  readonly troubles: readonly Trouble[];
  readonly sources: readonly SourceStatus[];
  readonly partitions: readonly PartitionStatus[];
  /** The last days of each source, the latest first. */
  readonly days: readonly DayStatus[];
  readonly runs: Readonly<Record<'weekly' | 'daily', RunStatus | null>>;
}

export interface Trouble {
  /** `bad`: somebody must act; `warn`: look at it. */
  readonly level: 'bad' | 'warn';
  /** What, where, and what to do. */
  readonly text: string;
}

export interface SourceStatus {
  readonly source: Source;
  readonly hub: string;
  /** Every event accepted until then is in the lake, ISO 8601; null where it cannot be told, or not yet. */
  readonly completeThrough: string | null;
  /** Why not later, or why it cannot be told. */
  readonly completeWhy: string | null;
  /** The last hour, a minute each, the latest last and under way still. */
  readonly minutes: readonly MinuteStatus[];
  /** Events that Event Hubs holds and the lake does not, all partitions together; null where the hub was not asked. */
  readonly behind: number | null;
}

/** Delays and latencies are of batches, in ms, within a quarter; null where none landed. */
export interface MinuteStatus {
  /** Seconds since 1970, UTC: its beginning. */
  readonly at: number;
  readonly events: number;
  readonly bytes: number;
  readonly failures: number;
  readonly delayP50: number | null;
  readonly delayP95: number | null;
  readonly writeP50: number | null;
  readonly writeP95: number | null;
}

/** Sequence numbers are text: they are 64-bit. */
export interface PartitionStatus {
  readonly source: Source;
  readonly hub: string;
  readonly partition: string;
  readonly incarnation: number;
  readonly first: string;
  /** The watermark: the highest number covered. */
  readonly last: string;
  /** Events that the hub holds beyond it; null where the hub was not asked. */
  readonly lag: number | null;
  /** Enqueued time of the latest event, ISO 8601. */
  readonly latestEvent: string;
  /** Open, `first-last` each. */
  readonly gaps: readonly string[];
  /** Files that are committed and that readers do not see yet: more than for a moment only where a writer died. */
  readonly pending: number;
  readonly events: number;
  readonly quarantined: number;
  readonly files: number;
}

export interface DayStatus {
  readonly source: Source;
  /** `2026-11-22` */
  readonly day: string;
  /** `whole`: proven; `lost`: numbers are gone for good; `missing`: numbers are to be found or filled; `open`: not proven yet. */
  readonly state: 'whole' | 'lost' | 'missing' | 'open';
  readonly events: number;
  readonly quarantined: number;
  readonly missing: number;
  readonly lost: number;
}

export interface RunStatus {
  readonly outcome: 'done' | 'out_of_time' | 'failed' | 'running';
  readonly startedAt: string;
  readonly endedAt: string | null;
}
