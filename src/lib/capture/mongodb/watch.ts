import { BSON, Timestamp, type ChangeStreamOptions, type Document, type ResumeToken } from 'mongodb';
import { timeOfToken, type ClusterTime } from './cluster-time';
import { type MongoDatabase } from './database';
import { type MongoState } from './state';

/** What newer servers know of change streams, until one refuses it. */
export interface Abilities {
  /** MongoDB 6.0.9 and 7.0: events over 16 MB are cut up. */
  readonly splits: boolean;
  /** MongoDB 6.0: collections and indexes that are made are told, too. */
  readonly expands: boolean;
}

export const ALL_ABILITIES: Abilities = { splits: true, expands: true };

/** What is left to try when the server did not know something; null when nothing is. */
export function lesser({ splits, expands }: Abilities): Abilities | null {
  if (splits) return { splits: false, expands };
  return expands ? { splits, expands: false } : null;
}

/** Where a stream begins: behind a token, or at a moment, that included. */
export type Position = { readonly token: string } | { readonly time: ClusterTime };

/** What the resume tokens of a database are of. With other settings, events that a token stands for may no longer come. */
export function watchedText({ database, collections, fullDocument, preImages }: MongoDatabase): string {
  return JSON.stringify({ database, collections: collections?.toSorted() ?? null, fullDocument, preImages });
}

/** Where to go on. After a change of settings at the token's moment: what was sent of it comes again, under the same ids. */
export function positionOf(database: MongoDatabase, { resumeToken, startTime, watched }: MongoState): Position {
  if (resumeToken === null) return { time: startTime };
  if (watched === watchedText(database)) return { token: resumeToken };
  const { _data } = JSON.parse(resumeToken) as { _data?: unknown };
  const time = typeof _data === 'string' ? timeOfToken(_data) : null;
  return time === null ? { token: resumeToken } : { time };
}

/** The stages behind `$changeStream`. */
export function pipelineOf(database: MongoDatabase, { splits }: Abilities): Document[] {
  const match = matchOf(database);
  return [...(match === null ? [] : [{ $match: match }]), ...(splits ? [{ $changeStreamSplitLargeEvent: {} }] : [])];
}

/** The options of the stream itself. `startAfter` goes on behind every event, `resumeAfter` not behind an invalidation. */
export function streamOptions(
  { fullDocument, preImages }: MongoDatabase,
  position: Position,
  { expands }: Abilities,
): ChangeStreamOptions {
  return {
    ...(fullDocument === 'default' ? {} : { fullDocument }),
    ...(preImages === 'off' ? {} : { fullDocumentBeforeChange: preImages }),
    ...(expands ? { showExpandedEvents: true } : {}),
    ...('token' in position
      ? { startAfter: BSON.EJSON.parse(position.token, { relaxed: false }) as ResumeToken }
      : { startAtOperationTime: new Timestamp({ t: position.time.seconds, i: position.time.increment }) }),
  };
}

/** Chosen collections, what is renamed to one of them, and what ends them all. */
function matchOf({ database, collections }: MongoDatabase): Document | null {
  if (collections === null) return null;
  if (database !== null) {
    const among = { $in: [...collections] };
    return {
      $or: [{ 'ns.coll': among }, { 'to.coll': among }, { operationType: { $in: ['dropDatabase', 'invalidate'] } }],
    };
  }
  const namespaces = collections.map(namespaceOf);
  return {
    $or: [
      ...namespaces.flatMap(({ db, coll }) => [
        { 'ns.db': db, 'ns.coll': coll },
        { 'to.db': db, 'to.coll': coll },
      ]),
      { operationType: 'dropDatabase', 'ns.db': { $in: [...new Set(namespaces.map(({ db }) => db))] } },
      { operationType: 'invalidate' },
    ],
  };
}

/** `shop.orders.eu`: a database's name has no dot. */
export function namespaceOf(name: string): { readonly db: string; readonly coll: string } {
  const dot = name.indexOf('.');
  return { db: name.slice(0, dot), coll: name.slice(dot + 1) };
}
