/** What sending an event again asks of a hub. */
export interface EventSender extends AsyncDisposable {
  /** A body that is larger is refused, whatever its properties (of less than 16 KB). */
  readonly maxBodyBytes: number;

  /**
   * Sends one event, once: nothing is tried again by itself, since an answer that was lost may have been an acceptance.
   *
   * @throws PipelineError EVENT_HUBS_FAILED; not `retryable` where the hub has refused the event, else it may have it
   */
  send(event: AddressedEvent): Promise<void>;
}

/** An event and where it goes: by its key, where it has one, so that it lands with the others of that key; else to `partition`. */
export interface AddressedEvent {
  readonly partition: string;
  readonly partitionKey: string | null;
  readonly body: Buffer;
  /** Application properties. */
  readonly properties: Readonly<Record<string, string | number | boolean | null>>;
}
