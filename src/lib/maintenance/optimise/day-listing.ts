import { type Source } from '../../decode/event';
import { type MaintenanceLake } from '../port';
import { SHELVES } from './plan';
import { dayShelf, shelved, type DayShelf, type ShelvedFile } from './runs';

/** A data file, or somebody else's. */
export type Listed = ShelvedFile | 'stranger';

/**
 * One listing of a day, a page in memory at a time: bronze and quarantine side by side, by the times in their names, so that a run's
 * two files come close to each other.
 *
 * @throws what the lake throws
 */
export async function* listDay(files: MaintenanceLake, source: Source, day: string): AsyncGenerator<Listed> {
  const shelves = SHELVES.map((shelf) => listShelf(files, dayShelf(shelf, source, day)));
  try {
    const heads = [];
    for (const shelf of shelves) heads.push({ shelf, next: await shelf.next() });
    for (;;) {
      const waiting = heads.filter(({ next }) => next.done !== true);
      const [first, second] = waiting;
      if (first === undefined) return;
      const head = second !== undefined && timeOf(second.next.value) < timeOf(first.next.value) ? second : first;
      yield head.next.value as Listed;
      head.next = await head.shelf.next();
    }
  } finally {
    for (const shelf of shelves) await shelf.return(undefined);
  }
}

async function* listShelf(files: MaintenanceLake, of: DayShelf): AsyncGenerator<Listed, undefined> {
  let place = 0;
  for await (const listed of files.list(of.folder)) {
    yield shelved(of, listed, place) ?? 'stranger';
    place += 1;
  }
}

function timeOf(listed: Listed | undefined): number {
  return typeof listed === 'object' ? listed.file.firstEnqueuedAt : -Infinity;
}
