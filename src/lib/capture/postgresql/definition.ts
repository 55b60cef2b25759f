import { type ReplicaIdentity } from './pgoutput-messages';
import { type TypeRow } from './types';

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
  /** Null until the stream has a change of the table. */
  readonly stream: StreamFacts | null;
  /** Null where the table was gone before it could be looked up. */
  readonly catalog: CatalogFacts | null;
}

/** When a part of a definition was learned. */
export interface Learned {
  /** Of the stream: the message's LSN. Of a look-up: where the server's log ended then. */
  readonly lsn: bigint;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** What a relation message states. */
export interface StreamFacts extends Learned {
  readonly replicaIdentity: ReplicaIdentity;
  readonly columns: readonly {
    readonly name: string;
    readonly typeOid: number;
    /** `atttypmod`: -1 for none. */
    readonly modifier: number;
    /** Part of the replica identity. */
    readonly isKey: boolean;
  }[];
}

/** What the catalog says of it. */
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
