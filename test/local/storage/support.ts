import { BlobServiceClient, type ContainerClient, type StorageRetryOptions } from '@azure/storage-blob';
import { type DataLakeFileSystemClient, DataLakeServiceClient } from '@azure/storage-file-datalake';
import { type LocalStorage, startStorage, type StorageOptions } from '../../../local/storage/storage';

/** A storage at free ports with one file system, and clients of both APIs that do not retry. */
export interface Account extends AsyncDisposable {
  readonly storage: LocalStorage;
  readonly lake: DataLakeServiceClient;
  readonly data: DataLakeFileSystemClient;
  readonly blobs: BlobServiceClient;
  readonly container: ContainerClient;
}

export async function startAccount(options: StorageOptions = {}): Promise<Account> {
  const storage = await startStorage({ port: 0, queuePort: null, tablePort: null, ...options });
  const { lake, blobs } = clientsOf(storage.connectionString);
  const data = lake.getFileSystemClient('data');
  await data.createIfNotExists();
  return {
    storage,
    lake,
    data,
    blobs,
    container: blobs.getContainerClient('data'),
    [Symbol.asyncDispose]: () => storage.close(),
  };
}

/** Clients that do not retry unless told to: every failure is the test's to see. */
export function clientsOf(connectionString: string, retryOptions: StorageRetryOptions = { maxTries: 1 }) {
  const options = { retryOptions };
  return {
    lake: DataLakeServiceClient.fromConnectionString(connectionString, options),
    blobs: BlobServiceClient.fromConnectionString(connectionString, options),
  };
}

/** Status and code of the error that `work` ends with; fails when it does not. */
export async function refusalOf(work: Promise<unknown>): Promise<string> {
  const outcome = await work.then(
    () => 'no error',
    (error: unknown) => {
      const { statusCode, code, message } = error as { statusCode?: number; code?: string; message?: string };
      return `${statusCode ?? ''} ${code ?? message ?? ''}`;
    },
  );
  return outcome;
}

/** Writes a whole file through the Blob API and returns its entity tag. */
export async function put(account: Account, path: string, content = path): Promise<string> {
  const { etag } = await account.container.getBlockBlobClient(path).upload(content, Buffer.byteLength(content));
  return etag ?? '';
}

export async function read(account: Account, path: string): Promise<string> {
  return (await account.data.getFileClient(path).readToBuffer()).toString();
}

/** Names under a directory, directories with a slash at the end. */
export async function names(account: Account, options: { path?: string; recursive?: boolean } = {}): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of account.data.listPaths(options)) {
    found.push(`${name ?? ''}${isDirectory === true ? '/' : ''}`);
  }
  return found;
}
