import { cp, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** A file that would be sent, by its path from the root, with `/`. */
export interface StagedFile {
  readonly path: string;
  readonly bytes: number;
}

/**
 * Copies into `out`, emptied before, each file below `root` that `publishes` lets through: the core tools zip the folder as it
 * stands. They look into every folder, and so does this.
 */
export async function stagePackage(
  root: string,
  out: string,
  publishes: (path: string) => boolean,
): Promise<StagedFile[]> {
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const files: StagedFile[] = [];
  const own = relative(root, out);
  for (const path of await filesBelow(root)) {
    if (!publishes(path) || path.startsWith(`${own}/`)) continue;
    const [from, to] = [join(root, path), join(out, path)];
    await mkdir(dirname(to), { recursive: true });
    await cp(from, to);
    files.push({ path, bytes: (await stat(to)).size });
  }
  return files;
}

async function filesBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
}
