import { type DataFilePath } from './data-file';
import { type Problems } from './problem';

/** What was found of one partition in one incarnation of its hub. Counts are events unless the name says otherwise. */
export interface PartitionFound {
  readonly hub: string;
  readonly partition: string;
  readonly incarnation: number;
  /** The lowest and the highest sequence number found. */
  readonly first: string;
  readonly last: string;
  readonly events: number;
  readonly quarantined: number;
  readonly files: number;
  /** Ranges between first and last that are in no file: `17-23`. */
  readonly holes: readonly string[];
}

/** Whose lines they are: a file's name tells the partition, its lines the namespace and the hub. */
export interface PartitionName {
  readonly namespace: string;
  readonly hub: string;
  readonly partition: string;
  readonly incarnation: number;
}

/** The files that bear the same range: one in bronze, one in quarantine, or either. */
interface Run {
  lines: number;
  readonly range: bigint;
  readonly stamp: string;
}

interface Tally {
  readonly name: PartitionName;
  readonly sequences: Set<bigint>;
  readonly runs: Map<string, Run>;
  quarantined: number;
  files: number;
}

/** Gathers which sequence numbers of each partition are in which files. */
export class Partitions {
  readonly #tallies = new Map<string, Tally>();
  readonly #problems: Problems;

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  /** Notes a line's sequence number; whether another line has it, too. */
  isRepeat(name: PartitionName, sequence: bigint, path: string): boolean {
    const { sequences } = this.#tally(name);
    const isRepeat = sequences.has(sequence);
    if (isRepeat) this.#problems.add('sequence_twice', path, `${sequence} is in another line, too`);
    sequences.add(sequence);
    return isRepeat;
  }

  /** Notes a whole file, which holds lines of this partition. */
  file(name: PartitionName, path: string, file: DataFilePath, lines: number): void {
    const tally = this.#tally(name);
    tally.files += 1;
    if (file.shelf === 'quarantine') tally.quarantined += lines;
    const key = `${file.first}-${file.last}`;
    const run = tally.runs.get(key) ?? { lines: 0, range: file.last - file.first + 1n, stamp: file.stamp };
    run.lines += lines;
    if (run.stamp !== file.stamp) this.#problems.add('wrong_day', path, `its run's other file tells ${run.stamp}`);
    tally.runs.set(key, run);
  }

  /** Judges each partition as a whole, once every file was noted. */
  finish(): PartitionFound[] {
    return [...this.#tallies.values()].map((tally) => this.#judged(tally)).sort(byName);
  }

  #judged({ name, sequences, runs, quarantined, files }: Tally): PartitionFound {
    const { hub, partition, incarnation } = name;
    const where = `${hub}/${partition}${incarnation === 1 ? '' : `, incarnation ${incarnation}`}`;
    for (const [run, { lines, range }] of runs) {
      if (BigInt(lines) === range) continue;
      this.#problems.add('run_incomplete', where, `the files of ${run} hold ${lines} lines, not ${range}`);
    }
    const sorted = [...sequences].sort((a, b) => (a < b ? -1 : 1));
    const holes = holesIn(sorted);
    for (const hole of holes) this.#problems.add('hole', where, `${hole} is in no file`);
    const [first, last] = [sorted[0], sorted.at(-1)].map(String) as [string, string];
    return { hub, partition, incarnation, first, last, events: sorted.length, quarantined, files, holes };
  }

  #tally(name: PartitionName): Tally {
    const key = JSON.stringify([name.namespace, name.hub, name.incarnation, name.partition]);
    const found = this.#tallies.get(key);
    if (found !== undefined) return found;
    const tally: Tally = { name, sequences: new Set(), runs: new Map(), quarantined: 0, files: 0 };
    this.#tallies.set(key, tally);
    return tally;
  }
}

function holesIn(sorted: readonly bigint[]): string[] {
  return sorted.flatMap((sequence, i) => {
    const before = sorted[i - 1];
    return before === undefined || sequence - before <= 1n ? [] : [`${before + 1n}-${sequence - 1n}`];
  });
}

function byName(a: PartitionFound, b: PartitionFound): number {
  return a.hub.localeCompare(b.hub) || Number(a.partition) - Number(b.partition) || a.incarnation - b.incarnation;
}
