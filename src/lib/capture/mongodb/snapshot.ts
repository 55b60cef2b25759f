import { Timestamp, type ClientSession, type MongoClient } from 'mongodb';
import { type ChangeSink, type SlowSnapshot, type SnapshotTold, type Until } from '../port';
import { unlessAborted } from './cut';
import { type MongoDatabase } from './database';
import { isPassingRead } from './failure';
import { forecast, hopeless } from './oplog-race';
import { Patience } from './patience';
import { type OplogWindow } from './server';
import { listCollections, type SnapshotCollection } from './snapshot-collections';
import { snapshotEvent } from './snapshot-event';
import { pagesOf } from './snapshot-pages';
import { placeOf } from './snapshot-place';
import { type MongoSource } from './source-field';
import { type MongoState, type SnapshotState } from './state';

/** What a snapshot works with. */
export interface Snapshot {
  readonly client: MongoClient;
  readonly database: MongoDatabase;
  readonly source: MongoSource;
  readonly sink: ChangeSink;
  readonly keep: (state: MongoState) => Promise<void>;
  readonly onProgress: (told: SnapshotTold) => void;
  /** Told, now and then, when the oplog may not reach back far enough once the copy ends. */
  readonly onSlow: (slow: SlowSnapshot) => void;
  /** Null where the oplog may not be read. */
  readonly readWindow: () => Promise<OplogWindow | null>;
  /** Milliseconds. */
  readonly now: () => number;
}

/** How far a copy is, is written down after so many documents, bytes or milliseconds, whichever comes first. */
const KEEP_EVERY = { documents: 10_000, bytes: 64 << 20, ms: 5_000 } as const;

/** The oplog is looked at so often. */
const LOOK_EVERY_MS = 60_000;

/** A state with a snapshot under way. */
export type InSnapshot = MongoState & { readonly snapshot: SnapshotState };

/**
 * Sends the documents that are there, collection by collection. Each is read as it is now: what has changed since the snapshot's time comes
 * in the stream, too, and stands behind it. So do the documents of a collection that was renamed meanwhile: they are copied once the stream
 * has come to the rename.
 *
 * @returns the state without a snapshot when it is complete; null when it was stopped before
 * @throws PipelineError SOURCE_NOT_READY where the oplog would lose the stream's beginning before the copy ends
 */
export async function takeSnapshot(snapshot: Snapshot, begun: InSnapshot, until: Until): Promise<MongoState | null> {
  const { client, database } = snapshot;
  const { time, only } = begun.snapshot;
  await using session = client.startSession({ causalConsistency: true });
  // A member that lags behind must not answer with what was before: nothing would tell of the time between. A rename lies a tick before
  // its documents' time, which the deployment may not have reached.
  session.advanceOperationTime(
    new Timestamp({ t: time.seconds, i: only === null ? time.increment : time.increment - 1 }),
  );
  const collections = await retrying(() => listCollections(client, database, only), until);
  const race = await raceOf(snapshot, begun, collections);
  let state = begun;
  await race(state);
  for (;;) {
    const { done, collection: underWay } = state.snapshot;
    const left = collections.filter(({ id }) => !done.includes(id));
    // The one under way first: another would forget its place.
    const collection = left.find(({ id }) => id === underWay) ?? left[0];
    if (collection === undefined) break;
    const read = await readCollection(snapshot, { session, collection, count: collections.length, race }, state, until);
    if (read === null) return null;
    state = read;
  }
  const complete = { ...state, snapshot: null };
  await snapshot.keep(complete);
  return complete;
}

/** What compares the copy with the oplog, whenever it is time. */
type Watch = (state: InSnapshot) => Promise<void>;

