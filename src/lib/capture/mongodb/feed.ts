import { type Document, type MongoClient } from 'mongodb';
import { isObject } from '../../decode/json';
import { asBuffer } from './bson-elements';
import { soon } from './connect';
import { type MongoDatabase } from './database';
import { idlePoint, type ResumePoint } from './resume-point';
import { pipelineOf, streamOptions, type Abilities, type Position } from './watch';

/** What a change stream gives. */
export type Fed =
  /** BSON documents, one or more. */
  | { readonly kind: 'changes'; readonly documents: readonly Buffer[] }
  /** Nothing has come; the stream can still resume behind this point. Null where the server sends none. */
  | { readonly kind: 'idle'; readonly point: ResumePoint | null }
  /** Nothing more: it was invalidated. */
  | { readonly kind: 'closed' };

/** A change stream that is open. */
export interface Feed extends AsyncDisposable {
  /** While nobody asks for more, the server is not asked. @throws what the driver throws */
  next(): Promise<Fed>;
}

const AWAIT_MS = 500;

/**
 * The part of the driver's change stream that is used here. Its own `tryNext` cannot read documents that are left as BSON, and to
 * parse them loses the order of some fields; what it would add, to resume once, is done by whoever reads the feed.
 */
interface DriverCursor {
  tryNext(): Promise<Uint8Array | null>;
  readBufferedDocuments(): Uint8Array[];
}

export interface FeedOptions {
  readonly client: MongoClient;
  readonly database: MongoDatabase;
  readonly position: Position;
  readonly abilities: Abilities;
  /** How long the server holds its answer back when there is nothing to tell. */
  readonly awaitMs?: number;
}

/** Opens the database's change stream. The server is asked with the first `next`. */
export function openFeed({ client, database, position, abilities, awaitMs = AWAIT_MS }: FeedOptions): Feed {
  const parent = database.database === null ? client : client.db(database.database);
  const stream = parent.watch<Document, Document>(pipelineOf(database, abilities), {
    ...streamOptions(database, position, abilities),
    maxAwaitTimeMS: awaitMs,
    raw: true,
  });
  const { cursor } = stream as unknown as { readonly cursor: DriverCursor };
  // Told of each empty batch: its `postBatchResumeToken`.
  let point: ResumePoint | null = null;
  stream.on('resumeTokenChanged', (token: unknown) => (point = isObject(token) ? idlePoint(token) : null));
  return {
    async next() {
      point = null;
      const document = await cursor.tryNext();
      if (document !== null) {
        return { kind: 'changes', documents: [document, ...cursor.readBufferedDocuments()].map(asBuffer) };
      }
      return stream.closed ? { kind: 'closed' } : { kind: 'idle', point };
    },
    [Symbol.asyncDispose]: () => soon(stream.close()),
  };
}
