import { type DataFile, type Shelf } from '../../ledger/names';
import { utcDay } from '../../time';
import { countOf, lengthOf, type Range, Ranges } from '../../ranges';

/** What the names of a partition's files tell. Counts are events unless the name says otherwise. */
export interface PartitionFiles {
  readonly files: number;
  readonly bytes: number;
  readonly events: number;
  readonly quarantined: number;
  /** In files that are all there: ascending, apart from each other. */
  readonly present: Ranges;
  /** Runs of which the file in bronze or in quarantine is missing, or whose counts do not add up to the run. */
  readonly torn: readonly TornRun[];
  /** Numbers that two runs name, a run of which one file is there included. */
  readonly doubled: readonly DoubledRange[];
  /** By the UTC day (days since 1970) on which Event Hubs accepted the events. */
  readonly days: ReadonlyMap<number, DayCount>;
}

export interface TornRun extends Range {
  /** What the files that are there hold. */
  readonly found: number;
}

export interface DoubledRange extends Range {
  /** The UTC day of the run that was listed later. */
  readonly day: number;
}

/** What a partition has of one day: the lowest and the highest number, and lines of files. */
export interface DayCount extends Range {
  readonly events: number;
  readonly quarantined: number;
}

/** Gathers the files of one partition in one incarnation by their names alone, whatever their order. */
export class FoundFiles {
  readonly #open = new Map<string, { readonly run: Range; readonly at: number; found: bigint }>();
  readonly #present = new Ranges();
  readonly #doubled: DoubledRange[] = [];
  readonly #days = new Map<number, DayCount>();
  #files = 0;
  #bytes = 0;
  #events = 0;
  #quarantined = 0;

  note(shelf: Shelf, { first, last, count, firstEnqueuedAt: at }: DataFile, bytes: number): void {
    const quarantined = shelf === 'quarantine' ? count : 0;
    this.#files += 1;
    this.#bytes += bytes;
    this.#events += count;
    this.#quarantined += quarantined;
    const day = utcDay(at);
    const there = this.#days.get(day);
    this.#days.set(day, {
      first: there === undefined || first < there.first ? first : there.first,
      last: there === undefined || last > there.last ? last : there.last,
      events: (there?.events ?? 0) + count,
      quarantined: (there?.quarantined ?? 0) + quarantined,
    });
    const key = `${first}-${last}`;
    const open = this.#open.get(key) ?? { run: { first, last }, at, found: 0n };
    open.found += BigInt(count);
    // A run's two files add up to it; most runs have one, and are done with at once.
    if (open.found === lengthOf(open.run)) {
      this.#open.delete(key);
      this.#arrived(open.run, open.at);
    } else {
      this.#open.set(key, open);
    }
  }

  finish(): PartitionFiles {
    const torn: TornRun[] = [];
    for (const { run, at, found } of this.#open.values()) {
      // What is left of a run while it is merged: its other file went first, or is to come, and its numbers are in others.
      const lacking = this.#present.missingOf(run);
      if (lacking.length === 0) this.#doubled.push({ ...run, day: utcDay(at) });
      // What its other file had held came again, in runs of its own, after the ledger was rebuilt: together they add up.
      else if (BigInt(countOf(lacking)) === found) for (const part of lacking) this.#present.add(part, at);
      else torn.push({ ...run, found: Number(found) });
    }
    return {
      ...{ files: this.#files, bytes: this.#bytes, events: this.#events, quarantined: this.#quarantined },
      ...{ present: this.#present, torn, doubled: this.#doubled, days: this.#days },
    };
  }

  #arrived(run: Range, at: number): void {
    const twice = this.#present.add(run, at);
    if (twice !== null) this.#doubled.push({ ...twice, day: utcDay(at) });
  }
}
