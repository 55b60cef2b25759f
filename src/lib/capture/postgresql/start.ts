import { PipelineError } from '../../errors';
import { type PostgresDatabase } from './database';
import { type OtherLog } from './log-proof';
import { formatLsn, paddedLsn } from './lsn';
import { type ServerFacts, type SlotFacts } from './server';
import { type PostgresState } from './state';
import { commonUntil, type ServerIdentity } from './timeline';

/** How capture of a database begins. */
export type Start =
  /** Nothing was ever captured, and there is no slot: it is made. */
  | { readonly kind: 'create' }
  /** Somebody has made the slot for us: what is committed from `slotLsn` on comes. */
  | { readonly kind: 'adopt'; readonly slotLsn: bigint }
  /** The server has the slot at `slotLsn`, which may be before what is kept. */
  | { readonly kind: 'resume'; readonly slotLsn: bigint }
  /** Another process reads the slot; it may be the former run, ending. */
  | { readonly kind: 'busy'; readonly pid: number };

/**
 * Decides how to begin, from what the server tells and what was kept. Changes that are gone are never skipped silently.
 *
 * @param server what the server that will be read says of itself
 * @throws PipelineError SOURCE_NOT_READY with the SQL that mends it; SOURCE_HISTORY_LOST with the command that begins anew
 */
export function judgeStart(
  database: PostgresDatabase,
  facts: ServerFacts,
  server: ServerIdentity,
  state: PostgresState | null,
): Start {
  const { slot } = facts;
  if (state !== null) mustBeSame(database, server, state);
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
  if (confirmed > server.endLsn) {
    const what = `the replication slot ${database.slot} stands at ${formatLsn(confirmed)}, behind the end of the server's log (${formatLsn(server.endLsn)}): an earlier state was put back`;
    throw lost(database, what, 'that the server makes until its log has come there', dropSql(database));
  }
  return state === null ? { kind: 'adopt', slotLsn: confirmed } : { kind: 'resume', slotLsn: confirmed };
}

/** @throws PipelineError SOURCE_NOT_READY where the server cannot be captured at all */
export function mustBeReady(database: PostgresDatabase, { walLevel, isStandby }: ServerFacts): void {
  if (isStandby) {
    const what = 'this server is a standby, and capture reads a primary';
    // It may be about to be promoted.
    throw notReady(database, what, "Give the primary's address; it is tried again until then", { retryable: true });
  }
  if (walLevel !== 'logical') {
    const sql = 'ALTER SYSTEM SET wal_level = logical; and restart the server (Azure: the server parameter wal_level)';
    throw notReady(database, `wal_level is ${walLevel}`, sql);
  }
}

function mustBeSame(database: PostgresDatabase, server: ServerIdentity, state: PostgresState): void {
  const { systemId } = server;
  if (systemId !== state.systemId) {
    throw lost(
      database,
      `this is another server (${systemId}) than the one captured before (${state.systemId})`,
      'of the time between',
    );
  }
  const common = commonUntil(state.log, server);
  if (common === null || common < state.safeLsn) throw otherLog(database, server, state, common);
  if (database.slot !== state.slot) {
    throw lost(
      database,
      `the settings name the slot ${database.slot}, and it was ${state.slot}`,
      `behind ${formatLsn(state.safeLsn)}`,
    );
  }
}

/** A disk was put back, and the server has written beyond the position that was captured since. */
export function logPutBack(database: PostgresDatabase, { message }: OtherLog): PipelineError {
  return new PipelineError(
    'SOURCE_HISTORY_LOST',
    `PostgreSQL ${database.name}: ${message}: an earlier state of the server was put back. The lake holds changes that this server has never made, ` +
      `and the server has made others since. Nothing was skipped, capture of this database has stopped. ${beginAnew(database)}`,
  );
}

