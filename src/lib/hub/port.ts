/** What the Event Hubs namespace tells of a hub. */
export interface HubFacts {
  /**
   * When the hub was made: UTC, milliseconds since 1970.
   *
   * @throws PipelineError EVENT_HUBS_FAILED
   */
  createdAt(hub: string): Promise<number>;
}
