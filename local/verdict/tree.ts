import { type ListedFile } from './judge';

interface Day {
  files: number;
  lines: number;
  bytes: number;
}

/** The lake as a tree for people: each day's folder with its files, events and size; thousands of files are one line. */
export function lakeTree(listing: readonly ListedFile[]): string[] {
  const shelves = new Map<string, Map<string, Day>>();
  for (const { path, lines, bytes } of listing) {
    const [shelf = '', ...folders] = path.split('/').slice(0, -1);
    const days = shelves.get(shelf) ?? new Map<string, Day>();
    shelves.set(shelf, days);
    const folder = folders.join('/');
    const day = days.get(folder) ?? { files: 0, lines: 0, bytes: 0 };
    days.set(folder, { files: day.files + 1, lines: day.lines + lines, bytes: day.bytes + bytes });
  }
  const entries = [...shelves];
  return entries.flatMap(([shelf, days], i) => {
    const isLast = i === entries.length - 1;
    const below = isLast ? '   ' : '│  ';
    return [`${isLast ? '└─' : '├─'} ${shelf}/`, ...dayLines(days).map((line) => `${below}${line}`)];
  });
}

function dayLines(days: ReadonlyMap<string, Day>): string[] {
  const width = Math.max(...[...days.keys()].map((folder) => folder.length));
  const entries = [...days].sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([folder, { files, lines, bytes }], i) => {
    const figures = [counted(files, 'file'), counted(lines, 'event'), sizeOf(bytes)].map((text) => text.padStart(14));
    return `${i === entries.length - 1 ? '└─' : '├─'} ${folder.padEnd(width)}${figures.join('')}`;
  });
}

const counted = (n: number, thing: string): string => `${n.toLocaleString('en')} ${thing}${n === 1 ? '' : 's'}`;

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Bytes for people, in powers of ten: `1.2 MB`. */
export function sizeOf(bytes: number): string {
  // Rounded before the unit is chosen: 999,999 bytes are 1.0 MB, not 1000 kB.
  const rounded = Number(bytes.toPrecision(3));
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, rounded)) / 3));
  const value = power === 0 ? bytes : rounded / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[power] ?? ''}`;
}

/** A file's first line, shortened to `width` UTF-16 units at most, a character whole or not at all. */
export function firstLine(bytes: Buffer, width: number): string {
  const end = bytes.indexOf(0x0a);
  const line = bytes.subarray(0, end < 0 ? bytes.length : end).toString('utf8');
  if (line.length <= width) return line;
  const kept = line.slice(0, Math.max(0, width - 1));
  return `${/[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
}
