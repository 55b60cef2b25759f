import { cp, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';

const root = path.resolve(__dirname, '../..');

/** Bundle → what it is made of: the functions, the operator's tool, and what stands in for the Functions host. */
const ENTRIES = {
  'dist/functions': 'src/functions/index.ts',
  'dist/lake': 'src/cli/lake.ts',
  'host-process': 'local/host/host-process.ts',
  'worker-process': 'local/host/worker-process.ts',
};

/** The app and its tool in a directory of their own. */
export interface RehearsedApp extends AsyncDisposable {
  readonly directory: string;
  readonly lakeScript: string;
  readonly hostScript: string;
}

/** Builds what a rehearsal runs, and no more: the packages stay outside, which takes a tenth of the time. */
export async function buildRehearsed(): Promise<RehearsedApp> {
  const directory = await realpath(await mkdtemp(path.join(tmpdir(), 'rehearsed-app-')));
  await build({
    entryPoints: Object.entries(ENTRIES).map(([out, entry]) => ({ in: path.join(root, entry), out })),
    outdir: directory,
    ...{ bundle: true, platform: 'node', target: 'node22', format: 'cjs', packages: 'external', logLevel: 'warning' },
  });
  for (const file of ['package.json', 'host.json']) await cp(path.join(root, file), path.join(directory, file));
  await symlink(path.join(root, 'node_modules'), path.join(directory, 'node_modules'));
  return {
    directory,
    lakeScript: path.join(directory, 'dist/lake.js'),
    hostScript: path.join(directory, 'host-process.js'),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}
