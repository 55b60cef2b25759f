import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { read, root } from './compare';

/** Where the words that a script takes are defined. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  lake: ['src/cli/lake.ts', 'src/cli/lake'],
  capture: ['src/cli/capture.ts'],
  package: ['local/package/command.ts'],
};

/** The words of a command line that its script does not know: its first word and its options. */
export function unknownWords(script: string, words: readonly string[]): readonly string[] {
  const places = COMMANDS[script];
  if (places === undefined) return [`npm run ${script} -- …: nobody knows where its options are defined`];
  const code = places.map(codeAt).join('\n');
  const [first = '', ...rest] = words;
  const isCommand = first === '' || first.startsWith('-') || new RegExp(`['"]${first}['"]|\\b${first}:`).test(code);
  const unknown = [first, ...rest].filter((word) => word.startsWith('--') && !new RegExp(`['"]${word}\\b`).test(code));
  return [...(isCommand ? [] : [first]), ...unknown].map((word) => `npm run ${script} -- ${word} does not exist`);
}

function codeAt(path: string): string {
  if (path.endsWith('.ts')) return read(path);
  return readdirSync(join(root, path))
    .map((file) => read(`${path}/${file}`))
    .join('\n');
}
