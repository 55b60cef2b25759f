import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { codesIn, type Vocabulary, vocabularyWith } from '../../local/kql/vocabulary';

export const root = resolve(__dirname, '../..');
export const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const FOLDER = 'infra/monitoring/queries';

/** Every query by its name, `alerts/…` for those of rules. */
export function readQueries(): Readonly<Record<string, string>> {
  const names = ['.', 'alerts'].flatMap((folder) =>
    readdirSync(join(root, FOLDER, folder))
      .filter((name) => name.endsWith('.kql'))
      .map((name) =>
        join(folder, name)
          .replaceAll('\\', '/')
          .replace(/\.kql$/, ''),
      ),
  );
  return Object.fromEntries(names.sort().map((name) => [name, read(`${FOLDER}/${name}.kql`)]));
}

export const vocabulary = (): Vocabulary => vocabularyWith(codesIn(read('src/lib/errors.ts')));
