import { type MongoClient } from 'mongodb';
import { type ChangeSink, type Ended, type Progress, type SnapshotTold, type Until } from '../port';
import { connect, type Session } from './connect';
import { unlessAborted } from './cut';
import { type MongoDatabase } from './database';
import { sourceFailure } from './failure';
import { openFeed } from './feed';
import { Patience } from './patience';
import { replicate } from './replicate';
import { readOplogWindow, readServer } from './server';
import { takeSnapshot } from './snapshot';
import { judgeStart } from './start';
import { type MongoState } from './state';
import { positionOf, watchedText, type Position } from './watch';

/** What capturing a deployment works with. */
export interface MongoRoom {
  readonly sink: ChangeSink;
  readonly progress: Progress<MongoState>;
  readonly onSnapshot: (told: SnapshotTold) => void;
  /** Told of each change that was put, by when the server made it, in microseconds since 1970. */
  readonly onCommit: (committedAtUs: bigint) => void;
  /** Told how far back the oplog reaches, in seconds, when capture begins; not where the user may not read it. */
  readonly onOplogWindow: (seconds: number) => void;
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
  const { sink, progress, onSnapshot, onCommit } = room;
  const begun = await begin(database, room, client, until);
  const { snapshot } = begun;
  const keep = (state: MongoState): Promise<void> => progress.keep(state);
  const source = { name: database.name, history: progress.history };
  const work = { client, database, source, sink, keep, onProgress: onSnapshot };
  const state = snapshot === null ? begun : await takeSnapshot(work, { ...begun, snapshot }, until);
  if (state === null || until.stop.aborted) return;
  const watched = watchedText(database);
  const keepToken = (resumeToken: string): Promise<void> => progress.keep({ ...state, watched, resumeToken });
  await replicate({ client, database, source, sink, keep: keepToken, onCommit }, positionOf(database, state), until);
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
  const oplogSeconds = await unlessAborted(readOplogWindow(client), ended);
  if (oplogSeconds !== null) onOplogWindow(oplogSeconds);
  if (state.snapshot !== null) {
    // Whether the changes that follow can be had is known before the first document is read.
    await openOnce(client, database, positionOf(database, state), ended);
  }
  if (progress.state === null) await progress.keep(state);
  return state;
}

/** @throws what the server refuses the stream with */
async function openOnce(client: MongoClient, database: MongoDatabase, position: Position, ended: AbortSignal) {
  const patience = new Patience();
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
