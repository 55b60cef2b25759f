import { type Source } from '../../decode/event';
import { dayPath, nameOf, parseName, type DataFile, type Shelf } from '../../ledger/names';
import { type ListedFile, type MaintenanceLake } from '../port';

/** A data file as a listing tells it. */
export interface DeepFile extends ListedFile {
  readonly shelf: Shelf;
  readonly file: DataFile;
}

/** The files of one run as names tell of them: of bronze, of quarantine, or both; seldom more, of two hubs. */
export type RunFiles = readonly [DeepFile, ...DeepFile[]];

/** A shelf's data files of a day (`2026/11/22`), in the order of their names; what bears no name of ours is left out. */
export async function* shelfOf(
  lake: MaintenanceLake,
  shelf: Shelf,
  source: Source,
  day: string,
): AsyncGenerator<DeepFile> {
  for await (const listed of lake.list(dayPath(shelf, source, day))) {
    const file = parseName(nameOf(listed.path));
    if (file !== null) yield { ...listed, shelf, file };
  }
}

/**
 * The runs of a day, whose names are alike in bronze and quarantine but for the count at the end: so both listings have them in one
 * order, and a day of any number of files takes no more memory than a page of names.
 */
export async function* runsOfDay(lake: MaintenanceLake, source: Source, day: string): AsyncGenerator<RunFiles> {
  const shelves = [shelfOf(lake, 'bronze', source, day), shelfOf(lake, 'quarantine', source, day)] as const;
  try {
    let [bronze, quarantine] = [await shelves[0].next(), await shelves[1].next()];
    let run: DeepFile[] = [];
    for (;;) {
      const [left, right] = [fileOf(bronze), fileOf(quarantine)];
      const isLeft = left !== null && (right === null || runKey(left) <= runKey(right));
      const next = isLeft ? left : right;
      const [head, ...others] = run;
      if (head !== undefined && (next === null || runKey(next) !== runKey(head))) {
        yield [head, ...others];
        run = [];
      }
      if (next === null) return;
      run.push(next);
      if (isLeft) bronze = await shelves[0].next();
      else quarantine = await shelves[1].next();
    }
  } finally {
    await Promise.all(shelves.map((shelf) => shelf.return(undefined)));
  }
}

function fileOf(result: IteratorResult<DeepFile, unknown>): DeepFile | null {
  return result.done === true ? null : result.value;
}

/** The path below the day's folder, without the count. */
function runKey({ path, shelf }: DeepFile): string {
  return path.slice(shelf.length, path.lastIndexOf('_') + 1);
}
