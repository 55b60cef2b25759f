import { execFile } from 'node:child_process';
import { cp, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const root = resolve(__dirname, '../..');

/** The built app in a directory of its own: nothing above it holds a node_modules. */
export interface BuiltApp extends AsyncDisposable {
  readonly directory: string;
  /** The worker's process, for SpawnedWorker. */
  readonly workerScript: string;
}

/** Builds into a new directory what would be published, and the worker beside it. */
export async function buildApp(): Promise<BuiltApp> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'built-app-')));
  await promisify(execFile)(process.execPath, [join(root, 'local/build.mjs'), join(directory, 'dist')], { cwd: root });
  for (const file of ['package.json', 'host.json']) await cp(join(root, file), join(directory, file));
  return {
    directory,
    workerScript: join(directory, 'dist', 'worker-process.js'),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}
