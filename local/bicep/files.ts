import { glob, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Files, type Lock } from './lock';

export const LOCK = 'infra/main.lock.json';
export const TEMPLATE = 'infra/main.json';

/** The parameters that are tried out, and what becomes of each: every resource, with every expression worked out. */
export const PLANS: Readonly<Record<string, string>> = {
  'infra/main.bicepparam': 'infra/snapshots/azd.json',
  'infra/dev.bicepparam': 'infra/snapshots/dev.json',
  'infra/prod.bicepparam': 'infra/snapshots/prod.json',
  'test/infra/everything.bicepparam': 'infra/snapshots/everything.json',
  'test/infra/replay.bicepparam': 'infra/snapshots/replay.json',
};

export const OUTPUTS: readonly string[] = [TEMPLATE, ...Object.values(PLANS)];

const SOURCES = [
  ...['infra/**/*.bicep', 'infra/**/*.bicepparam', 'infra/bicepconfig.json', 'test/infra/*.bicepparam'],
  ...['infra/monitoring/**/*.kql', 'infra/monitoring/workbook.json'],
];

/** Everything that the compiler reads. */
export async function readSources(root: string): Promise<Files> {
  const paths: string[] = [];
  for await (const path of glob(SOURCES, { cwd: root })) paths.push(path.replaceAll('\\', '/'));
  return await read(root, paths.sort());
}

/** What was compiled last; what is not there is left out. */
export const readOutputs = (root: string): Promise<Files> => read(root, OUTPUTS);

/** Null where there is none. */
export async function readLock(root: string): Promise<Lock | null> {
  const text = (await read(root, [LOCK]))[LOCK];
  return text === undefined ? null : (JSON.parse(text) as Lock);
}

export async function writeFiles(root: string, files: Files): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

async function read(root: string, paths: readonly string[]): Promise<Files> {
  const texts = await Promise.all(paths.map((path) => readFile(join(root, path), 'utf8').catch(unlessMissing)));
  return Object.fromEntries(
    paths.flatMap((path, index) => {
      const text = texts[index];
      return text === undefined ? [] : [[path, text]];
    }),
  );
}

function unlessMissing(thrown: NodeJS.ErrnoException): undefined {
  if (thrown.code !== 'ENOENT') throw thrown;
}
