import { utc } from '@date-fns/utc';
import { format, parse } from 'date-fns';

// date-fns formats the machine's local time unless told otherwise; every format in this project goes through here.

const STAMP = "yyyyMMdd'T'HHmmssSSS";

/** `20261122T235959998Z`: the timestamp in a file's name. */
export function formatStamp(ms: number): string {
  return `${format(ms, STAMP, { in: utc })}Z`;
}

/** The inverse of {@link formatStamp}: UTC milliseconds, or null when `text` is not such a timestamp. */
export function parseStamp(text: string): number | null {
  if (!/^\d{8}T\d{9}Z$/.test(text)) return null;
  const ms = parse(text.slice(0, -1), STAMP, 0, { in: utc }).getTime();
  return Number.isNaN(ms) ? null : ms;
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
