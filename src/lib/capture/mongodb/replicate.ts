import { type ChangeSink, type Until } from '../port';
import { SafePosition } from '../safe';
import { readChange, type Namespace } from './change';
import { type ClusterTime } from './cluster-time';
import { unlessAborted } from './cut';
import { type MongoDatabase } from './database';
import { type Fed, type Feed } from './feed';
import { Fragments } from './fragments';
import { StreamPatience } from './patience';
import { pointOfText, pointText, type ResumePoint } from './resume-point';
import { type MongoSource } from './source-field';
import { isCaptured, positionBehind, type Abilities, type Position } from './watch';

/** What replicating works with. */
export interface Replication {
  /** Opens the stream of the database's changes. */
  readonly open: (position: Position, abilities: Abilities) => Feed;
  readonly database: MongoDatabase;
  readonly source: MongoSource;
  readonly sink: ChangeSink;
  /** Writes a safe point down in the lake. */
  readonly keep: (point: ResumePoint) => Promise<void>;
  /** Told of each change that was put, by the microsecond in which the server made it. */
  readonly onCommit: (committedAtUs: bigint) => void;
}

/** A collection got a captured name, and its documents with it, of which the stream tells nothing. */
export interface Renamed {
  readonly to: Namespace;
  /** When. */
  readonly time: ClusterTime;
  /** The stream goes on behind this; it is not kept yet. */
  readonly point: ResumePoint;
}

/**
 * Sends what happens from `from` on, until it is told to stop, or a collection was renamed to a captured name; then everything that was
 * sent is accepted and written down.
 *
 * @returns the rename, which was sent, but is not written down; null when it was told to stop
 * @throws what the server, Event Hubs or the lake says; nothing is written down that is not safe
 */
export async function replicate(
  replication: Replication,
  from: Position,
  { stop, abort }: Until,
): Promise<Renamed | null> {
  const broken = new AbortController();
  const cut = AbortSignal.any([abort, broken.signal]);
  const ends: Ends = { stop, cut, either: AbortSignal.any([stop, cut]) };
  const start = 'behind' in from ? pointText(from.behind) : null;
  const keep = (text: string): Promise<void> => replication.keep(pointOfText(text));
  const safe = new SafePosition<string>({ sink: replication.sink, keep }, start, (error) => broken.abort(error));
  try {
    const renamed = await follow(replication, from, safe, ends);
    await unlessAborted(safe.settle(), cut);
    return renamed;
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
async function follow(
  replication: Replication,
  from: Position,
  safe: SafePosition<string>,
  ends: Ends,
): Promise<Renamed | null> {
  const patience = new StreamPatience();
  let position = from;
  const reach = (point: ResumePoint): void => {
    safe.reach(pointText(point));
    position = positionBehind(point);
  };
  while (!ends.stop.aborted) {
    try {
      await using feed = replication.open(position, patience.abilities);
      const renamed = await takeAll(replication, feed, { reach, restore: () => patience.restore() }, ends);
      if (renamed !== null) return renamed;
    } catch (error) {
      ends.cut.throwIfAborted();
      await patience.after(error, ends.either);
    }
  }
  return null;
}

interface Told {
  /** Everything up to this point was put. */
  readonly reach: (point: ResumePoint) => void;
  /** The server has answered. */
  readonly restore: () => void;
}

/**
 * Takes what the feed gives until it is closed, to be stopped, or a collection was renamed.
 *
 * @throws Error when it is closed before it gave anything: to open it again would not help
 */
async function takeAll(replication: Replication, feed: Feed, told: Told, ends: Ends): Promise<Renamed | null> {
  const fragments = new Fragments();
  let isNew = true;
  while (!ends.stop.aborted) {
    const fed = await nextOf(feed, ends);
    if (fed === null) return null;
    told.restore();
    switch (fed.kind) {
      case 'changes': {
        const renamed = await sendAll(replication, fed.documents, fragments, told, ends);
        if (renamed !== null) return renamed;
        isNew = false;
        break;
      }
      case 'idle':
        if (fed.point !== null && !fragments.isWithin) told.reach(fed.point);
        break;
      case 'closed':
        if (isNew) throw new Error('the server closes the change stream as soon as it is opened');
        return null;
      default:
        fed satisfies never;
    }
  }
  return null;
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
): Promise<Renamed | null> {
  for (const document of documents) {
    if (stop.aborted) return null;
    const whole = fragments.take(document);
    if (whole === null) continue;
    const { event, point, committedAtUs, renamedTo } = await readChange(
      whole,
      source,
      database.database ?? database.name,
    );
    const room = sink.put(event);
    if (room !== undefined) await unlessAborted(room, cut);
    if (committedAtUs !== null) onCommit(committedAtUs);
    if (renamedTo !== null && isCaptured(database, renamedTo)) {
      if (point.time === null) throw new Error('the event of a rename has no cluster time');
      // Not reached: the copy of the collection's documents is written down together with it.
      return { to: renamedTo, time: point.time, point };
    }
    reach(point);
  }
  return null;
}
