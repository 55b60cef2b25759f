import { type Source } from '../decode/event';
import { nameOf, parseName, type DataFile, type Shelf } from './names';
import { type Lake } from './port';

export interface FoundPath {
  readonly shelf: Shelf;
  readonly path: string;
  readonly bytes: number;
  /** What its name tells; null where it is no name of ours, or not the one that belongs in its folder. */
  readonly file: DataFile | null;
}

export const SHELVES: readonly Shelf[] = ['bronze', 'quarantine'];

/**
 * The files of a source, or of one of its days, bronze and quarantine beside each other in the order of days: a run's two files come soon
 * after one another, so that whoever waits for the second never holds more than a day's.
 *
 * @param day `2026/11/22`; left out: all of them
 */
export async function* filesOf(lake: Lake, source: Source, day?: string): AsyncGenerator<FoundPath> {
  const shelves = SHELVES.map((shelf) => {
    const folder = `${shelf}/${source}`;
    return { shelf, folder, files: lake.list(day === undefined ? folder : `${folder}/${day}`)[Symbol.asyncIterator]() };
  });
  const heads = await Promise.all(shelves.map(({ files }) => files.next()));
  for (;;) {
    let least: number | null = null;
    for (const [i, head] of heads.entries()) {
      if (head.done !== true && (least === null || keyAt(i) < keyAt(least))) least = i;
    }
    if (least === null) return;
    const { shelf, folder, files } = shelves[least] as (typeof shelves)[number];
    const { path, bytes } = (heads[least] as IteratorYieldResult<{ path: string; bytes: number }>).value;
    heads[least] = await files.next();
    const file = parseName(nameOf(path));
    yield { shelf, path, bytes, file: file !== null && isInPlace(path, folder) ? file : null };
  }

  function keyAt(i: number): string {
    const head = heads[i] as IteratorYieldResult<{ path: string }>;
    return head.value.path.slice(shelves[i]?.folder.length);
  }
}

/** Whether a file is in the folder of the day that its name begins with. By its text: this is asked for each of a million names. */
function isInPlace(path: string, folder: string): boolean {
  const name = nameOf(path);
  const [year, month, day] = [name.slice(5, 9), name.slice(9, 11), name.slice(11, 13)];
  return path === `${folder}/${year}/${month}/${day}/${name}`;
}
