import { type DataFile } from '../../ledger/names';
import { wholeOf, type ShelvedFile, type WholeRun } from './runs';

/** What the names of a run's files tell. */
export type Sighted =
  | { readonly kind: 'whole'; readonly run: WholeRun }
  /** The counts do not add up: a file is missing, or not listed yet. */
  | { readonly kind: 'incomplete'; readonly files: number }
  /** It shares sequence numbers with another run. */
  | { readonly kind: 'overlapping'; readonly files: number };

/**
 * Runs held back at once. Names sort by the time of their first event, then as text: runs of one moment (`9-9`, `10-10`)
 * come in the wrong order, and so may neighbours where a hub's clock was set back.
 */
const MAX_DISORDER = 16;

/**
 * The runs that one partition's files make, told in the order of incarnations and sequence numbers as the listing goes on, with
 * a handful of them in memory. Only whole ones that share no number with any other may be merged: what a name says of the
 * others cannot be proved by names. A run that is listed far behind its place counts as overlapping, and is left.
 */
export class Sighting {
  readonly #tell: (sighted: Sighted) => void;
  /** In order. */
  readonly #early: Run[] = [];
  /** The last in order so far: whether the one behind it shares its numbers is not known yet. */
  #last: Run | null = null;
  /** The run before that reaches farthest: whoever begins before its end meets it. */
  #reach: Run | null = null;

  constructor(tell: (sighted: Sighted) => void) {
    this.#tell = tell;
  }

  add(file: ShelvedFile): void {
    const { incarnation, first, last } = file.file;
    let at = this.#early.length;
    for (let before = this.#early[at - 1]; before !== undefined; before = this.#early[at - 1]) {
      if (before.first === first && before.last === last && before.incarnation === incarnation) {
        before.files.push(file);
        return;
      }
      if (inOrder(before, file.file) <= 0) break;
      at -= 1;
    }
    this.#early.splice(at, 0, { incarnation, first, last, files: [file], meets: false });
    if (this.#early.length > MAX_DISORDER) this.#next(this.#early.shift() as Run);
  }

  /** To be called when there are no more files. */
  finish(): void {
    for (const run of this.#early.splice(0)) this.#next(run);
    if (this.#last !== null) this.#settle(this.#last);
    this.#last = null;
  }

  #next(run: Run): void {
    const reach = this.#reach;
    if (reach?.incarnation === run.incarnation && run.first <= reach.last) {
      // Where it is not the last one, the run behind it has met it before.
      reach.meets = true;
      run.meets = true;
    }
    if (this.#last !== null) this.#settle(this.#last);
    this.#last = run;
    if (reach?.incarnation !== run.incarnation || run.last > reach.last) this.#reach = run;
  }

  #settle({ files, meets }: Run): void {
    const run = meets ? null : wholeOf(files);
    if (run !== null) this.#tell({ kind: 'whole', run });
    else this.#tell({ kind: meets ? 'overlapping' : 'incomplete', files: files.length });
  }
}

interface Run extends Placed {
  readonly last: bigint;
  readonly files: ShelvedFile[];
  meets: boolean;
}

type Placed = Pick<DataFile, 'incarnation' | 'first' | 'last'>;

/** Of two that begin at one number, the longer comes first: it is what the shorter one was merged into. */
function inOrder(a: Placed, b: Placed): number {
  if (a.incarnation !== b.incarnation) return a.incarnation - b.incarnation;
  if (a.first !== b.first) return a.first < b.first ? -1 : 1;
  return a.last === b.last ? 0 : a.last > b.last ? -1 : 1;
}
