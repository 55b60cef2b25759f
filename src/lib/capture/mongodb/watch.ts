import { BSON, Timestamp, type ChangeStreamOptions, type Document, type ResumeToken } from 'mongodb';
import { type Namespace } from './change';
import { tickAfter, type ClusterTime } from './cluster-time';
import { type MongoDatabase } from './database';
import { type ResumePoint } from './resume-point';
import { type MongoState } from './state';

/** What newer servers know of change streams, until one refuses it. */
export interface Abilities {
  /** MongoDB 6.0.9 and 7.0: events over 16 MB are cut up. */
  readonly splits: boolean;
  /** MongoDB 6.0: collections and indexes that are made are told, too. */
  readonly expands: boolean;
  /** MongoDB 4.2: a stream goes on behind an invalidation. Amazon DocumentDB does not know it. */
  readonly startsAfter: boolean;
}

export const ALL_ABILITIES: Abilities = { splits: true, expands: true, startsAfter: true };

/** Each by the word that a refusal names it with, in the order in which they are given up where it names none. */
const WORDS: readonly (readonly [keyof Abilities, string])[] = [
  ['splits', 'SplitLargeEvent'],
  ['expands', 'showExpandedEvents'],
  ['startsAfter', 'startAfter'],
];

/**
 * What is left to try when the server did not know something; null when nothing is.
 *
 * @param words of the refusal
 */
export function lesser(abilities: Abilities, words: string): Abilities | null {
  const left = WORDS.filter(([ability]) => abilities[ability]);
  const [refused] = left.find(([, word]) => words.includes(word)) ?? left[0] ?? [];
  return refused === undefined ? null : { ...abilities, [refused]: false };
}

/** Where a stream begins: behind a point, or at a moment, that included. */
export type Position = { readonly behind: ResumePoint } | { readonly time: ClusterTime };

/** What the resume tokens of a database are of. With other settings, events that a token stands for may no longer come. */
export function watchedText({ database, collections, fullDocument, preImages }: MongoDatabase): string {
  return JSON.stringify({ database, collections: collections?.toSorted() ?? null, fullDocument, preImages });
}

/** Where to go on. After a change of settings at the point's moment: what was sent of it comes again, under the same ids. */
export function positionOf(database: MongoDatabase, { resume, startTime, watched }: MongoState): Position {
  if (resume === null) return { time: startTime };
  if (watched === watchedText(database) || resume.time === null) return positionBehind(resume);
  return { time: resume.time };
}

/**
 * Where a stream of the same settings goes on. Behind a fragment it cannot: the server makes the event again and cuts it up again, into
 * more fragments or none where the document has another size by then. The whole event comes again, under the same id.
 */
export const positionBehind = (point: ResumePoint): Position =>
  point.kind === 'fragment' && point.time !== null ? { time: point.time } : { behind: point };

/** The stages behind `$changeStream`. */
export function pipelineOf(database: MongoDatabase, { splits }: Abilities): Document[] {
  const match = matchOf(database);
  return [...(match === null ? [] : [{ $match: match }]), ...(splits ? [{ $changeStreamSplitLargeEvent: {} }] : [])];
}

/** The options of the stream itself. */
export function streamOptions(
  { fullDocument, preImages }: MongoDatabase,
  position: Position,
  { expands, startsAfter }: Abilities,
): ChangeStreamOptions {
  return {
    ...(fullDocument === 'default' ? {} : { fullDocument }),
    ...(preImages === 'off' ? {} : { fullDocumentBeforeChange: preImages }),
    ...(expands ? { showExpandedEvents: true } : {}),
    ...startOptions(position, startsAfter),
  };
}

/** `startAfter` goes on behind every event, `resumeAfter` not behind an invalidation: of its moment nothing else is to come. */
function startOptions(position: Position, startsAfter: boolean): ChangeStreamOptions {
  if ('time' in position) return startAt(position.time);
  const { token, time, kind } = position.behind;
  if (kind === 'invalidate' && time !== null && !startsAfter) return startAt(tickAfter(time));
  const parsed = BSON.EJSON.parse(token, { relaxed: false }) as ResumeToken;
  return startsAfter ? { startAfter: parsed } : { resumeAfter: parsed };
}

const startAt = ({ seconds, increment }: ClusterTime): ChangeStreamOptions => ({
  startAtOperationTime: new Timestamp({ t: seconds, i: increment }),
});

/** Whether changes of that collection are captured. */
export function isCaptured({ database, collections }: MongoDatabase, { db, coll }: Namespace): boolean {
  if (database !== null && database !== db) return false;
  return collections?.includes(database === null ? `${db}.${coll}` : coll) ?? true;
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
export function namespaceOf(name: string): Namespace {
  const dot = name.indexOf('.');
  return { db: name.slice(0, dot), coll: name.slice(dot + 1) };
}