async function raceOf(
  { client, database, now, readWindow, onSlow }: Snapshot,
  begun: InSnapshot,
  collections: readonly SnapshotCollection[],
): Promise<Watch> {
  const startedAt = now();
  const counts = await Promise.all(collections.map((collection) => estimated(client, collection)));
  const total = counts.includes(null) ? null : counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  let lookedAt = -Infinity;
  return async ({ snapshot: { documents, time: start } }) => {
    if (total === null || now() - lookedAt < LOOK_EVERY_MS) return;
    lookedAt = now();
    const window = await readWindow().catch(() => null);
    if (window === null) return;
    const copied = documents - begun.snapshot.documents;
    const found = forecast({ window, start, copied, elapsedMs: now() - startedAt, left: total - documents });
    if (found?.isHopeless === true) throw hopeless(database, found);
    if (found !== null) onSlow(found);
  };
}

interface Reading {
  readonly session: ClientSession;
  readonly collection: SnapshotCollection;
  /** Collections there are. */
  readonly count: number;
  readonly race: Watch;
}

/** Null when it was stopped. */
async function readCollection(
  snapshot: Snapshot,
  { session, collection, count, race }: Reading,
  before: InSnapshot,
  until: Until,
): Promise<InSnapshot | null> {
  const { client, sink, keep, now, onProgress } = snapshot;
  const { db, coll, id } = collection;
  const { deployment } = before;
  const source = { ...snapshot.source, deployment, time: before.snapshot.time, db, collection: coll };
  const estimatedRows = await estimated(client, collection);
  let [state, documents, bytes] = [before, 0, 0];
  let kept = { documents, bytes, at: now() };
  const reach = async (next: Partial<SnapshotState>): Promise<void> => {
    await unlessAborted(sink.flush(), until.abort);
    state = { ...before, snapshot: { ...state.snapshot, ...next, documents: before.snapshot.documents + documents } };
    await keep(state);
    kept = { documents, bytes, at: now() };
    const tablesDone = state.snapshot.done.length;
    onProgress({ table: collection.name, rows: documents, estimatedRows, tablesDone, tables: count });
  };
  const isDue = (): boolean =>
    documents - kept.documents >= KEEP_EVERY.documents ||
    bytes - kept.bytes >= KEEP_EVERY.bytes ||
    now() - kept.at >= KEEP_EVERY.ms;

  const first = before.snapshot.collection === id ? before.snapshot.after : null;
  let last: Buffer | null = null;
  const after = (): string | null => (last === null ? first : placeOf(last));
  const readRest = async (): Promise<void> => {
    for await (const page of pagesOf(client.db(db).collection(coll), session, after())) {
      for (const document of page) {
        if (until.stop.aborted) return;
        const event = await snapshotEvent(source, document);
        const room = sink.put(event);
        if (room !== undefined) await unlessAborted(room, until.abort);
        [documents, bytes, last] = [documents + 1, bytes + event.body.length, document];
        if (!isDue()) continue;
        await reach({ collection: id, after: after() });
        await race(state);
      }
    }
  };
  try {
    await retrying(readRest, until, () => documents);
  } catch (error) {
    // What Event Hubs has accepted is not sent again by the next run.
    if (documents > kept.documents) await reach({ collection: id, after: after() }).catch(() => undefined);
    throw error;
  }
  if (until.stop.aborted) {
    await reach({ collection: id, after: after() });
    return null;
  }
  await reach({ collection: null, after: null, done: [...state.snapshot.done, id] });
  return state;
}

/**
 * Does it again while only a passing error is in the way.
 *
 * @param progress an error after it has grown is the first again
 */
async function retrying<T>(read: () => Promise<T>, { stop, abort }: Until, progress = (): number => 0): Promise<T> {
  const patience = new Patience(isPassingRead);
  const ended = AbortSignal.any([stop, abort]);
  for (;;) {
    const before = progress();
    try {
      return await read();
    } catch (error) {
      abort.throwIfAborted();
      if (progress() > before) patience.restore();
      await patience.after(error, ended);
    }
  }
}

async function estimated(client: MongoClient, { db, coll }: SnapshotCollection): Promise<number | null> {
  return await client
    .db(db, { readPreference: 'primary' })
    .collection(coll)
    .estimatedDocumentCount()
    .catch(() => null);
}
