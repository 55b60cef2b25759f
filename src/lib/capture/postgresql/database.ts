import { type Secret } from '../../config/secret';

/** A PostgreSQL database to capture, as the settings name it. */
export interface PostgresDatabase {
  /** Ours: letters, digits, `_` and `-`. It names the slot, the progress file and `source.name` of each event. */
  readonly name: string;
  readonly connectionString: Secret;
  /** The setting that holds it, for messages. */
  readonly setting: string;
  /** What is captured; see {@link publicationNames}. */
  readonly publication: string;
  readonly slot: string;
  /** Whether the publication and the slot may be made where they are missing. */
  readonly create: boolean;
  /** What a publication that is made here covers: `schema.table`; null for every table. */
  readonly tables: readonly string[] | null;
  /** Whether the rows that are there at the start are sent, too. */
  readonly snapshot: 'initial' | 'never';
}

/**
 * The publications that are read, where they are there: the one that the settings name, and one for tables without a replica identity,
 * which publishes inserts and truncates alone: PostgreSQL refuses an update or a delete in a table that publishes it and has none.
 */
export function publicationNames({ publication }: Pick<PostgresDatabase, 'publication'>): readonly [string, string] {
  return [publication, `${publication}${INSERTS}`];
}

export const INSERTS = '_inserts';