/** A disk or backup was put back, or a standby that had not received everything was promoted. */
function otherLog(
  database: PostgresDatabase,
  { timeline, endLsn }: ServerIdentity,
  { log, safeLsn }: PostgresState,
  common: bigint | null,
): PipelineError {
  const found =
    common === null
      ? `the server is on timeline ${timeline}, capture was on ${log.timeline}, and the server has no history of its timelines to compare them by`
      : `the server's log (timeline ${timeline}, now at ${formatLsn(endLsn)}) is the one that was captured (timeline ${log.timeline}, up to ` +
        `${formatLsn(safeLsn)}) only up to ${formatLsn(common)}: an earlier state was put back, or a standby that lagged was promoted`;
  return new PipelineError(
    'SOURCE_HISTORY_LOST',
    `PostgreSQL ${database.name}: ${found}. The lake holds changes that this server has never made, and the server may have made others ` +
      `since. Nothing was skipped, capture of this database has stopped. ${beginAnew(database)}`,
  );
}

function mustHaveHistory(database: PostgresDatabase, slot: SlotFacts, state: PostgresState | null): void {
  const { walStatus, invalidation, confirmedLsn } = slot;
  if (walStatus === 'lost' || invalidation !== null) {
    const why = invalidation ?? 'its WAL is gone: max_slot_wal_keep_size was exceeded';
    const what = `the server has given the replication slot ${database.slot} up (${why})`;
    throw lost(database, what, 'that it had kept', dropSql(database));
  }
  if (state === null || confirmedLsn === null || confirmedLsn <= state.safeLsn) return;
  throw slotAhead(database, confirmedLsn, state.safeLsn);
}

/** Capture confirms only what was accepted and kept: so the record is an older one, or somebody else has moved the slot. */
function slotAhead({ name, slot }: PostgresDatabase, confirmedLsn: bigint, safeLsn: bigint): PipelineError {
  const reset = `npm run capture -- reset postgres ${name}`;
  return new PipelineError(
    'SOURCE_HISTORY_LOST',
    `PostgreSQL ${name}: the replication slot ${slot} stands at ${formatLsn(confirmedLsn)}, further than the capture record (${formatLsn(safeLsn)}). ` +
      `Either the record is an older one, as after the restore of a storage account: then Event Hubs has accepted the changes between. Or the ` +
      `slot was made anew, or read or advanced by somebody else: then they are missing in the lake. A line of the record's history whose ` +
      `change.server is ${name} and whose change.position is ${paddedLsn(confirmedLsn)} or later proves the first. Nothing was skipped, capture of this ` +
      `database has stopped. To go on from the slot, without a snapshot: ${reset} --continue-from-slot. To begin anew with a snapshot of ` +
      `what is there now: ${reset}`,
  );
}

/** @param sql to be run as well, before capture can begin anew */
function lost(database: PostgresDatabase, what: string, which: string, sql: string | null = null): PipelineError {
  return new PipelineError(
    'SOURCE_HISTORY_LOST',
    `PostgreSQL ${database.name}: ${what}. Changes ${which} are missing in the lake and will stay so; nothing was skipped, capture of this ` +
      `database has stopped. ${beginAnew(database, sql)}`,
  );
}

/** The command that begins anew, and the SQL that goes with it. */
export function beginAnew({ name }: PostgresDatabase, sql: string | null = null): string {
  const also = sql === null ? '' : `, and: ${sql}`;
  return `To begin anew with a snapshot of what is there now: npm run capture -- reset postgres ${name}${also}`;
}

export function notReady(
  database: PostgresDatabase,
  what: string,
  sql: string,
  options: { retryable?: boolean } = {},
): PipelineError {
  return new PipelineError('SOURCE_NOT_READY', `PostgreSQL ${database.name}: ${what}. ${sql}`, options);
}

export function slotSql({ slot }: PostgresDatabase): string {
  return `SELECT pg_create_logical_replication_slot('${slot}', 'pgoutput');`;
}

export function dropSql({ slot }: PostgresDatabase): string {
  return `SELECT pg_drop_replication_slot('${slot}');`;
}
