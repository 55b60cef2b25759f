import { type Range } from '../../ledger/coverage';
import { type DataFile, type Shelf } from '../../ledger/names';
import { Ranges, lengthOf } from './ranges';

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
  /** Numbers that two runs name. */
  readonly doubled: readonly Range[];
}

export interface TornRun extends Range {
  /** What the files that are there hold. */
  readonly found: number;
}

/** Gathers the files of one partition in one incarnation by their names alone, whatever their order. */
export class FoundFiles {
  readonly #open = new Map<string, { readonly run: Range; found: bigint }>();
  readonly #present = new Ranges();
  readonly #doubled: Range[] = [];
  #files = 0;
  #bytes = 0;
  #events = 0;
  #quarantined = 0;

  note(shelf: Shelf, { first, last, count }: DataFile, bytes: number): void {
    this.#files += 1;
    this.#bytes += bytes;
    this.#events += count;
    if (shelf === 'quarantine') this.#quarantined += count;
    const key = `${first}-${last}`;
    const open = this.#open.get(key) ?? { run: { first, last }, found: 0n };
    open.found += BigInt(count);
    // A run's two files add up to it; most runs have one, and are done with at once.
    if (open.found === lengthOf(open.run)) {
      this.#open.delete(key);
      this.#arrived(open.run);
    } else {
      this.#open.set(key, open);
    }
  }

  finish(): PartitionFiles {
    const torn = [...this.#open.values()].map(({ run, found }) => ({ ...run, found: Number(found) }));
    return {
      ...{ files: this.#files, bytes: this.#bytes, events: this.#events, quarantined: this.#quarantined },
      ...{ present: this.#present, torn, doubled: this.#doubled },
    };
  }

  #arrived(run: Range): void {
    const twice = this.#present.add(run);
    if (twice !== null) this.#doubled.push(twice);
  }
}
