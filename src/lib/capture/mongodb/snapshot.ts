import { Timestamp, type ClientSession, type MongoClient } from 'mongodb';
import { type ChangeSink, type SnapshotTold, type Until } from '../port';
import { unlessAborted } from './cut';
import { type MongoDatabase } from './database';
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
}

/** So many documents are accepted by Event Hubs before how far it is is written down. */
const DOCUMENTS_AT_A_TIME = 10_000;

/** A state with a snapshot under way; its documents stand at `startTime`. */
export type InSnapshot = MongoState & { readonly snapshot: SnapshotState };

/**
 * Sends the documents that are there, collection by collection. Each is read as it is now: what has changed since `startTime` comes in
 * the stream, too, and stands behind it.
 *
 * @returns the state without a snapshot when it is complete; null when it was stopped before
 */
export async function takeSnapshot(snapshot: Snapshot, begun: InSnapshot, until: Until): Promise<MongoState | null> {
  const { client, database } = snapshot;
  await using session = client.startSession({ causalConsistency: true });
  // A member that lags behind must not answer with what was before: nothing would tell of the time between.
  session.advanceOperationTime(new Timestamp({ t: begun.startTime.seconds, i: begun.startTime.increment }));
  let collections = await listCollections(client, database);
  const known = new Set(collections.map(({ uuid }) => uuid));
  let state = begun;
  const next = (): SnapshotCollection | undefined => {
    const { done, collection } = state.snapshot;
    const left = collections.filter(({ id, uuid }) => known.has(uuid) && !done.includes(id));
    // The one under way first: another would forget its place.
    return left.find(({ id }) => id === collection) ?? left[0];
  };
  for (;;) {
    // What was renamed in the meantime is read again under its new name: its rest was looked for under the old one.
    if (next() === undefined) collections = await listCollections(client, database);
    const collection = next();
    if (collection === undefined) break;
    const read = await readCollection(snapshot, { session, collection, count: collections.length }, state, until);
    if (read === null) return null;
    state = read;
  }
  const complete = { ...state, snapshot: null };
  await snapshot.keep(complete);
  return complete;
}

interface Reading {
  readonly session: ClientSession;
  readonly collection: SnapshotCollection;
  /** Collections there are. */
  readonly count: number;
}

/** Null when it was stopped. */
async function readCollection(
  snapshot: Snapshot,
  { session, collection, count }: Reading,
  before: InSnapshot,
  { stop, abort }: Until,
): Promise<InSnapshot | null> {
  const { client, sink, keep, onProgress } = snapshot;
  const { db, coll, id } = collection;
  const source = {
    ...snapshot.source,
    deployment: before.deployment,
    startTime: before.startTime,
    db,
    collection: coll,
  };
  const estimatedRows = await estimated(client, collection);
  let state = before;
  let documents = 0;
  const reach = async (next: Partial<SnapshotState>): Promise<void> => {
    await unlessAborted(sink.flush(), abort);
    state = { ...before, snapshot: { ...state.snapshot, ...next, documents: before.snapshot.documents + documents } };
    await keep(state);
    const tablesDone = state.snapshot.done.length;
    onProgress({ table: collection.name, rows: documents, estimatedRows, tablesDone, tables: count });
  };

  const after = before.snapshot.collection === id ? before.snapshot.after : null;
  let last: Buffer | null = null;
  for await (const page of pagesOf(client.db(db).collection(coll), session, after)) {
    for (const document of page) {
      if (stop.aborted) break;
      const room = sink.put(snapshotEvent(source, document));
      if (room !== undefined) await unlessAborted(room, abort);
      documents += 1;
      last = document;
      if (documents % DOCUMENTS_AT_A_TIME === 0) await reach({ collection: id, after: placeOf(document) });
    }
    if (!stop.aborted) continue;
    await reach({ collection: id, after: last === null ? after : placeOf(last) });
    return null;
  }
  await reach({ collection: null, after: null, done: [...state.snapshot.done, id] });
  return state;
}

async function estimated(client: MongoClient, { db, coll }: SnapshotCollection): Promise<number | null> {
  return await client
    .db(db)
    .collection(coll)
    .estimatedDocumentCount()
    .catch(() => null);
}
