import { isObject } from '../../decode/json';
import { formatClusterTime, parseClusterTime, type ClusterTime } from './cluster-time';

/** How far capture has come with one MongoDB database. */
export interface MongoState {
  /** Of the replica set or cluster: another one is another history. */
  readonly deployment: string;
  /** What the resume token is of: a stream of other collections does not know it. */
  readonly watched: string;
  /** Where capture began: every later change comes in the stream; a snapshot's documents stand here. */
  readonly startTime: ClusterTime;
  /** Canonical Extended JSON. Event Hubs has accepted everything up to here; null before the stream has begun. */
  readonly resumeToken: string | null;
  /** Null once it is complete, or where none is wanted. */
  readonly snapshot: SnapshotState | null;
}

export interface SnapshotState {
  /** Collections that are through, as `db.collection/UUID`: a collection of the same name is another one. */
  readonly done: readonly string[];
  /** The one that is under way. */
  readonly collection: string | null;
  /** Its last document that Event Hubs has accepted: the BSON of `{_id: …}` in base64; null before the first. */
  readonly after: string | null;
  /** Documents that Event Hubs has accepted, of all collections. */
  readonly documents: number;
}

export function stateJson({ startTime, ...state }: MongoState): Record<string, unknown> {
  return { ...state, startTime: formatClusterTime(startTime) };
}

/** The inverse of {@link stateJson}; null for anything else. */
export function parseState(value: unknown): MongoState | null {
  if (!isObject(value)) return null;
  const { deployment, watched, resumeToken } = value;
  const startTime = typeof value.startTime === 'string' ? parseClusterTime(value.startTime) : null;
  const snapshot = value.snapshot === null ? null : snapshotOf(value.snapshot);
  if (typeof deployment !== 'string' || typeof watched !== 'string' || startTime === null) return null;
  if (!isTextOrNull(resumeToken) || snapshot === undefined) return null;
  return { deployment, watched, startTime, resumeToken, snapshot };
}

function snapshotOf(value: unknown): SnapshotState | undefined {
  if (!isObject(value)) return undefined;
  const { done, collection, after, documents } = value;
  if (!Array.isArray(done) || !done.every((item) => typeof item === 'string')) return undefined;
  if (!isTextOrNull(collection) || !isTextOrNull(after) || typeof documents !== 'number') return undefined;
  return { done, collection, after, documents };
}

const isTextOrNull = (value: unknown): value is string | null => value === null || typeof value === 'string';
