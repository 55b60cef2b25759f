import { isObject, type JsonObject } from '../../decode/json';
import { replayedPath } from '../../ledger/names';
import { type EventId } from './id';

/** One sending of a quarantined event. */
export interface Replay {
  /** This sending's own name. */
  readonly id: string;
  /** When it was about to be sent, UTC ms. */
  readonly intendedAt: number;
  /** When the hub had accepted it, UTC ms; null while that is not known: it was perhaps sent. */
  readonly sentAt: number | null;
  /** Of the bytes that were sent. */
  readonly sha256: string;
  readonly bytes: number;
  /** Whether they were others than those in quarantine. */
  readonly isCorrected: boolean;
}

/** The version of the record's format that is written; any other is not read. */
const RECORD_FORMAT = 1;

/** Sendings that a record keeps, the latest. */
const MAX_REPLAYS = 50;

export const recordPath = (id: EventId): string => replayedPath(id.source, id, id.sequence);

/** The record as it is stored. */
export function formatRecord(id: EventId, replays: readonly Replay[]): Buffer {
  const { source, namespace, hub, incarnation, partition, sequence } = id;
  const json = {
    format: RECORD_FORMAT,
    ...{ source, namespace, hub, incarnation, partition, sequenceNumber: String(sequence) },
    replays: replays.slice(-MAX_REPLAYS).map((replay) => ({
      id: replay.id,
      intendedTime: new Date(replay.intendedAt).toISOString(),
      sentTime: replay.sentAt === null ? null : new Date(replay.sentAt).toISOString(),
      sha256: replay.sha256,
      bytes: replay.bytes,
      corrected: replay.isCorrected,
    })),
  };
  return Buffer.from(`${JSON.stringify(json, null, 1)}\n`);
}

/** The inverse of {@link formatRecord}; null where it is none, or of a newer format: then nobody knows what was sent. */
export function parseRecord(bytes: Buffer): Replay[] | null {
  try {
    const record: unknown = JSON.parse(bytes.toString('utf8'));
    if (!isObject(record) || record['format'] !== RECORD_FORMAT || !Array.isArray(record['replays'])) return null;
    const replays = record['replays'].map(readReplay);
    return replays.length > 0 && replays.every((replay) => replay !== null) ? replays : null;
  } catch {
    return null;
  }
}

function readReplay(json: unknown): Replay | null {
  if (!isObject(json)) return null;
  const { id, sha256, bytes, corrected } = json as JsonObject & Record<string, unknown>;
  const intendedAt = timeOf(json['intendedTime']);
  const sentAt = json['sentTime'] === null ? null : timeOf(json['sentTime']);
  if (typeof id !== 'string' || typeof sha256 !== 'string' || typeof corrected !== 'boolean') return null;
  if (!Number.isSafeInteger(bytes) || intendedAt === null || (sentAt === null && json['sentTime'] !== null))
    return null;
  return { id, intendedAt, sentAt, sha256, bytes: bytes as number, isCorrected: corrected };
}

function timeOf(value: unknown): number | null {
  const ms = typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isNaN(ms) ? null : ms;
}

/** What a record says of an event: `sent` at least once; `perhaps`: its latest sending was not seen to its end. */
export type ReplayState = 'none' | 'sent' | 'perhaps' | 'unreadable';

/** @param replays null for a record that cannot be read; none where there is no record */
export function stateOf(replays: readonly Replay[] | null): ReplayState {
  if (replays === null) return 'unreadable';
  const latest = replays.at(-1);
  if (latest === undefined) return 'none';
  return latest.sentAt === null ? 'perhaps' : 'sent';
}
