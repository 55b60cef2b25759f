import { type TokenCredential } from '@azure/identity';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { DataLakeServiceClient, type DataLakeFileSystemClient } from '@azure/storage-file-datalake';
import { type StorageAccess } from '../config/config';

/** The two faces of one file system. */
export interface LakeClients {
  /** Does the file system's work: renaming, listing, reading, deleting, folders. */
  readonly files: DataLakeFileSystemClient;
  /**
   * The blob endpoint of the same files, for the two things that only it does in one request: putting a whole file, and
   * replacing one only if it is unchanged. The Data Lake endpoint takes three (create, append, flush), and readers see
   * the file empty in between.
   */
  readonly blobs: ContainerClient;
}

/** Quick first retries, then patience: the attempt's own time ends it. */
const RETRY_OPTIONS = { maxTries: 4, retryDelayInMs: 500, maxRetryDelayInMs: 8_000 };

/** Opens the lake's file system with the SDKs' own retries; sends nothing yet. */
export async function openClients(
  access: StorageAccess,
  fileSystem: string,
  credentialFor: (clientId: string | null) => Promise<TokenCredential>,
): Promise<LakeClients> {
  // Each SDK takes its options apart from the other's and may write to them.
  const options = (): { retryOptions: typeof RETRY_OPTIONS } => ({ retryOptions: { ...RETRY_OPTIONS } });
  if (access.kind === 'connectionString') {
    const connectionString = access.connectionString.reveal();
    return {
      files: DataLakeServiceClient.fromConnectionString(connectionString, options()).getFileSystemClient(fileSystem),
      blobs: BlobServiceClient.fromConnectionString(connectionString, options()).getContainerClient(fileSystem),
    };
  }
  const identity = await credentialFor(access.clientId);
  return {
    files: new DataLakeServiceClient(access.dfsEndpoint, identity, options()).getFileSystemClient(fileSystem),
    blobs: new BlobServiceClient(access.blobEndpoint, identity, options()).getContainerClient(fileSystem),
  };
}
