import { changeEvent, invalidateEvent, type ChangeEvent, type Lookup } from './change-event';
import { CommandError, historyLost, positionLost } from './errors';
import { type Oplog } from './oplog';
import { type Operation, type OplogEntry } from './oplog-entry';
import { fragmentOf, highWaterMark, tokenDocument, type ResumeToken } from './resume-token';
import { field } from './raw';
import { needsSplit, splitEvent, tooLarge, type Fragment } from './split-event';
import { type StreamPipeline } from './stages';
import { type StreamOptions } from './stream-options';
import { invalidates, watches } from './stream-scope';
import { type Source } from './source';

/** The events of an oplog, one after the other, as one client asked for them. */
export class ChangeStream implements Source {
  readonly isTailable = true;
  readonly #oplog: Oplog;
  readonly #options: StreamOptions;
  readonly #pipeline: StreamPipeline;
  readonly #lookup: Lookup;
  readonly #fromTs: bigint;
  /** The number of the entry that is read next. */
  #next: number;
  /** What is ready to be delivered, and how much of it was taken. */
  #ready: Fragment[] = [];
  #taken = 0;
  #isInvalid = false;
  /** Why the stream cannot go on. */
  #failure: Error | null = null;
  /** Events up to this token are skipped; null once one behind it was seen. */
  #resumeAfter: ResumeToken | null = null;
  /** The event of the token itself has to be met, or the stream cannot be resumed. */
  #mustMeet = false;
  #resumeToken: ResumeToken;

  constructor(oplog: Oplog, options: StreamOptions, pipeline: StreamPipeline, lookup: Lookup) {
    this.#oplog = oplog;
    this.#options = options;
    this.#pipeline = pipeline;
    this.#lookup = lookup;
    const { start } = options;
    // One tick behind the newest operation: a stream that starts now does not tell of it.
    const fromTs = start === null ? oplog.newestTs + 1n : 'atTs' in start ? start.atTs : start.facts.ts;
    if (start !== null && !oplog.reachesBackTo(fromTs)) this.#failure = historyLost();
    this.#fromTs = fromTs;
    this.#next = oplog.find(fromTs);
    this.#resumeToken = start !== null && 'token' in start ? start.token : highWaterMark(fromTs);
    if (start === null || !('token' in start)) return;
    this.#resumeAfter = start.token;
    this.#mustMeet = !start.facts.isHighWaterMark;
  }

