import { type Source } from '../../decode/event';
import { DAY_MS, dayFolder } from '../../time';
import { type MaintenanceLake } from '../port';
import { SHELVES } from './plan';

/** The day folders of a source whose day ended at `endedBy` or before, oldest first. */
export async function closedDays(lake: MaintenanceLake, source: Source, endedBy: number): Promise<string[]> {
  const days = new Set<string>();
  for (const shelf of SHELVES) {
    const root = `${shelf}/${source}`;
    for await (const year of lake.folders(root)) {
      for await (const month of lake.folders(`${root}/${year}`)) {
        for await (const day of lake.folders(`${root}/${year}/${month}`)) days.add(`${year}/${month}/${day}`);
      }
    }
  }
  return [...days].filter((day) => isClosed(day, endedBy)).sort();
}

/** Whether `day` is a day folder (`2026/11/22`) whose day ended at `endedBy` or before. */
export function isClosed(day: string, endedBy: number): boolean {
  const begin = Date.parse(day.replaceAll('/', '-'));
  return !Number.isNaN(begin) && dayFolder(begin) === day && begin + DAY_MS <= endedBy;
}
