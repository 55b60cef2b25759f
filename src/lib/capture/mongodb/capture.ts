import { type MongoClient } from 'mongodb';
import { type ChangeSink, type Ended, type Progress, type SlowSnapshot, type SnapshotTold, type Until } from '../port';
import { tickAfter } from './cluster-time';
import { connect, type Session } from './connect';
import { unlessAborted } from './cut';
import { type MongoDatabase } from './database';
import { notReady, sourceFailure } from './failure';
import { openFeed, type Feed } from './feed';
import { StreamPatience } from './patience';
import { replicate } from './replicate';
import { type ResumePoint } from './resume-point';
import { readOplogWindow, readServer } from './server';
import { takeSnapshot } from './snapshot';
import { unfitCollections } from './snapshot-collections';
import { judgeStart } from './start';
import { snapshotAt, type MongoState } from './state';
import { positionOf, watchedText, type Abilities, type Position } from './watch';

/** What capturing a deployment works with. */
export interface MongoRoom {
  readonly sink: ChangeSink;
  readonly progress: Progress<MongoState>;
  readonly onSnapshot: (told: SnapshotTold) => void;
  /** Called when the oplog may not reach back far enough at the end of the snapshot. */
  readonly onSlowSnapshot: (slow: SlowSnapshot) => void;
  /** Told of each change that was put, by when the server made it, in microseconds since 1970. */
  readonly onCommit: (committedAtUs: bigint) => void;
  /** Told how far back the oplog reaches, in seconds, when capture begins; not where the user may not read it. */
  readonly onOplogWindow: (seconds: number) => void;
  /** Milliseconds. */
  readonly now: () => number;
}

/**
 * Captures a deployment until it is told to stop: sends a snapshot where one is wanted, then every change, in order, at least once.
 *
 * @throws PipelineError SOURCE_*, CAPTURE_*, EVENT_HUBS_FAILED, STORAGE_FAILED
 */
export async function captureMongo(database: MongoDatabase, room: MongoRoom, until: Until): Promise<Ended> {
  try {
    await capture(database, room, until);
  } catch (error) {
    const isEnd = until.abort.aborted || (until.stop.aborted && error === until.stop.reason);
    if (!isEnd) throw sourceFailure(database, 'capture its changes', error);
  }
  return 'stopped';
}

async function capture(database: MongoDatabase, room: MongoRoom, until: Until): Promise<void> {
  // Nothing is sent yet: either signal ends it.
  await using session = await connect(database, AbortSignal.any([until.stop, until.abort]));
  const cut = (): void => session.close();
  until.abort.addEventListener('abort', cut);
  try {
    await captureFrom(session, database, room, until);
  } finally {
    until.abort.removeEventListener('abort', cut);
  }
}

async function captureFrom({ client }: Session, database: MongoDatabase, room: MongoRoom, until: Until): Promise<void> {
  const { sink, progress, onSnapshot, onSlowSnapshot, onCommit, now } = room;
  const open = (position: Position, abilities: Abilities): Feed => openFeed({ client, database, position, abilities });
  let state = await begin(database, room, client, until);
  const keep = async (next: MongoState): Promise<void> => {
    await progress.keep(next);
    state = next;
  };
  const source = { name: database.name, history: progress.history };
  const readWindow = () => readOplogWindow(client);
  const copy = {
    client,
    database,
    source,
    sink,
    keep,
    now,
    readWindow,
    onProgress: onSnapshot,
    onSlow: onSlowSnapshot,
  };
  const watched = watchedText(database);
  const keepPoint = (resume: ResumePoint): Promise<void> => keep({ ...state, watched, resume });
  const stream = { open, database, source, sink, onCommit, keep: keepPoint };
  for (;;) {
    const { snapshot } = state;
    if (snapshot !== null && (await takeSnapshot(copy, { ...state, snapshot }, until)) === null) return;
    if (until.stop.aborted) return;
    const renamed = await replicate(stream, positionOf(database, state), until);
    if (renamed === null) return;
    const { time, to, point } = renamed;
    // A tick behind the rename, before every later change: the rename ends what had the name before.
    const behind = snapshotAt(tickAfter(time), `${to.db}.${to.coll}`);
    await keep({ ...state, watched, resume: point, snapshot: behind });
  }
}

/** Finds out where to begin, and writes it down before anything is sent. */
async function begin(
  database: MongoDatabase,
  { progress, onOplogWindow }: MongoRoom,
  client: MongoClient,
  { stop, abort }: Until,
): Promise<MongoState> {
  const ended = AbortSignal.any([stop, abort]);
  const facts = await unlessAborted(readServer(client), ended);
  const state = judgeStart(database, facts, progress.state);
  const unfit = await unlessAborted(unfitCollections(client, database), ended);
  if (unfit.length > 0) {
    const what = `the settings name what is no collection: ${unfit.join(', ')}`;
    throw notReady(database, what, 'Views and time series have no change streams: name the collections behind them.');
  }
  const window = await unlessAborted(readOplogWindow(client), ended);
  if (window !== null) onOplogWindow(window.last.seconds - window.first.seconds);
  if (state.snapshot !== null) {
    // Whether the changes that follow can be had is known before the first document is read.
    await openOnce(client, database, positionOf(database, state), ended);
  }
  if (progress.state === null) await progress.keep(state);
  return state;
}

/** @throws what the server refuses the stream with */
async function openOnce(client: MongoClient, database: MongoDatabase, position: Position, ended: AbortSignal) {
  const patience = new StreamPatience();
  for (;;) {
    try {
      await using feed = openFeed({ client, database, position, abilities: patience.abilities, awaitMs: 1 });
      await unlessAborted(feed.next(), ended);
      return;
    } catch (error) {
      ended.throwIfAborted();
      await patience.after(error, ended);
    }
  }
}
