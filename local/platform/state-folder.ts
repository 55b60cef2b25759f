import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** The format of everything that the platform keeps in its folder; raised by whatever makes older state unreadable. */
export const STATE_FORMAT = 1;
export const FORMAT_FILE = 'state-format';

/** What the platform puts into its folder. */
const PARTS = [FORMAT_FILE, 'storage', 'event-hubs', 'postgres', 'mongodb'];

/**
 * Makes the folder of a platform's state, or finds in it the state of this format.
 *
 * @param fresh whether to delete what is there first
 * @throws Error where the folder holds anything else
 */
export async function openStateFolder(folder: string, fresh = false): Promise<void> {
  await mkdir(folder, { recursive: true });
  // `--folder ~ --fresh` must not delete a home directory.
  const foreign = (await readdir(folder)).find((name) => !PARTS.includes(name));
  if (foreign !== undefined)
    throw new Error(`${folder} holds more than the platform's state ("${foreign}"): name another folder with --folder`);
  if (fresh) for (const part of PARTS) await rm(path.join(folder, part), { recursive: true, force: true });
  const file = path.join(folder, FORMAT_FILE);
  if ((await readdir(folder)).length === 0) await writeFile(file, `${STATE_FORMAT}\n`);
  const found = await readFile(file, 'utf8').then(
    (text) => text.trim(),
    () => 'none',
  );
  if (found === String(STATE_FORMAT)) return;
  throw new Error(
    `${folder} holds state of another version (format ${found}, expected ${STATE_FORMAT}), which is not read. Begin without it: ` +
      `npm start -- --fresh${folder === DEFAULT_FOLDER ? '' : ` --folder ${folder}`}, which deletes that state.`,
  );
}

/** Where state is kept when the command line does not say. */
export const DEFAULT_FOLDER = '.platform';