  /** The stream goes on after this token, whether or not it told of anything. */
  get resumeToken(): Buffer {
    return tokenDocument(this.#resumeToken);
  }

  get isExhausted(): boolean {
    return this.#isInvalid && this.#taken === this.#ready.length;
  }

  watch(wake: () => void): () => void {
    return this.#oplog.watch(wake);
  }

  /** @throws CommandError where the stream cannot go on */
  next(): Buffer | null {
    while (this.#taken === this.#ready.length) {
      this.#ready = [];
      this.#taken = 0;
      if (this.#failure !== null) throw this.#failure;
      if (this.#isInvalid || this.#next >= this.#oplog.end) return this.#atEnd();
      if (this.#next < this.#oplog.begin) throw positionLost();
      const entry = this.#oplog.entry(this.#next);
      this.#next += 1;
      try {
        this.#read(entry);
      } catch (error) {
        // What the entry told before is delivered first.
        this.#failure = error as Error;
      }
    }
    return (this.#ready[this.#taken] as Fragment).document;
  }

  /** Takes what `next` gave. */
  take(): void {
    this.#resumeToken = (this.#ready[this.#taken] as Fragment).token;
    this.#taken += 1;
  }

  #atEnd(): null {
    const { lastTs } = this.#oplog;
    // An event's own token sorts behind the mark of its moment: only a later mark is one further on.
    if (!this.#isInvalid && lastTs > tsOf(this.#resumeToken)) this.#resumeToken = highWaterMark(lastTs);
    return null;
  }

  #read(entry: OplogEntry): void {
    for (const { event, kind } of this.#eventsOf(entry)) {
      this.#offer(event);
      if (!invalidates(this.#options.scope, kind)) continue;
      const invalid = invalidateEvent(event, entry);
      // A stream that starts after this invalidation goes on; before it, it ends here.
      const goesOn = this.#resumeAfter !== null && this.#resumeAfter.data >= invalid.token.data;
      this.#offer(invalid);
      this.#isInvalid = !goesOn;
      if (!goesOn) return;
    }
  }

  /** Of several shards they are merged in the order of their tokens. */
  #eventsOf(entry: OplogEntry): readonly { readonly event: ChangeEvent; readonly kind: Operation['kind'] }[] {
    const counts = [0, 0];
    const events = entry.operations.flatMap((operation) => {
      const shard = 'place' in operation ? operation.place.shard : 0;
      const txnOpIndex = counts[shard] ?? 0;
      counts[shard] = txnOpIndex + 1;
      if (operation.kind === 'noop' || operation.kind === 'split' || !watches(this.#options.scope, operation))
        return [];
      const event = changeEvent(entry, { operation, txnOpIndex }, this.#options, this.#lookup);
      return event.position.ts < this.#fromTs ? [] : [{ event, kind: operation.kind }];
    });
    if (counts[1] === 0) return events;
    return events.toSorted(({ event: { token: a } }, { event: { token: b } }) => (a.data < b.data ? -1 : 1));
  }

  /** Delivers an event, unless it lies before the point of resumption or a stage leaves it out. */
  #offer(event: ChangeEvent): void {
    const { token, position } = event;
    const resumeAfter = this.#resumeAfter;
    const fragment = resumeAfter === null ? null : fragmentOf(resumeAfter, token);
    if (resumeAfter !== null && fragment === null && token.data < resumeAfter.data) return;
    const document = this.#piped(event);
    if (token.data === resumeAfter?.data) {
      // The server's $match stands before its check: an event that is left out is not met.
      if (document !== null || position.fromInvalidate) this.#mustMeet = false;
      return;
    }
    if (document === null) return;
    // Who does not ask for fragments never meets the token of one.
    if (fragment !== null && !this.#pipeline.splits) return;
    if (this.#mustMeet && fragment === null)
      throw new CommandError(280, `cannot resume stream; the resume token was not found. {_data: "${token.data}"}`);
    this.#resumeAfter = null;
    this.#mustMeet = false;
    if (event.refusal !== null) throw event.refusal;
    this.#ready.push(...this.#fragments(document, position, token, fragment));
  }

  #piped({ document, isClassic }: ChangeEvent): Buffer | null {
    let piped: Buffer | null = isClassic || this.#options.expanded ? document : null;
    for (const stage of this.#pipeline.stages) if (piped !== null) piped = stage(piped);
    if (
      piped !== document &&
      piped !== null &&
      field(piped, '_id')?.bytes.equals(field(document, '_id')?.bytes ?? piped) !== true
    )
      throw new CommandError(
        280,
        'Encountered an event whose _id field, which contains the resume token, was modified by the pipeline. Modifying the _id field of an event makes it impossible to resume the stream from that point.',
      );
    return piped;
  }

  #fragments(
    document: Buffer,
    position: ChangeEvent['position'],
    token: ResumeToken,
    after: number | null,
  ): Fragment[] {
    if (!this.#pipeline.splits) {
      const refusal = tooLarge(document);
      if (refusal !== null) throw refusal;
      return [{ token, document }];
    }
    if (!needsSplit(document)) {
      if (after === null) return [{ token, document }];
      throw new CommandError(
        280,
        'Attempted to resume from a split event fragment, but the event in the resumed stream was not large enough to be split',
      );
    }
    const fragments = splitEvent(document, position, token);
    if (after === null) return fragments;
    if (after >= fragments.length)
      throw new CommandError(
        280,
        'Attempted to resume from a split event, but the resumed stream produced a different split. Ensure that the pipeline used to resume is the same as the original',
      );
    return fragments.slice(after + 1);
  }
}

const tsOf = ({ data }: ResumeToken): bigint => BigInt(`0x${data.slice(2, 18)}`);
