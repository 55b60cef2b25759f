import { isObject } from '../../decode/json';
import { parseSetAside, type TableSetAside } from '../set-aside';
import { lastTransactionJson, parseLastTransaction, type LastTransaction } from './log-proof';
import { formatLsn, parseLsn } from './lsn';
import { parsePublished, publishedJson, type Published } from './publication';
import { parseSnapshot, snapshotJson, type SnapshotState } from './snapshot-state';
import { logPathJson, parseLogPath, type LogPath } from './timeline';

/** How far capture has come with one PostgreSQL database. */
export interface PostgresState {
  /** Of the server: another one is another history. */
  readonly systemId: string;
  readonly slot: string;
  /** What the publications were when they were last looked at. */
  readonly published: Published;
  /** The way of the server's log up to `safeLsn`. */
  readonly log: LogPath;
  /** Where the slot began: every later change comes in the stream; a snapshot's rows stand here. */
  readonly startLsn: bigint;
  /** Event Hubs has accepted everything up to here. The slot is never told more than this. */
  readonly safeLsn: bigint;
  /** The last transaction before `safeLsn`; null where none was captured yet. */
  readonly last: LastTransaction | null;
  /** Null once it is complete, or where none is wanted. */
  readonly snapshot: SnapshotState | null;
  /** Tables of which something is missing in the lake. */
  readonly setAside: readonly TableSetAside[];
}

/** LSNs and times are text in JSON: a number would round them. */
export function stateJson(state: PostgresState): Record<string, unknown> {
  const { systemId, slot, log, startLsn, safeLsn, last, snapshot, setAside, published } = state;
  return {
    ...{ systemId, slot, startLsn: formatLsn(startLsn), safeLsn: formatLsn(safeLsn), log: logPathJson(log) },
    last: lastTransactionJson(last),
    snapshot: snapshot === null ? null : snapshotJson(snapshot),
    setAside,
    published: publishedJson(published),
  };
}

/** The inverse of {@link stateJson}; null for anything else. */
export function parseState(value: unknown): PostgresState | null {
  if (!isObject(value)) return null;
  const { systemId, slot } = value;
  const [startLsn, safeLsn] = [lsnOf(value.startLsn), lsnOf(value.safeLsn)];
  const snapshot = value.snapshot === null ? null : parseSnapshot(value.snapshot);
  const last = parseLastTransaction(value.last);
  const setAside = parseSetAside(value.setAside);
  const log = isObject(value.log) ? parseLogPath(value.log) : null;
  const published = parsePublished(value.published);
  if (typeof systemId !== 'string' || typeof slot !== 'string') return null;
  if (
    startLsn === null ||
    safeLsn === null ||
    last === undefined ||
    snapshot === undefined ||
    setAside === null ||
    log === null ||
    published === null
  )
    return null;
  return { systemId, slot, log, startLsn, safeLsn, last, snapshot, setAside, published };
}

const lsnOf = (value: unknown): bigint | null => (typeof value === 'string' ? parseLsn(value) : null);
