import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type LakeFile } from '../verdict/read-lake';

/** A folder of its own in the system's temporary one, gone when disposed of. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'change-lake-rebuild-'));
  return { path: folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/**
 * Writes those files of a lake that its rows are made of: `bronze/…` and `claims/…`.
 *
 * @throws Error where a path leads out of the folder
 */
export async function writeLake(folder: string, files: Iterable<LakeFile> | AsyncIterable<LakeFile>): Promise<void> {
  for await (const { path: name, bytes } of files) {
    if (!/^(bronze|claims)\//.test(name)) continue;
    const file = path.join(folder, name);
    if (path.relative(folder, file).startsWith('..')) throw new Error(`${name} is no path in a lake`);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
}

export interface LakeGlobs {
  readonly bronze: string;
  readonly claims: string;
}

/** The globs of a lake's files below a folder, whatever characters its own name has. */
export function lakeGlobs(folder: string): LakeGlobs {
  const root = path.resolve(folder).replaceAll(/[*?[\\]/g, '[$&]');
  return { bronze: `${root}/bronze/*/*/*/*/data_*.json`, claims: `${root}/claims/**` };
}
