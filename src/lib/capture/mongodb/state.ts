import { isObject } from '../../decode/json';
import { formatClusterTime, parseClusterTime, type ClusterTime } from './cluster-time';
import { parsePoint, pointJson, type ResumePoint } from './resume-point';

/** How far capture has come with one MongoDB database. */
export interface MongoState {
  /** Of the replica set or cluster: another one is another history. */
  readonly deployment: string;
  /** What the resume point is of: a stream of other collections does not know it. */
  readonly watched: string;
  /** Where capture began: every later change comes in the stream. */
  readonly startTime: ClusterTime;
  /** Event Hubs has accepted everything up to here; null before the stream has begun. */
  readonly resume: ResumePoint | null;
  /** Null once it is complete, or where none is wanted. */
  readonly snapshot: SnapshotState | null;
}

/** Documents that are copied: those that are there when capture begins, or those that a rename has brought into a collection. */
export interface SnapshotState {
  /** Where the documents stand: before every change of this moment. */
  readonly time: ClusterTime;
  /** The one collection that is copied, as `db.collection`; null for all that are captured. */
  readonly only: string | null;
  /** Collections that are through, as `db.collection/UUID`: a collection of the same name is another one. */
  readonly done: readonly string[];
  /** The one that is under way. */
  readonly collection: string | null;
  /** Its last document that Event Hubs has accepted: the BSON of `{_id: …}` in base64; null before the first. */
  readonly after: string | null;
  /** Documents that Event Hubs has accepted, of all collections. */
  readonly documents: number;
}

/** A copy of which nothing was sent yet. */
export const snapshotAt = (time: ClusterTime, only: string | null): SnapshotState => ({
  ...{ time, only, done: [], collection: null, after: null, documents: 0 },
});

export function stateJson({ startTime, resume, snapshot, ...state }: MongoState): Record<string, unknown> {
  return {
    ...state,
    startTime: formatClusterTime(startTime),
    resume: resume === null ? null : pointJson(resume),
    snapshot: snapshot === null ? null : { ...snapshot, time: formatClusterTime(snapshot.time) },
  };
}

/** The inverse of {@link stateJson}; null for anything else. */
export function parseState(value: unknown): MongoState | null {
  if (!isObject(value)) return null;
  const { deployment, watched } = value;
  const startTime = timeOf(value.startTime);
  const resume = value.resume === null ? null : (parsePoint(value.resume) ?? undefined);
  const snapshot = value.snapshot === null ? null : snapshotOf(value.snapshot);
  if (typeof deployment !== 'string' || typeof watched !== 'string' || startTime === null) return null;
  if (resume === undefined || snapshot === undefined) return null;
  return { deployment, watched, startTime, resume, snapshot };
}

function snapshotOf(value: unknown): SnapshotState | undefined {
  if (!isObject(value)) return undefined;
  const { only, done, collection, after, documents } = value;
  const time = timeOf(value.time);
  if (!Array.isArray(done) || !done.every((item) => typeof item === 'string')) return undefined;
  if (time === null || !isTextOrNull(only) || !isTextOrNull(collection)) return undefined;
  if (!isTextOrNull(after) || typeof documents !== 'number') return undefined;
  return { time, only, done, collection, after, documents };
}

const timeOf = (value: unknown): ClusterTime | null => (typeof value === 'string' ? parseClusterTime(value) : null);

const isTextOrNull = (value: unknown): value is string | null => value === null || typeof value === 'string';
