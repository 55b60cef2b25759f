import { PipelineError } from '../../errors';
import { type PostgresDatabase } from './database';
import { formatLsn } from './lsn';
import { identifier } from './names';
import { type ServerFacts, type SlotFacts } from './server';
import { type PostgresState } from './state';

/** How capture of a database begins. */
export type Start =
  /** Nothing was ever captured, and there is no slot: it is made. */
  | { readonly kind: 'create' }
  /** Somebody has made the slot for us: what is committed behind `from` comes. */
  | { readonly kind: 'adopt'; readonly from: bigint }
  | { readonly kind: 'resume'; readonly from: bigint }
  /** Another process reads the slot; it may be the former run, ending. */
  | { readonly kind: 'busy'; readonly pid: number };

/**
 * Decides how to begin, from what the server tells and what was kept. Changes that are gone are never skipped silently.
 *
 * @param systemId of the server, as IDENTIFY_SYSTEM tells it
 * @throws PipelineError SOURCE_NOT_READY with the SQL that mends it; SOURCE_HISTORY_LOST with the command that begins anew
 */
export function judgeStart(
  database: PostgresDatabase,
  facts: ServerFacts,
  systemId: string,
  state: PostgresState | null,
): Start {
  mustBeReady(database, facts);
  const { slot } = facts;
  if (state !== null) mustBeSame(database, systemId, state);
  if (slot === null) {
    if (state !== null) {
      throw lost(database, `the replication slot ${database.slot} is gone`, `behind ${formatLsn(state.safeLsn)}`);
    }
    if (database.create) return { kind: 'create' };
    throw notReady(database, `there is no replication slot ${database.slot}`, slotSql(database));
  }
  if (slot.plugin !== 'pgoutput' || slot.database !== facts.database) {
    const found = `the replication slot ${database.slot} is for ${slot.plugin ?? 'physical replication'} in ${slot.database ?? 'no database'}`;
    throw notReady(database, found, `Name another slot, or: ${dropSql(database)} ${slotSql(database)}`);
  }
  mustHaveHistory(database, slot, state);
  if (slot.activePid !== null) return { kind: 'busy', pid: slot.activePid };
  const confirmed = slot.confirmedLsn ?? 0n;
  return state === null ? { kind: 'adopt', from: confirmed } : { kind: 'resume', from: state.safeLsn };
}

function mustBeReady(database: PostgresDatabase, { walLevel, publications }: ServerFacts): void {
  if (walLevel !== 'logical') {
    const sql = 'ALTER SYSTEM SET wal_level = logical; and restart the server (Azure: the server parameter wal_level)';
    throw notReady(database, `wal_level is ${walLevel}`, sql);
  }
  if (!publications.includes(database.publication))
    throw notReady(database, `there is no publication ${database.publication}`, publicationSql(database));
}

function mustBeSame(database: PostgresDatabase, systemId: string, state: PostgresState): void {
  if (systemId !== state.systemId) {
    throw lost(
      database,
      `this is another server (${systemId}) than the one captured before (${state.systemId})`,
      'of the time between',
    );
  }
  if (database.slot !== state.slot) {
    throw lost(
      database,
      `the settings name the slot ${database.slot}, and it was ${state.slot}`,
      `behind ${formatLsn(state.safeLsn)}`,
    );
  }
}

function mustHaveHistory(database: PostgresDatabase, slot: SlotFacts, state: PostgresState | null): void {
  const { walStatus, invalidation, confirmedLsn } = slot;
  if (walStatus === 'lost' || invalidation !== null) {
    const why = invalidation ?? 'its WAL is gone: max_slot_wal_keep_size was exceeded';
    const what = `the server has given the replication slot ${database.slot} up (${why})`;
    throw lost(database, what, 'that it had kept', dropSql(database));
  }
  if (state === null || confirmedLsn === null || confirmedLsn <= state.safeLsn) return;
  // It is only ever told what is safe; so somebody else has read it, or made it anew.
  throw lost(
    database,
    `the replication slot ${database.slot} stands at ${formatLsn(confirmedLsn)}, further than what was captured: it was made anew, or read by somebody else`,
    `from ${formatLsn(state.safeLsn)} to ${formatLsn(confirmedLsn)}`,
  );
}

/** @param sql to be run as well, before capture can begin anew */
function lost(database: PostgresDatabase, what: string, which: string, sql: string | null = null): PipelineError {
  return new PipelineError(
    'SOURCE_HISTORY_LOST',
    `PostgreSQL ${database.name}: ${what}. Changes ${which} are missing in the lake and will stay so; nothing was skipped, capture of this ` +
      `database has stopped. To begin anew with a snapshot of what is there now: npm run capture -- reset postgres ${database.name}` +
      (sql === null ? '' : `, and: ${sql}`),
  );
}

function notReady(database: PostgresDatabase, what: string, sql: string): PipelineError {
  return new PipelineError('SOURCE_NOT_READY', `PostgreSQL ${database.name}: ${what}. ${sql}`);
}

/** The SQL that makes what capture needs, as instructions and as it is run where `create` is set. */
export function publicationSql({ publication, tables }: PostgresDatabase): string {
  const covered = tables === null ? 'ALL TABLES' : `TABLE ${tables.map(qualified).join(', ')}`;
  return `CREATE PUBLICATION ${identifier(publication)} FOR ${covered};`;
}

export function slotSql({ slot }: PostgresDatabase): string {
  return `SELECT pg_create_logical_replication_slot('${slot}', 'pgoutput');`;
}

export function dropSql({ slot }: PostgresDatabase): string {
  return `SELECT pg_drop_replication_slot('${slot}');`;
}

/** `public.orders` → `"public"."orders"` */
const qualified = (table: string): string => table.split('.').map(identifier).join('.');
