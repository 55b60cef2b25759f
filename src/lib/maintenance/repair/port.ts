import { type HubEvent } from '../../decode/event';

/** What is asked of Event Hubs to fill gaps. Its failures are PipelineErrors EVENT_HUBS_FAILED. */
export interface HubReader {
  /** What a partition holds now. */
  facts(hub: string, partition: string): Promise<PartitionFacts>;

  /**
   * The events from `from` to `to`, both included, as far as the hub has them: ascending, a bounded batch at a time. It ends by itself
   * once an event at or past `to` was seen, or the last that the partition had at the beginning, or all of them have expired. Numbers
   * that were not among them by then are not in the hub.
   */
  read(of: ReadRange, signal: AbortSignal): AsyncIterable<readonly HubEvent[]>;
}

export interface PartitionFacts {
  /** When the hub was made, UTC ms. */
  readonly createdAt: number;
  /** The oldest event that the hub still has; one after the last where it has none. */
  readonly begin: bigint;
  /** The last event that it ever had; -1 where it never had any. */
  readonly last: bigint;
}

export interface ReadRange {
  readonly hub: string;
  readonly partition: string;
  readonly from: bigint;
  readonly to: bigint;
}
