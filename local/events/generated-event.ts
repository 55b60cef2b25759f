/** A change event as a source's connector would send it. */
export interface GeneratedEvent {
  readonly source: 'postgresql' | 'mongodb';
  /** What keeps its order: events of one key go to one partition. Null: any partition. */
  readonly partitionKey: string | null;
  /** Application properties. */
  readonly properties: Readonly<Record<string, string | number | boolean>>;
  readonly body: Buffer;
  /** Where it must land: quarantine for what readers of a whole file could not read. */
  readonly expect: 'bronze' | 'quarantine';
}
