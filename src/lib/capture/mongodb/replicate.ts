import { type MongoClient } from 'mongodb';
import { type ChangeSink, type Until } from '../port';
import { SafePosition } from '../safe';
import { readChange } from './change';
import { unlessAborted } from './cut';
import { type MongoDatabase } from './database';
import { openFeed, type Fed, type Feed } from './feed';
import { Fragments } from './fragments';
import { Patience } from './patience';
import { type MongoSource } from './source-field';
import { type Position } from './watch';

/** What replicating works with. */
export interface Replication {
  readonly client: MongoClient;
  readonly database: MongoDatabase;
  readonly source: MongoSource;
  readonly sink: ChangeSink;
  /** Writes a safe resume token down in the lake. */
  readonly keep: (token: string) => Promise<void>;
  /** Told of each change that was put, by the microsecond in which the server made it. */
  readonly onCommit: (committedAtUs: bigint) => void;
}

/**
 * Sends what happens from `from` on, until it is told to stop; then everything that was sent is accepted and written down.
 *
 * @throws what the server, Event Hubs or the lake says; nothing is written down that is not safe
 */
export async function replicate(replication: Replication, from: Position, { stop, abort }: Until): Promise<void> {
  const broken = new AbortController();
  const cut = AbortSignal.any([abort, broken.signal]);
  const ends: Ends = { stop, cut, either: AbortSignal.any([stop, cut]) };
  const start = 'token' in from ? from.token : null;
  const safe = new SafePosition<string>(replication, start, (error) => broken.abort(error));
  try {
    await follow(replication, from, safe, ends);
    await unlessAborted(safe.settle(), cut);
  } finally {
    safe.stop();
  }
}

interface Ends {
  readonly stop: AbortSignal;
  /** Told to end at once, or nothing is safe any more. */
  readonly cut: AbortSignal;
  readonly either: AbortSignal;
}

/** Opens the stream again and again: when it broke, and behind what invalidated it. */
async function follow(replication: Replication, from: Position, safe: SafePosition<string>, ends: Ends): Promise<void> {
  const { client, database } = replication;
  const patience = new Patience();
  let position = from;
  const reach = (token: string): void => {
    safe.reach(token);
    position = { token };
  };
  while (!ends.stop.aborted) {
    try {
      await using feed = openFeed({ client, database, position, abilities: patience.abilities });
      await takeAll(replication, feed, { reach, restore: () => patience.restore() }, ends);
    } catch (error) {
      ends.cut.throwIfAborted();
      await patience.after(error, ends.either);
    }
  }
}

interface Told {
  /** Everything up to this token was put. */
  readonly reach: (token: string) => void;
  /** The server has answered. */
  readonly restore: () => void;
}

/**
 * Takes what the feed gives until it is closed or to be stopped.
 *
 * @throws Error when it is closed before it gave anything: to open it again would not help
 */
async function takeAll(replication: Replication, feed: Feed, told: Told, ends: Ends): Promise<void> {
  const fragments = new Fragments();
  let isNew = true;
  while (!ends.stop.aborted) {
    const fed = await nextOf(feed, ends);
    if (fed === null) return;
    told.restore();
    switch (fed.kind) {
      case 'changes':
        await sendAll(replication, fed.documents, fragments, told, ends);
        isNew = false;
        break;
      case 'idle':
        if (fed.token !== null && !fragments.isWithin) told.reach(fed.token);
        break;
      case 'closed':
        if (isNew) throw new Error('the server closes the change stream as soon as it is opened');
        return;
      default:
        fed satisfies never;
    }
  }
}

/** Null when it is to be stopped, even while the server has nothing to tell. */
async function nextOf(feed: Feed, { stop, cut, either }: Ends): Promise<Fed | null> {
  try {
    return await unlessAborted(feed.next(), either);
  } catch (error) {
    cut.throwIfAborted();
    if (stop.aborted) return null;
    throw error;
  }
}

async function sendAll(
  { database, source, sink, onCommit }: Replication,
  documents: readonly Buffer[],
  fragments: Fragments,
  { reach }: Told,
  { stop, cut }: Ends,
): Promise<void> {
  for (const document of documents) {
    if (stop.aborted) return;
    const whole = fragments.take(document);
    if (whole === null) continue;
    const { event, token, committedAtUs } = readChange(whole, source, database.database ?? database.name);
    const room = sink.put(event);
    if (room !== undefined) await unlessAborted(room, cut);
    reach(token);
    if (committedAtUs !== null) onCommit(committedAtUs);
  }
}
