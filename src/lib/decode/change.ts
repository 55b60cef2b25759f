/** What a change event says happened; see docs/lake-format.md for each format's mapping. */
export const OPERATIONS = [
  'create',
  'update',
  'delete',
  'read',
  'truncate',
  'message',
  'tombstone',
  'transaction',
  // MongoDB change streams, by their own names (`insert` is `create`; a collection's `create` is `createCollection`).
  'replace',
  'invalidate',
  'drop',
  'rename',
  'dropDatabase',
  'createCollection',
  'createIndexes',
  'dropIndexes',
  'modify',
  'shardCollection',
  'reshardCollection',
  'refineCollectionShardKey',
] as const;

export type Operation = (typeof OPERATIONS)[number];

/** The columns that analysts filter by, taken from the payload of a recognised format. Absent facts are null. */
export interface Change {
  readonly operation: Operation;
  /** The sender's name for the server: `source.name` of Debezium and of our capture. Servers may have databases of one name. */
  readonly server: string | null;
  readonly database: string | null;
  readonly schema: string | null;
  /** Table, or MongoDB collection. */
  readonly table: string | null;
  /** PostgreSQL's OID of the table, where the event states it: another one under the same name is another table. */
  readonly relation?: number;
  /** When the source committed the change: ISO 8601, UTC. */
  readonly committedTime: string | null;
  /**
   * Which history of the server `position` belongs to, where the event states it. Our capture counts them from 1: a server that was
   * restored, or replaced, has positions that do not compare with those before.
   */
  readonly history?: number;
  /** Where in the source's log; text that sorts as the log does. */
  readonly position: string | null;
  /** Which of its transaction's events, where the source tells: order in the source is (history, position, index). */
  readonly index?: number;
  readonly transactionId: string | null;
  /** How many changes an event of operation `transaction` holds. */
  readonly changes?: number;
}
