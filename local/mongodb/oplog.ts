import { type OplogEntry } from './oplog-entry';

/**
 * The newest entries, so many at most. They are numbered from 0 for as long as the process lives; what is older has been let go.
 * Readers see an entry once it was published: after it is safe on disk.
 */
export class Oplog {
  #limit: number;
  /** Older entries than that are let go; Infinity for none. */
  #windowMs = Infinity;
  #isHeld = false;
  /** What is here; those before `#begin` are let go in lots, for moving the rest costs as much as it holds. */
  #entries: OplogEntry[] = [];
  #base = 0;
  #begin = 0;
  #end = 0;
  #hasLostAny: boolean;
  readonly #watchers = new Set<() => void>();

  /**
   * @param limit entries that are kept
   * @param hasLostAny whether there were entries before the first
   */
  constructor(limit: number, hasLostAny = false) {
    this.#limit = limit;
    this.#hasLostAny = hasLostAny;
  }

  /** The number of the oldest entry that is kept. */
  get begin(): number {
    return this.#begin;
  }

  /** One after the newest entry that readers see. */
  get end(): number {
    return this.#end;
  }

  /** Of the newest entry that readers see; 0 where there is none. */
  get lastTs(): bigint {
    return this.#entries[this.#end - 1 - this.#base]?.ts ?? 0n;
  }

  /** Of the newest entry, shown or not; 0 where there is none. */
  get newestTs(): bigint {
    return this.#entries.at(-1)?.ts ?? 0n;
  }

  /** Whether everything that happened at `ts` and later is still here. */
  reachesBackTo(ts: bigint): boolean {
    const oldest = this.#entries[this.#begin - this.#base];
    return !this.#hasLostAny || (oldest !== undefined && oldest.ts <= ts);
  }

  append(entry: OplogEntry): void {
    this.#entries.push(entry);
  }

  /** Shows what was appended to readers, and wakes them. */
  publish(): void {
    const end = this.#base + this.#entries.length;
    if (end === this.#end || this.#isHeld) return;
    this.#end = end;
    this.#shorten();
    for (const wake of [...this.#watchers]) wake();
  }

  /** Shows nothing of what is appended until `release`. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.publish();
  }

  /** From now on it holds so many entries at most, none of them older than the newest by more than that. */
  limit({
    entries = this.#limit,
    windowMs = this.#windowMs,
  }: {
    readonly entries?: number;
    readonly windowMs?: number;
  }) {
    this.#limit = entries;
    this.#windowMs = windowMs;
    this.#shorten();
  }

  #shorten(): void {
    this.truncate(this.#limit);
    if (this.#windowMs === Infinity || this.#end === this.#begin) return;
    const oldest = this.entry(this.#end - 1).wallAt - this.#windowMs;
    let begin = this.#begin;
    while (this.entry(begin).wallAt < oldest) begin += 1;
    this.truncate(this.#end - begin);
  }

  /** Keeps the newest `count` entries; returns how many went. */
  truncate(count: number): number {
    const gone = Math.max(0, this.#end - count - this.#begin);
    if (gone === 0) return 0;
    this.#begin += gone;
    this.#hasLostAny = true;
    const unused = this.#begin - this.#base;
    if (unused >= Math.max(64, count)) {
      this.#entries = this.#entries.slice(unused);
      this.#base = this.#begin;
    }
    return gone;
  }

  /** @throws RangeError where that entry is not here */
  entry(number: number): OplogEntry {
    const entry = number < this.#begin ? undefined : this.#entries[number - this.#base];
    if (entry === undefined) throw new RangeError(`the oplog has no entry ${number}`);
    return entry;
  }

  /** The number of the first entry at `ts` or later. */
  find(ts: bigint): number {
    let low = this.#begin;
    let high = this.#end;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.entry(middle).ts >= ts) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The newest first, also those that were not published. */
  *backwards(): Generator<OplogEntry> {
    const first = this.#begin - this.#base;
    for (let index = this.#entries.length - 1; index >= first; index -= 1) yield this.#entries[index] as OplogEntry;
  }

  /** Calls `wake` whenever something was published, until the function that is returned is called. */
  watch(wake: () => void): () => void {
    this.#watchers.add(wake);
    return () => void this.#watchers.delete(wake);
  }
}
