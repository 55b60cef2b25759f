import { type Client } from 'pg';
import { publicationNames, type PostgresDatabase } from './database';
import { parseLsn } from './lsn';

/** A replication slot as the server tells of it. */
export interface SlotFacts {
  readonly plugin: string | null;
  readonly database: string | null;
  /** The process that reads it now. */
  readonly activePid: number | null;
  /** What its reader has confirmed: it starts behind this. */
  readonly confirmedLsn: bigint | null;
  /** `reserved`, `extended`, `unreserved` or `lost`; null before PostgreSQL 13. */
  readonly walStatus: string | null;
  /** Why the server has given it up (17 and later). */
  readonly invalidation: string | null;
  /** WAL that the server keeps for it, in bytes. */
  readonly retainedBytes: number | null;
}

/** What decides how capture begins. */
export interface ServerFacts {
  readonly database: string;
  readonly walLevel: string;
  /** Those of the database's publications that are there, in their order. */
  readonly publications: readonly string[];
  readonly slot: SlotFacts | null;
  /** A standby: it replays the log of another server, and writes none of its own. */
  readonly isStandby: boolean;
}

/** Whatever the server's version has of the columns: those that it lacks are null. */
const FACTS = `
select current_database() as database, current_setting('wal_level') as wal_level,
  array(select pubname::text from pg_catalog.pg_publication where pubname = any ($1)) as publications,
  pg_catalog.pg_is_in_recovery() as is_standby,
  (select pg_catalog.to_jsonb(slot) || pg_catalog.jsonb_build_object(
      'retained', pg_catalog.pg_wal_lsn_diff(case when pg_catalog.pg_is_in_recovery()
        then pg_catalog.pg_last_wal_replay_lsn() else pg_catalog.pg_current_wal_lsn() end, slot.restart_lsn)::text)
    from pg_catalog.pg_replication_slots as slot where slot_name = $2) as slot`;

interface FactsRow {
  readonly database: string;
  readonly wal_level: string;
  readonly publications: readonly string[];
  readonly is_standby: boolean;
  readonly slot: Readonly<Record<string, unknown>> | null;
}

export async function readServer(client: Client, database: PostgresDatabase): Promise<ServerFacts> {
  const names = publicationNames(database);
  const { rows } = await client.query<FactsRow>(FACTS, [names, database.slot]);
  const row = rows[0] as FactsRow;
  return {
    database: row.database,
    walLevel: row.wal_level,
    publications: names.filter((name) => row.publications.includes(name)),
    slot: row.slot === null ? null : slotFacts(row.slot),
    isStandby: row.is_standby,
  };
}

function slotFacts(slot: Readonly<Record<string, unknown>>): SlotFacts {
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  const lsn = text(slot.confirmed_flush_lsn);
  return {
    plugin: text(slot.plugin),
    database: text(slot.database),
    activePid: typeof slot.active_pid === 'number' ? slot.active_pid : null,
    confirmedLsn: lsn === null ? null : parseLsn(lsn),
    walStatus: text(slot.wal_status),
    invalidation: text(slot.invalidation_reason),
    retainedBytes: slot.retained === null ? null : Number(slot.retained),
  };
}
