import { type Fault } from './fault';
import { SETTING_NAMES } from './settings';

/** Names that begin so are this app's: an unknown one has no effect, which nobody who set it expects. */
const OWN =
  /^(EVENTHUB_|STORAGE_CONNECTION_STRING|LAKE_|INGEST_|CAPTURE_|MAINTENANCE_|POSTGRES_EVENTHUB_|MONGODB_EVENTHUB_)/i;

/**
 * Faults for names that look like a setting's and are not: another case, other or missing underscores, up to two letters
 * off, or our own prefix. A misspelt setting would otherwise be ignored and its default used without a word.
 */
export function lookAlikes(names: readonly string[]): readonly Fault[] {
  const known: ReadonlySet<string> = new Set(SETTING_NAMES);
  return names
    .filter((name) => !known.has(name))
    .flatMap((name) => {
      const meant = closest(name);
      if (meant === null && !OWN.test(name)) return [];
      return {
        setting: name,
        found: 'a setting that is not known',
        expected: meant ?? 'a name out of docs/settings.md',
        action: meant === null ? 'Remove it, or correct its name' : `Rename it to ${meant}, or remove it`,
      };
    });
}

/** The setting that `name` was likely meant to be, or null. */
function closest(name: string): string | null {
  const bare = letters(name);
  const distances = SETTING_NAMES.map((setting) => ({ setting, distance: distance(bare, letters(setting)) }));
  const best = distances.reduce((a, b) => (b.distance < a.distance ? b : a));
  return best.distance <= 2 ? best.setting : null;
}

const letters = (name: string): string => name.toUpperCase().replace(/[^A-Z0-9]/g, '');

/** Levenshtein's distance: letters to insert, remove or replace. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3;
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [index, letter] of Array.from(a).entries()) {
    const next = [index + 1];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (row[column - 1] ?? 0) + (letter === b[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
