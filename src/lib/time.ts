import { utc } from '@date-fns/utc';
import { format } from 'date-fns';

// date-fns formats the machine's local time unless told otherwise; every format in this project goes through here.

/** `20261122T235959998Z`: the timestamp in a file's name. */
export function formatStamp(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:.]/g, '');
}

/** The inverse of {@link formatStamp}: UTC milliseconds, or null when `text` is not such a timestamp. */
export function parseStamp(text: string): number | null {
  if (!/^\d{8}T\d{9}Z$/.test(text)) return null;
  // A million names are read at once; date-fns takes ten times as long to parse one.
  const part = (from: number, to: number): number => Number(text.slice(from, to));
  const [year, month, day] = [part(0, 4), part(4, 6), part(6, 8)];
  const ms = Date.UTC(year, month - 1, day, part(9, 11), part(11, 13), part(13, 15), part(15, 18));
  // What is no time (February 30, or 25 o'clock) has become another one.
  return formatStamp(ms) === text ? ms : null;
}

/** `2026/11/22`: the day folder of a moment, in UTC. */
export function dayFolder(ms: number): string {
  return format(ms, 'yyyy/MM/dd', { in: utc });
}

/** A number that is equal for two moments exactly when their UTC days are. */
export function utcDay(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

/** The day folders from the day of `fromMs` to the day of `toMs`, both included, oldest first. */
export function dayFolders(fromMs: number, toMs: number): string[] {
  const folders: string[] = [];
  for (let day = utcDay(fromMs); day <= utcDay(toMs); day += 1) folders.push(dayFolder(day * DAY_MS));
  return folders;
}

export const DAY_MS = 86_400_000;
