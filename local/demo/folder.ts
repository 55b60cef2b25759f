import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openStateFolder } from '../platform/state-folder';

/** Where `--keep` keeps the state, as `npm run local -- --folder` takes it. */
export const KEPT_FOLDER = '.demo';

/** A folder for the state of one run: new, and gone with the run unless it is kept. */
export async function stateFolder(keep: boolean): Promise<AsyncDisposable & { readonly path: string }> {
  if (keep) {
    await openStateFolder(KEPT_FOLDER, true);
    return { path: KEPT_FOLDER, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'change-lake-demo-'));
  return { path: folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
