import { type DataFile } from './names';
import { type FoundPath } from './shelves';

/** A data file whose name is ours. */
export type NamedFile = FoundPath & { readonly file: DataFile };

/** Files of one hub partition, each of which begins where the one before it ends. */
export interface Chain<T> {
  readonly owner: T;
  /** The file whose first line told the owner, and the last one that follows. */
  readonly first: NamedFile;
  last: NamedFile;
}

/**
 * Whose the files of several hubs are, told by their names where a name alone does not tell it. The numbers of a hub partition follow one
 * another, file by file in the order of time: so a file that begins just where another one ends is its hub's, too. Only where a chain begins
 * must a first line be read, and at its end once more: a file of another hub that happens to fit begins a chain of its own behind it, or it
 * is the end. It would stay hidden only where it fits exactly into a hole that the other hub's files have.
 */
export class Chains<T> {
  readonly #byNext = new Map<string, Chain<T>>();
  readonly #all = new Set<Chain<T>>();
  readonly #byRun = new Map<string, Chain<T>>();

  /** The chain that a file belongs to, longer by it; null where it begins one. Files in the order of their names. */
  follow(found: NamedFile): Chain<T> | null {
    const twin = this.#byRun.get(runKey(found.file));
    if (twin !== undefined && twin.last.shelf !== found.shelf) return twin;
    const chain = this.#byNext.get(nextKey(found.file, found.file.first));
    if (chain === undefined) return null;
    this.#forget(chain);
    chain.last = found;
    this.#note(chain);
    return chain;
  }

  begin(found: NamedFile, owner: T): void {
    const chain = { owner, first: found, last: found };
    this.#all.add(chain);
    this.#note(chain);
  }

  /** Those whose last file is not the one that was read. */
  ends(): Chain<T>[] {
    return [...this.#all].filter(({ first, last }) => first !== last);
  }

  #note(chain: Chain<T>): void {
    this.#byNext.set(nextKey(chain.last.file, chain.last.file.last + 1n), chain);
    this.#byRun.set(runKey(chain.last.file), chain);
  }

  #forget(chain: Chain<T>): void {
    this.#byNext.delete(nextKey(chain.last.file, chain.last.file.last + 1n));
    this.#byRun.delete(runKey(chain.last.file));
  }
}

const nextKey = ({ partition, incarnation }: DataFile, first: bigint): string => `${partition} ${incarnation} ${first}`;

/** A run's two files differ in shelf and count alone. */
const runKey = ({ partition, incarnation, first, last, firstEnqueuedAt }: DataFile): string =>
  `${partition} ${incarnation} ${first} ${last} ${firstEnqueuedAt}`;
