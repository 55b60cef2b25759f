import { type Secret } from '../../config/secret';

/** A PostgreSQL database to capture, as the settings name it. */
export interface PostgresDatabase {
  /** Ours: letters, digits, `_` and `-`. It names the slot, the progress file and `source.name` of each event. */
  readonly name: string;
  readonly connectionString: Secret;
  readonly publication: string;
  readonly slot: string;
  /** Whether the publication and the slot may be made where they are missing. */
  readonly create: boolean;
  /** What a publication that is made here covers: `schema.table`; null for every table. */
  readonly tables: readonly string[] | null;
  /** Whether the rows that are there at the start are sent, too. */
  readonly snapshot: 'initial' | 'never';
}
