import { type DeepFile } from './deep-file';
import { type Range } from '../../ranges';

interface Missed {
  readonly file: DeepFile;
  looks: number;
  isReplaced: boolean;
}

/** Files that went before they could be read, until a listing shows what has taken their place. */
export class GoneFiles {
  readonly #maxLooks: number;
  #missed = new Map<string, Missed[]>();

  /** @param maxLooks listings in which nothing may take a file's place before it counts as lost */
  constructor(maxLooks: number) {
    this.#maxLooks = maxLooks;
  }

  add(file: DeepFile): void {
    const key = placeOf(file);
    const there = this.#missed.get(key) ?? [];
    there.push({ file, looks: 0, isReplaced: false });
    this.#missed.set(key, there);
  }

  /** Whether `file` has taken the place of one that went. */
  isReplacedBy(file: DeepFile): boolean {
    const covered = (this.#missed.get(placeOf(file)) ?? []).filter((missed) => isIn(missed.file.file, file.file));
    for (const missed of covered) missed.isReplaced = true;
    return covered.length > 0;
  }

  /** After a whole listing: forgets those that were replaced; returns those that were missed too often, and forgets them. */
  looked(): DeepFile[] {
    const lost: DeepFile[] = [];
    for (const [key, all] of this.#missed) {
      const still = all.filter(({ isReplaced }) => !isReplaced);
      for (const missed of still) missed.looks += 1;
      lost.push(...still.filter(({ looks }) => looks >= this.#maxLooks).map(({ file }) => file));
      const kept = still.filter(({ looks }) => looks < this.#maxLooks);
      if (kept.length === 0) this.#missed.delete(key);
      else this.#missed.set(key, kept);
    }
    return lost;
  }

  get isEmpty(): boolean {
    return this.#missed.size === 0;
  }
}

const placeOf = ({ shelf, file }: DeepFile): string => `${shelf} ${file.partition} ${file.incarnation}`;

const isIn = (inner: Range, outer: Range): boolean => inner.first >= outer.first && inner.last <= outer.last;
