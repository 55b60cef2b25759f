import { type Source } from '../../decode/event';
import { dayPath, nameOf, parentOf, parseName, type DataFile, type Shelf } from '../../ledger/names';
import { DAY_MS } from '../../time';
import { type ListedFile } from '../port';

/** A data file as a listing tells it. */
export interface ShelvedFile extends ListedFile {
  readonly shelf: Shelf;
  readonly file: DataFile;
  /** How many names of its shelf's day were listed before it. */
  readonly place: number;
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

/** Where a day's files are on one shelf. */
export interface DayShelf {
  readonly shelf: Shelf;
  readonly folder: string;
  /** UTC ms */
  readonly beginsAt: number;
}

/** @param day `2026/11/22` */
export function dayShelf(shelf: Shelf, source: Source, day: string): DayShelf {
  return { shelf, folder: dayPath(shelf, source, day), beginsAt: Date.parse(day.replaceAll('/', '-')) };
}

/**
 * Reads a listed file's name. Null for a stranger: no name of ours, or not of this day, or in a folder of its own.
 *
 * @param place how many names of its shelf's day were listed before it
 */
export function shelved({ shelf, folder, beginsAt }: DayShelf, listed: ListedFile, place: number): ShelvedFile | null {
  const { path } = listed;
  const file = parentOf(path) === folder ? parseName(nameOf(path)) : null;
  if (file === null || file.firstEnqueuedAt < beginsAt || file.firstEnqueuedAt >= beginsAt + DAY_MS) return null;
  return { ...listed, shelf, file, place };
}

/** The files of a run, which are at least one, as a whole; null when their counts do not add up. */
export function wholeOf(files: readonly ShelvedFile[]): WholeRun | null {
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

/** How many files the runs have. */
export function countFiles(runs: readonly WholeRun[]): number {
  return runs.reduce(
    (total, { bronze, quarantine }) => total + (bronze === null ? 0 : 1) + (quarantine === null ? 0 : 1),
    0,
  );
}
