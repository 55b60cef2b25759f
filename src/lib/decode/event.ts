/** Where changes come from; the name of the lake's folder. */
export type Source = 'postgresql' | 'mongodb';

/** One partition of one hub, as the host names it. */
export interface HubPartition {
  /** Fully qualified, lower case: `example.servicebus.windows.net`. */
  readonly namespace: string;
  /** Lower case. */
  readonly hub: string;
  /** `0` … `31` (or more on Premium). */
  readonly partition: string;
}

/** One event as Event Hubs delivered it: its position exact, its body untouched. */
export interface HubEvent {
  /** The hub's sequence number in this partition, exact. */
  readonly sequence: bigint;
  /** The hub's offset, as text: since geo-replication not always a number. */
  readonly offset: string;
  /** When Event Hubs accepted the event: UTC, milliseconds since 1970. Decides the day folder. */
  readonly enqueuedAt: number;
  readonly partitionKey: string | null;
  /** The sender's application properties as the host hands them over (first letter of each name lower-cased). */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

/** A batch from one partition, as the trigger delivered it. */
export interface Delivery extends HubPartition {
  readonly consumerGroup: string;
  readonly events: readonly HubEvent[];
  /** Set where the host's application properties did not line up with the events, so that each event has none: to be logged. */
  readonly propertiesLost?: boolean;
}
