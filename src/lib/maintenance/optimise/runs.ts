import { nameOf, parseName, type DataFile, type Shelf } from '../../ledger/names';
import { type ListedFile } from '../port';

/** A data file as a listing tells it. */
export interface ShelvedFile extends ListedFile {
  readonly shelf: Shelf;
  readonly file: DataFile;
}

/** A contiguous run of events and its one or two files, whose counts add up to its length. */
export interface WholeRun {
  readonly first: bigint;
  readonly last: bigint;
  readonly firstEnqueuedAt: number;
  readonly partition: string;
  readonly incarnation: number;
  readonly bronze: ShelvedFile | null;
  readonly quarantine: ShelvedFile | null;
}

/** What the names of one partition's day tell, in the order of incarnations and sequence numbers. */
export interface Sighting {
  readonly whole: readonly WholeRun[];
  /** Files of runs whose counts do not add up: a file is missing, or not listed yet. */
  readonly incomplete: readonly ShelvedFile[];
  /** Files of runs that share sequence numbers with another run. */
  readonly overlapping: readonly ShelvedFile[];
}

/** Reads a listed file's name; null for a stranger. */
export function shelved(shelf: Shelf, listed: ListedFile): ShelvedFile | null {
  const file = parseName(nameOf(listed.path));
  return file === null ? null : { ...listed, shelf, file };
}

/**
 * The runs that the files make. Only whole ones that share no number with any other may be merged: what a name says of
 * the others cannot be proved by names.
 */
export function sight(files: readonly ShelvedFile[]): Sighting {
  const runs = [...Map.groupBy(files, ({ file }) => `${file.incarnation} ${file.first}-${file.last}`).values()];
  const overlapping = overlappingOf(runs);
  const apart = runs.filter((run) => !overlapping.has(run));
  const whole = apart.flatMap((run) => wholeOf(run) ?? []);
  const incomplete = apart.filter((run) => wholeOf(run) === null);
  return { whole: whole.sort(inOrder), incomplete: incomplete.flat(), overlapping: [...overlapping].flat() };
}

/** The files of a run, which are at least one. */
function wholeOf(files: readonly ShelvedFile[]): WholeRun | null {
  const of = (shelf: Shelf): ShelvedFile[] => files.filter((file) => file.shelf === shelf);
  const [bronze, quarantine] = [of('bronze'), of('quarantine')];
  const { file } = files[0] as ShelvedFile;
  const count = files.reduce((total, each) => total + each.file.count, 0);
  const isWhole =
    bronze.length <= 1 &&
    quarantine.length <= 1 &&
    BigInt(count) === file.last - file.first + 1n &&
    files.every((each) => each.file.firstEnqueuedAt === file.firstEnqueuedAt && each.bytes > 0 && each.file.count > 0);
  if (!isWhole) return null;
  const { first, last, firstEnqueuedAt, partition, incarnation } = file;
  return {
    first,
    last,
    firstEnqueuedAt,
    partition,
    incarnation,
    bronze: bronze[0] ?? null,
    quarantine: quarantine[0] ?? null,
  };
}

/** The runs that meet another run of their incarnation. */
function overlappingOf(runs: readonly ShelvedFile[][]): Set<ShelvedFile[]> {
  const found = new Set<ShelvedFile[]>();
  const ascending = runs.map((files) => ({ files, ...(files[0] as ShelvedFile).file })).sort(inOrder);
  // The one before that reaches farthest: whoever begins before its end meets it.
  let reach: (typeof ascending)[number] | undefined;
  for (const run of ascending) {
    const meets = reach?.incarnation === run.incarnation && run.first <= reach.last;
    if (meets && reach !== undefined) found.add(reach.files).add(run.files);
    if (!meets || reach === undefined || run.last > reach.last) reach = run;
  }
  return found;
}

type Placed = Pick<DataFile, 'incarnation' | 'first'>;

function inOrder(a: Placed, b: Placed): number {
  if (a.incarnation !== b.incarnation) return a.incarnation - b.incarnation;
  return a.first < b.first ? -1 : a.first > b.first ? 1 : 0;
}
