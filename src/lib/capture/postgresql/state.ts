import { isObject } from '../../decode/json';
import { parseSetAside, type TableSetAside } from '../set-aside';
import { formatLsn, parseLsn } from './lsn';
import { logPathJson, parseLogPath, type LogPath } from './timeline';

/** How far capture has come with one PostgreSQL database. */
export interface PostgresState {
  /** Of the server: another one is another history. */
  readonly systemId: string;
  readonly slot: string;
  /** The way of the server's log up to `safeLsn`. */
  readonly log: LogPath;
  /** Where the slot began: every later change comes in the stream; a snapshot's rows stand here. */
  readonly startLsn: bigint;
  /** Event Hubs has accepted everything up to here. The slot is never told more than this. */
  readonly safeLsn: bigint;
  /** Null once it is complete, or where none is wanted. */
  readonly snapshot: SnapshotState | null;
  /** Tables of which something is missing in the lake. */
  readonly setAside: readonly TableSetAside[];
}

export interface SnapshotState {
  /** Microseconds since 1970. */
  readonly takenAtUs: bigint;
  /** Tables that are through, as `schema.table` in PostgreSQL's quoting. */
  readonly done: readonly string[];
  /** The table that is under way. */
  readonly table: string | null;
  /** The key of its last row that Event Hubs has accepted, as PostgreSQL's text of each column; null before the first. */
  readonly after: readonly string[] | null;
  /** Rows that Event Hubs has accepted, of all tables. */
  readonly rows: number;
}

/** LSNs and times are text in JSON: a number would round them. */
export function stateJson(state: PostgresState): Record<string, unknown> {
  const { systemId, slot, log, startLsn, safeLsn, snapshot, setAside } = state;
  return {
    ...{ systemId, slot, startLsn: formatLsn(startLsn), safeLsn: formatLsn(safeLsn), log: logPathJson(log) },
    snapshot: snapshot === null ? null : { ...snapshot, takenAtUs: String(snapshot.takenAtUs) },
    setAside,
  };
}

/** The inverse of {@link stateJson}; null for anything else. */
export function parseState(value: unknown): PostgresState | null {
  if (!isObject(value)) return null;
  const { systemId, slot } = value;
  const [startLsn, safeLsn] = [lsnOf(value.startLsn), lsnOf(value.safeLsn)];
  const snapshot = value.snapshot === null ? null : snapshotOf(value.snapshot);
  const setAside = parseSetAside(value.setAside);
  const log = isObject(value.log) ? parseLogPath(value.log) : null;
  if (typeof systemId !== 'string' || typeof slot !== 'string') return null;
  if (startLsn === null || safeLsn === null || snapshot === undefined || setAside === null || log === null) return null;
  return { systemId, slot, log, startLsn, safeLsn, snapshot, setAside };
}

const lsnOf = (value: unknown): bigint | null => (typeof value === 'string' ? parseLsn(value) : null);

function snapshotOf(value: unknown): SnapshotState | undefined {
  if (!isObject(value)) return undefined;
  const { takenAtUs, done, table, after, rows } = value;
  if (typeof takenAtUs !== 'string' || !/^\d{1,19}$/.test(takenAtUs)) return undefined;
  if (!isTexts(done) || !(table === null || typeof table === 'string')) return undefined;
  if (!(after === null || isTexts(after)) || typeof rows !== 'number') return undefined;
  return { takenAtUs: BigInt(takenAtUs), done, table, after, rows };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
