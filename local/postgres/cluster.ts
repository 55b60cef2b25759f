import { execFile } from 'node:child_process';
import { chown, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Account } from './account';
import { asAccount } from './as-account';

/** The superuser. The server listens on this machine alone and holds nothing but test data, so these are no secret. */
export const USER = 'postgres';
export const PASSWORD = 'postgres';

const run = promisify(execFile);

/**
 * Makes a database cluster in `home/data`, unless there is one.
 *
 * @returns the cluster's folder
 * @throws Error with what initdb says
 */
export async function openCluster(binaries: string, home: string, account: Account): Promise<string> {
  const data = path.join(home, 'data');
  if (await exists(path.join(data, 'PG_VERSION'))) return data;
  await mkdir(home, { recursive: true });
  await give(home, account);
  const password = path.join(home, 'password');
  await writeFile(password, `${PASSWORD}\n`);
  try {
    await give(password, account);
    const args = ['-D', data, '-U', USER, `--pwfile=${password}`, '--auth=scram-sha-256', '--encoding=UTF8'];
    const all = [...args, '--locale=C', '--no-sync', '--no-instructions'];
    const initdb = asAccount(path.join(binaries, 'initdb'), all, account, [home]);
    await run(initdb.file, initdb.args, { ...initdb.account, cwd: '/' });
  } finally {
    await rm(password, { force: true });
  }
  return data;
}

async function give(file: string, { uid, gid }: Account): Promise<void> {
  if (uid !== undefined && gid !== undefined) await chown(file, uid, gid);
}

async function exists(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  );
}
