import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root = resolve(__dirname, '../..');
export const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** A rule about a document: what breaks it, a line each; none when it holds. */
export type Check = (text: string) => readonly string[];

export const without = (found: readonly string[], known: Iterable<string>, what: string): readonly string[] => {
  const all = new Set(known);
  return [...new Set(found)].filter((name) => !all.has(name)).map((name) => `${what}: ${name} is not known`);
};
export const matches = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, name = '']) => name);

export function differences(found: readonly string[], wanted: readonly string[]): readonly string[] {
  return [
    ...found.filter((text) => !wanted.includes(text)).map((text) => `too much: ${text}`),
    ...wanted.filter((text) => !found.includes(text)).map((text) => `missing: ${text}`),
  ];
}

/** The functions that the app registers. */
export function registered(): readonly string[] {
  const folder = join(root, 'src/functions');
  return readdirSync(folder).flatMap((file) =>
    matches(readFileSync(join(folder, file), 'utf8'), /app\.(?:generic|timer|http)\('(\w+)'/g),
  );
}
