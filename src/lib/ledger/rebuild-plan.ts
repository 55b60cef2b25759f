import { type Coverage } from './coverage';
import { type PendingFile } from './ledger';
import { dataPath, nameOf, parseName, parseStagedName, type DataFile, type Shelf } from './names';
import { type Source } from '../decode/event';
import { joined, lengthOf, missingOf, type Range, Ranges, rangeText } from '../ranges';

/** A data file that readers can see. */
export interface Published {
  readonly path: string;
  readonly shelf: Shelf;
  readonly file: DataFile;
  readonly bytes: number;
}

/** A staged file, under a name that no writer of before knows. */
export interface Waiting extends Published {
  /** The attempt that staged it: only files of one attempt make a run whole. */
  readonly attempt: string;
}

/** What the file names tell. */
export interface Findings {
  /** Runs whose files are all there: bronze and quarantine counts add up. */
  readonly whole: readonly Range[];
  /** Runs of which a file is missing: only the lines of the files that are there can tell what is covered. */
  readonly torn: readonly (Range & { readonly paths: readonly string[] })[];
  /** Staged files that complete the lake: committed once, or never; either way their events are nowhere else. */
  readonly adopted: readonly PendingFile[];
}

/** Judges published and staged files of one hub partition by their names. */
export function findingsOf(source: Source, published: readonly Published[], waiting: readonly Waiting[]): Findings {
  const whole: Range[] = [];
  const torn: (Range & { paths: readonly string[] })[] = [];
  const adopted: PendingFile[] = [];
  const adopt = (file: Waiting): void => {
    adopted.push({ staged: file.path, final: dataPath(file.shelf, source, file.file) });
  };
  const runs = byRun(published, () => '');
  const shared = sharedBy(runs);
  const parts = Map.groupBy(waiting, ({ file }) => rangeText(file));
  for (const files of runs) {
    const run = files[0]?.file as DataFile;
    const missing = Number(lengthOf(run)) - countOf(files);
    // Of a run that shares numbers with another, what is missing may have landed in that one since: its lines are read.
    const part =
      missing > 0 && !shared.meets(run)
        ? parts
            .get(rangeText(run))
            ?.find(({ file, shelf }) => file.count === missing && !files.some((there) => there.shelf === shelf))
        : undefined;
    if (part !== undefined) adopt(part);
    if (missing <= 0 || part !== undefined) whole.push({ first: run.first, last: run.last });
    else torn.push({ first: run.first, last: run.last, paths: files.map(({ path }) => path) });
  }
  const taken = Ranges.of([...whole, ...torn]);
  for (const files of byRun(waiting, ({ attempt }) => attempt)) {
    const run = files[0]?.file as DataFile;
    if (countOf(files) !== Number(lengthOf(run)) || taken.meets(run)) continue;
    files.forEach(adopt);
    whole.push({ first: run.first, last: run.last });
    taken.add(run);
  }
  return { whole, torn, adopted };
}

/** The coverage that ranges make together, where they may overlap; null for none. */
export function union(ranges: readonly Range[], noticedAt: number): Coverage | null {
  const covered = joined(ranges);
  const [start, last] = [covered[0]?.first, covered.at(-1)?.last];
  if (start === undefined || last === undefined) return null;
  const gaps = missingOf(covered, { first: start, last }).map((gap) => ({ ...gap, noticedAt }));
  return { start, last, gaps };
}

/** Reads what a listing of a shelf or of the staging folder says; strangers are left out. */
export function readPublished(
  shelf: Shelf,
  listed: { readonly path: string; readonly bytes: number },
): Published | null {
  const file = parseName(nameOf(listed.path));
  return file === null ? null : { ...listed, shelf, file };
}

/** As {@link readPublished}, for the staging folder. */
export function readWaiting(listed: { readonly path: string; readonly bytes: number }): Waiting | null {
  const staged = parseStagedName(nameOf(listed.path));
  return staged === null ? null : { ...listed, shelf: staged.shelf, file: staged.file, attempt: staged.id };
}

function byRun<T extends Published>(files: readonly T[], also: (file: T) => string): T[][] {
  const runs = Map.groupBy(files, (item) => `${rangeText(item.file)} ${also(item)}`);
  return [...runs.values()];
}

function countOf(files: readonly Published[]): number {
  return files.reduce((total, { file }) => total + file.count, 0);
}

/** The numbers that several runs name. */
function sharedBy(runs: readonly (readonly Published[])[]): Ranges {
  const [seen, shared] = [new Ranges(), new Ranges()];
  for (const [head] of runs) {
    const twice = head === undefined ? null : seen.add(head.file);
    if (twice !== null) shared.add(twice);
  }
  return shared;
}
