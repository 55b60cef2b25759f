/** One change on its way from a database to its hub. */
export interface CapturedEvent {
  /** What keeps its order: events of one key go to one partition of the hub. */
  readonly key: string;
  /** The same for the same change, however often it is sent; no two changes have the same. */
  readonly eventId: string;
  /** The event's JSON, UTF-8. */
  readonly body: Buffer;
  /** Makes the JSON object of the fields that a reference to the event states (`CLAIM_FACTS`): all but its rows. */
  readonly facts: () => Buffer;
}

/** Where captured events go: batches for each partition of the hub, filled to its limit. */
export interface ChangeSink {
  /**
   * Takes an event. Undefined when there is room for the next; else a promise to wait for, so that a slow hub slows the
   * source down.
   *
   * @throws PipelineError what an earlier event was refused with: nothing is sent any more
   */
  put(event: CapturedEvent): Promise<void> | undefined;

  /** Sends what waits in batches not full yet; resolves once Event Hubs has accepted everything that was put before. */
  flush(): Promise<void>;

  /** Events and batches that Event Hubs has accepted. */
  readonly accepted: { readonly events: number; readonly batches: number; readonly bytes: number };
}

/** How far capture has come with one database, kept in the lake; replaced only as a whole, by one writer at a time. */
export interface Progress<State> {
  /** What was read last, or written since; null where nothing was ever kept. */
  readonly state: State | null;

  /**
   * Which history of the database is captured: 1 at first, and one more each time that capture begins again. Positions compare within
   * one history alone; every event states it, and its id contains it.
   */
  readonly history: number;

  /** @throws PipelineError CAPTURE_OVERTAKEN when another process has written meanwhile: this one must stop */
  keep(state: State): Promise<void>;
}

/** When a run is to end. */
export interface Until {
  /** At the end of what is under way: a transaction, a change, a chunk of a snapshot. */
  readonly stop: AbortSignal;
  /** At once: what is under way comes again. */
  readonly abort: AbortSignal;
}

/** `busy`: another process captures the database; nothing was done. */
export type Ended = 'stopped' | 'busy';

/** A snapshot that may take longer than the source keeps the changes that stand behind it. */
export interface SlowSnapshot {
  /** Until the snapshot ends, at the rate of this run. */
  readonly secondsNeeded: number;
  /** Until the source lets go of the first of those changes. */
  readonly secondsLeft: number;
}

/** How far a snapshot is. */
export interface SnapshotTold {
  /** The table, as SQL names it, or the collection: `shop.orders`. */
  readonly table: string;
  /** Rows of it in all runs, or documents in this one; and about how many it has, null where nothing says so. */
  readonly rows: number;
  readonly estimatedRows: number | null;
  readonly tablesDone: number;
  readonly tables: number;
}
