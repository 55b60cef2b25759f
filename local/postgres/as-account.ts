import { statSync } from 'node:fs';
import path from 'node:path';
import { type Account } from './account';

/** A program to run as somebody, for `spawn` or `execFile`. */
export interface Runnable {
  readonly file: string;
  readonly args: readonly string[];
  readonly account: Account;
}

/** What lets a process into folders that are not its own. */
const RIGHTS = '+dac_override,+dac_read_search';

/**
 * Has a program run as another account. Where one of `paths` lies behind a folder that only root may enter (a home, a temporary
 * folder), the account takes root's right to enter it along.
 */
export function asAccount(
  program: string,
  args: readonly string[],
  account: Account,
  paths: readonly string[],
): Runnable {
  const { uid, gid } = account;
  const isOpen = [program, ...paths].every((file) => parentsOf(file).every(mayEnter));
  if (uid === undefined || gid === undefined || isOpen) return { file: program, args, account };
  const rights = [`--inh-caps=${RIGHTS}`, `--ambient-caps=${RIGHTS}`];
  return {
    file: 'setpriv',
    args: [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...rights, '--', program, ...args],
    account: {},
  };
}

function parentsOf(file: string): string[] {
  const parent = path.dirname(file);
  return parent === file ? [parent] : [parent, ...parentsOf(parent)];
}

/** Whether everybody may enter; what is not there yet is made so that they may. */
function mayEnter(folder: string): boolean {
  const mode = statSync(folder, { throwIfNoEntry: false })?.mode;
  return mode === undefined || (mode & 0o001) !== 0;
}
