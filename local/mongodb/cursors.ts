import { nameOf, type Namespace } from './command';
import { cursorNotFound, type CommandError } from './errors';
import { type Source } from './source';
import { type RawValue } from './raw';
import { array, embedded, long, make, text, timestamp } from './values';

/** The documents of one reply, the server's limit; a single one may be larger. */
const MAX_BATCH_BYTES = 16 * 1024 * 1024;

export const FIRST_BATCH = 101;

export interface Batch {
  readonly documents: readonly Buffer[];
  readonly resumeToken: Buffer | null;
}

/** A cursor that is open: a client asks for its documents batch by batch. */
export class Cursor {
  readonly id: bigint;
  readonly ns: Namespace;
  readonly isChangeStream: boolean;
  readonly source: Source;
  #interrupt: ((error: CommandError | null) => void) | null = null;

  constructor(id: bigint, ns: Namespace, source: Source) {
    this.id = id;
    this.ns = ns;
    this.source = source;
    this.isChangeStream = source.isTailable;
  }

  get isWaiting(): boolean {
    return this.#interrupt !== null;
  }

  /**
   * Takes what is there now.
   *
   * @throws CommandError where the source cannot go on and nothing was taken before it
   */
  fill(maxDocuments: number): Batch {
    const documents: Buffer[] = [];
    let bytes = 0;
    while (documents.length < maxDocuments) {
      const document = this.#peek(documents.length > 0);
      if (document === null || (documents.length > 0 && bytes + document.length > MAX_BATCH_BYTES)) break;
      this.source.take();
      documents.push(document);
      bytes += document.length;
    }
    return { documents, resumeToken: this.source.resumeToken };
  }

  /** What went before an error is delivered first; the error comes again with the next batch. */
  #peek(hasTaken: boolean): Buffer | null {
    try {
      return this.source.next();
    } catch (error) {
      if (hasTaken) return null;
      throw error;
    }
  }

  /**
   * Waits until there may be more, or for so long.
   *
   * @returns false when the time is up
   * @throws the CommandError of an interruption
   */
  async wait(ms: number, signal: AbortSignal): Promise<boolean> {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), ms);
    const unwatch = this.source.watch(() => resolve(true));
    const ended = () => resolve(false);
    signal.addEventListener('abort', ended);
    this.#interrupt = (error) => (error === null ? resolve(false) : reject(error));
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      unwatch();
      signal.removeEventListener('abort', ended);
      this.#interrupt = null;
    }
  }

  /** Ends a wait, with an error or (null) as if the time were up. */
  interrupt(error: CommandError | null): void {
    this.#interrupt?.(error);
  }
}

/** The cursors that are open. */
export class Cursors {
  readonly #open = new Map<bigint, Cursor>();
  #lastId: bigint;

  /** @param member each has ids of its own */
  constructor(member = 0) {
    this.#lastId = (BigInt(Date.now()) << 20n) + (BigInt(member) << 62n);
  }

  get open(): readonly Cursor[] {
    return [...this.#open.values()];
  }

  add(ns: Namespace, source: Source): Cursor {
    this.#lastId += 1n;
    const cursor = new Cursor(this.#lastId, ns, source);
    this.#open.set(cursor.id, cursor);
    return cursor;
  }

  /** @throws CommandError where there is none */
  get(id: bigint): Cursor {
    const cursor = this.#open.get(id);
    if (cursor === undefined) throw cursorNotFound(id);
    return cursor;
  }

  find(id: bigint): Cursor | undefined {
    return this.#open.get(id);
  }

  remove({ id }: Cursor): void {
    this.#open.delete(id);
  }

  /** Ends every wait. */
  interruptAll(error: CommandError): void {
    for (const cursor of this.#open.values()) cursor.interrupt(error);
  }
}

/** The `cursor` field of a reply; id 0 says that there is no more. */
export const cursorReply = (
  name: 'firstBatch' | 'nextBatch',
  { ns }: Cursor,
  id: bigint,
  { documents, resumeToken }: Batch,
  atTs: bigint | null,
): RawValue =>
  embedded(
    make({
      [name]: array(documents.map(embedded)),
      postBatchResumeToken: resumeToken === null ? undefined : embedded(resumeToken),
      id: long(id),
      ns: text(nameOf(ns)),
      atClusterTime: atTs === null ? undefined : timestamp(atTs),
    }),
  );
