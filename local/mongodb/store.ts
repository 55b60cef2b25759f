import { Catalog } from './catalog';
import { type Journal } from './journal';
import { Oplog } from './oplog';
import { type DocumentOperation, type EntrySession, type Operation, type OplogEntry } from './oplog-entry';
import { isOnDocument, placed } from './sharding';

export type EarlierHalf = 'delete' | 'insert' | null;

export interface StoreOptions {
  readonly oplogEntries: number;
  /** Which half of a move between shards is committed at a moment of its own, before the other; null for one moment. */
  readonly earlierHalf?: EarlierHalf;
  /** Null: memory alone. */
  readonly journal: Journal | null;
  /** UTC, milliseconds since 1970. */
  readonly now: () => number;
}

/** What the server holds: documents, and the oplog that tells how they came to be. */
export class Store {
  readonly catalog = new Catalog();
  readonly oplog: Oplog;
  readonly #journal: Journal | null;
  readonly #now: () => number;
  readonly #earlierHalf: EarlierHalf;
  #lastTs = 0n;
  #term = 0;
  #origin: string | null = null;

  /**
   * Reads what the journal holds.
   *
   * @param seen told each entry that is read, the oldest first
   */
  constructor({ oplogEntries, earlierHalf = null, journal, now }: StoreOptions, seen: (entry: OplogEntry) => void) {
    this.oplog = new Oplog(oplogEntries);
    this.#journal = journal;
    this.#now = now;
    this.#earlierHalf = earlierHalf;
    for (const record of journal?.read(this.catalog) ?? []) {
      if (record.kind === 'truncated') {
        this.oplog.truncate(record.keptEntries);
        continue;
      }
      this.#take(record.entry);
      this.oplog.publish();
      seen(record.entry);
    }
  }

  /** Of the newest entry, shown to readers or not. */
  get lastTs(): bigint {
    return this.#lastTs;
  }

  /** How often this server has become primary. */
  get term(): number {
    return this.#term;
  }

  /** What the first entry ever said; null where there is none yet. */
  get origin(): string | null {
    return this.#origin;
  }

  /** Carries out operations that belong together, as one entry of the oplog. Nobody reads it before `flush`. */
  commit(operations: readonly Operation[], session: EntrySession | null = null): OplogEntry {
    const wallAt = this.#now();
    const halves = operations.map((operation) => (isOnDocument(operation) ? this.#placed(operation) : [operation]));
    const first = nextTs(this.#lastTs, wallAt);
    const isApart = this.#earlierHalf !== null && halves.some(({ length }) => length > 1);
    const entry = {
      ts: isApart ? nextTs(first, wallAt) : first,
      wallAt,
      operations: isApart ? halves.flatMap((half) => half.map((each) => this.#apart(each, first))) : halves.flat(),
      session,
    };
    this.#take(entry);
    this.#journal?.add(entry);
    return entry;
  }

  /** Whether it takes a document to another shard. */
  moves(operation: DocumentOperation): boolean {
    return this.#placed(operation).length > 1;
  }

  /**
   * Writes what was committed to disk, then shows it to readers.
   *
   * @throws Error of the file system
   */
  flush(): void {
    this.#journal?.flush();
    this.oplog.publish();
  }

  /** Entries that are committed from now on stay on this member, until `resumeReplication`. */
  holdReplication(): void {
    this.flush();
    this.oplog.hold();
  }

  resumeReplication(): void {
    this.oplog.release();
  }

  /** Keeps the newest `count` entries of the oplog; returns how many went. */
  truncateOplog(count: number): number {
    this.flush();
    const gone = this.oplog.truncate(count);
    if (gone > 0) this.#journal?.addTruncated(count);
    this.#journal?.flush();
    return gone;
  }

  #placed(operation: DocumentOperation): readonly DocumentOperation[] {
    return placed(operation, this.catalog.collectionOf(operation.uuid)?.sharding ?? null);
  }

  #apart(operation: Operation, ts: bigint): Operation {
    if (!isOnDocument(operation) || operation.place === undefined || operation.kind !== this.#earlierHalf)
      return operation;
    return { ...operation, place: { ...operation.place, ts } };
  }

  #take(entry: OplogEntry): void {
    this.catalog.apply(entry);
    this.oplog.append(entry);
    this.#lastTs = entry.ts;
    for (const operation of entry.operations) {
      if (operation.kind !== 'noop') continue;
      this.#term = operation.term;
      this.#origin ??= operation.message;
    }
  }
}

/** Seconds and a counter; later than the last, also where the clock was set back. */
function nextTs(last: bigint, wallAt: number): bigint {
  const earliest = (BigInt(Math.floor(wallAt / 1000)) << 32n) | 1n;
  return earliest > last ? earliest : last + 1n;
}
