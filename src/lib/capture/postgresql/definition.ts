import { type RelationColumn, type ReplicaIdentity } from './pgoutput-messages';
import { type NamedType, type TypeRow } from './types';

/**
 * One version of a table's definition, as capture keeps it from the first sight of the table on. Rows are read by the definition that was
 * kept, not by today's catalog: the same change makes the same event whatever the delay.
 *
 * Each part says where its facts come from, and when: the stream states what held at its position; a look-up in the catalog states what held
 * when it was made, which may be later than the changes that are read by it.
 */
export interface TableDefinition {
  /** The table's OID. Another one under the same name is another table. */
  readonly relationOid: number;
  readonly schema: string;
  readonly table: string;
  /** It holds from here until the next version of the same table does. */
  readonly from: StreamPosition;
  /** Null until the stream has a change of the table. */
  readonly stream: StreamFacts | null;
  /** Null where the table was gone before it could be looked up. */
  readonly catalog: CatalogFacts | null;
}

/** A place in the order of the stream: in the transaction with this commit, behind so many of its events. */
export interface StreamPosition {
  readonly commitLsn: bigint;
  readonly events: number;
}

export const BEGINNING: StreamPosition = { commitLsn: 0n, events: 0 };

export function isAtOrBefore(a: StreamPosition, b: StreamPosition): boolean {
  return a.commitLsn < b.commitLsn || (a.commitLsn === b.commitLsn && a.events <= b.events);
}

/** When a part of a definition was learned. */
export interface Learned {
  /** Of the stream: the commit of the transaction that the message came in. Of a look-up: where the server's log ended then. */
  readonly lsn: bigint;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** What relation messages and type messages state. */
export interface StreamFacts extends Learned {
  readonly replicaIdentity: ReplicaIdentity;
  readonly columns: readonly RelationColumn[];
  /** Types that are not built in; of a domain the name of the type that it is made of. */
  readonly types: readonly NamedType[];
  /**
   * For a root that partitions' changes come under: which columns an old row of a partition can be limited to, one list for each replica
   * identity of a partition that is not full. Null for a table without partitions.
   */
  readonly partitionKeys: readonly (readonly string[])[] | null;
}

/** What the catalog states of it: only what agrees with the stream, where that has stated anything. */
export interface CatalogFacts extends Learned {
  readonly replicaIdentity: ReplicaIdentity;
  /** The columns that tell rows apart (`KEY_QUERY`); none where nothing does. */
  readonly key: readonly string[];
  readonly columns: readonly {
    readonly name: string;
    /** `attnum`: it stays with a column that is renamed. */
    readonly number: number;
    readonly typeOid: number;
    readonly modifier: number;
    /** `numeric(12,2)` */
    readonly type: string;
  }[];
  /** Types of the columns that are not built in, and those they are made of. */
  readonly types: readonly TypeRow[];
}
