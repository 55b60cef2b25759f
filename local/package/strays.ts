import { type StagedFile } from './stage';

/** What must never be sent, and why. */
const STAYS_HOME: readonly (readonly [RegExp, string])[] = [
  [/(^|\/)node_modules\//, 'a package: the bundle carries its own'],
  [/^(test|infra|local|bench|docs|coverage)\//, 'no part of the app'],
  [/(^|\/)\.env(\.|$)/, 'settings of this machine'],
  [/(^|\/)local\.settings\.json/, 'settings of this machine'],
  [/\.(pem|pfx|key|p12)$/, 'a key or a certificate'],
  [/\.[cm]?tsx?$/, 'a source'],
  [/^src\//, 'a source'],
  [/(^|\/)package-lock\.json$/, 'no part of the app'],
  [/(^|\/)\.[^/]+/, 'a hidden file'],
  [/\.log$/, 'a log'],
];

const MAP: readonly [RegExp, string] = [/\.map$/, 'a source map: --maps lets it in'];

/** What should stay home and would be sent, a line each: path and why. */
export function straysIn(files: readonly StagedFile[], mapsMayBeIn: boolean): string[] {
  const rules = mapsMayBeIn ? STAYS_HOME : [...STAYS_HOME, MAP];
  return files.flatMap(({ path }) => {
    const rule = rules.find(([pattern]) => pattern.test(path));
    return rule === undefined ? [] : [`${path}: ${rule[1]}`];
  });
}

/** What is published of code. */
export const BUNDLES = ['dist/functions.js', 'dist/telemetry.js'] as const;

/** What the app cannot do without. */
export function lacking(files: readonly StagedFile[]): string[] {
  const there = new Set(files.map(({ path }) => path));
  return ['host.json', 'package.json', ...BUNDLES.flatMap((file) => [file, `${file}.LICENSES.txt`]), 'dist/status.html']
    .filter((path) => !there.has(path))
    .map((path) => `${path} is missing`);
}
