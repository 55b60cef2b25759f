import { type DataLakeFileSystemClient } from '@azure/storage-file-datalake';
import { type LakeClients } from '../../src/lib/lake/clients';
import { Unfit, describeCause } from './unfit';

/** How the file system is come by. */
export interface Plan {
  readonly name: string;
  /** Made for this run and deleted with it; else it is there already, empty, and is emptied again. */
  readonly isOwn: boolean;
  readonly keep: boolean;
}

/** The account and file system that a check writes to. */
export interface LakeOfCheck extends AsyncDisposable {
  readonly account: string;
  readonly name: string;
}

/**
 * The file system of one check, and gone, or empty, after it.
 *
 * @throws Unfit when it cannot be made, is not empty, or does not do what the commit protocol needs
 */
export async function openFileSystem(clients: LakeClients, plan: Plan): Promise<LakeOfCheck> {
  const { files } = clients;
  if (plan.isOwn) await make(files);
  else await mustBeEmpty(files);
  const leave = (): Promise<void> => (plan.keep ? Promise.resolve() : plan.isOwn ? remove(files) : empty(files));
  try {
    await canCommit(clients);
  } catch (error) {
    await leave().catch(() => undefined);
    throw error;
  }
  return { account: files.accountName, name: plan.name, [Symbol.asyncDispose]: leave };
}

async function make(files: DataLakeFileSystemClient): Promise<void> {
  await files.create().catch((error: unknown) => {
    throw new Unfit(
      `The file system ${files.name} cannot be made in ${files.accountName}`,
      error,
      /403|Authorization/i.test(describeCause(error))
        ? 'Making one needs "Storage Blob Data Contributor" on the account. Or have an empty one made (az storage fs create), with that role on it alone, and give its name: npm run smoke -- --file-system <name>.'
        : 'Check STORAGE_CONNECTION_STRING: the name, the key, and that this machine may reach the account.',
    );
  });
}

async function mustBeEmpty(files: DataLakeFileSystemClient): Promise<void> {
  const first = await firstPath(files).catch((error: unknown) => {
    throw new Unfit(
      `The file system ${files.name} of ${files.accountName} cannot be listed`,
      error,
      'Give one that is there, with "Storage Blob Data Contributor" on it, or leave --file-system out.',
    );
  });
  if (first === null) return;
  const found = new Error(`it holds ${first}`);
  throw new Unfit(
    `The file system ${files.name} is not empty`,
    found,
    'The check empties what it used: give one that is empty.',
  );
}

/** The very operations of a commit, so that what is missing is told by its name and not by a batch that fails. */
async function canCommit({ files, blobs }: LakeClients): Promise<void> {
  const staged = '_system/staging/smoke';
  const steps: [string, () => Promise<unknown>, string][] = [
    ['put a file (Blob API)', () => blobs.getBlockBlobClient(staged).upload('{}\n', 3), ROLE],
    ['make a folder (Data Lake API)', () => files.getDirectoryClient('bronze').create(), FLAT],
    ['rename a file (Data Lake API)', () => files.getFileClient(staged).move('bronze/smoke'), FLAT],
    ['delete a folder', () => files.getDirectoryClient('bronze').delete(true), ROLE],
  ];
  for (const [what, step, action] of steps) {
    await step().catch((error: unknown) => {
      throw new Unfit(`${files.accountName}/${files.name} did not ${what}`, error, action);
    });
  }
}

const ROLE = 'Grant "Storage Blob Data Contributor" on the file system, or on the account.';
const FLAT =
  'The account must have a hierarchical namespace (az storage account create --hns true). If it has: ' + ROLE;

async function firstPath(files: DataLakeFileSystemClient): Promise<string | null> {
  for await (const { name } of files.listPaths()) return name ?? '';
  return null;
}

async function empty(files: DataLakeFileSystemClient): Promise<void> {
  for await (const { name, isDirectory } of files.listPaths()) {
    if (name === undefined) continue;
    if (isDirectory === true) await files.getDirectoryClient(name).delete(true);
    else await files.getFileClient(name).delete();
  }
}

async function remove(files: DataLakeFileSystemClient): Promise<void> {
  await files.delete().catch((error: unknown) => {
    const action = `Delete it: az storage fs delete --account-name ${files.accountName} --name ${files.name} --auth-mode login.`;
    throw new Unfit(`The file system ${files.name} of ${files.accountName} could not be deleted`, error, action);
  });
}
