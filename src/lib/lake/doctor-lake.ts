import { type TokenCredential } from '@azure/identity';
import { BlobServiceClient } from '@azure/storage-blob';
import { DataLakeServiceClient } from '@azure/storage-file-datalake';
import { type StorageAccess } from '../config/config';
import { type Answer, type LakeProbe } from '../doctor/port';
import { isAbsent } from './requests';
import { statusOf, storageCode } from './storage-errors';

/** Each request is seen as it is: a retry would hide what the doctor is to tell. */
const ONCE = (): { retryOptions: { maxTries: number } } => ({ retryOptions: { maxTries: 1 } });

const SCOPE = 'https://storage.azure.com/.default';

/** Opens the doctor's view of the lake's account, over the Azure SDKs; sends nothing yet. */
export async function openLakeProbe(
  access: StorageAccess,
  fileSystem: string,
  credentialFor: (clientId: string | null) => Promise<TokenCredential>,
): Promise<LakeProbe> {
  const identity = access.kind === 'identity' ? await credentialFor(access.clientId) : null;
  const { account, lake } = clientsOf(access, identity);
  const files = lake.getFileSystemClient(fileSystem);
  const blobs = account.getContainerClient(fileSystem);
  const upload = async (
    path: string,
    text: string,
    conditions: { ifMatch?: string },
    abortSignal: AbortSignal,
  ): Promise<{ etag: string }> => {
    const length = Buffer.byteLength(text);
    const { etag = '' } = await blobs.getBlockBlobClient(path).upload(text, length, { conditions, abortSignal });
    return { etag };
  };

  return {
    account: account.accountName,
    fileSystem,
    byIdentity: identity !== null,
    isLocal: ['127.0.0.1', 'localhost', '::1'].includes(new URL(account.url).hostname.replace(/[[\]]/g, '')),

    token: (abortSignal) => nothing(async () => identity?.getToken(SCOPE, { abortSignal })),

    lookAtFileSystem: (abortSignal) =>
      answer(async () => {
        try {
          const { date, hasImmutabilityPolicy, hasLegalHold } = await blobs.getProperties({ abortSignal });
          const isImmutable = hasImmutabilityPolicy === true || hasLegalHold === true;
          return { exists: true, isImmutable, serviceAt: date?.getTime() ?? null };
        } catch (error) {
          if (statusOf(error) !== 404) throw error;
          return { exists: false, isImmutable: false, serviceAt: dateOf(error) };
        }
      }),

    async isHierarchical(abortSignal) {
      const told = await answer(async () => {
        const { isHierarchicalNamespaceEnabled } = await account.getAccountInfo({ abortSignal });
        return isHierarchicalNamespaceEnabled ?? null;
      });
      if ('value' in told && told.value !== null) return { value: told.value };
      // Data roles may not ask for the account's properties; only a hierarchical namespace has access control lists.
      const root = await answer(() => files.getDirectoryClient('/').getAccessControl({ abortSignal }));
      return 'value' in root ? { value: true } : root;
    },

    defaultReaders: (folder, abortSignal) =>
      answer(async () => {
        const { acl } = await files.getDirectoryClient(folder).getAccessControl({ abortSignal });
        const named = acl.filter(({ defaultScope, permissions, entityId }) => {
          return defaultScope && permissions.read && entityId !== '';
        });
        return named.map(({ accessControlType, entityId }) => `${accessControlType}:${entityId}`);
      }),

    put: (path, text, signal) => answer(() => upload(path, text, {}, signal)),
    swap: (path, text, etag, signal) => answer(() => upload(path, text, { ifMatch: etag }, signal)),

    rename: (from, to, abortSignal) =>
      nothing(() => files.getFileClient(from).move(to, { abortSignal, destinationConditions: { ifNoneMatch: '*' } })),

    list: (folder, abortSignal) =>
      answer(async () => {
        const names: string[] = [];
        for await (const { name = '' } of files.listPaths({ path: folder, recursive: true, abortSignal }))
          names.push(name);
        return names;
      }),

    read: (path, abortSignal) =>
      answer(async () => {
        const file = files.getFileClient(path);
        const { etag = '' } = await file.getProperties({ abortSignal });
        return { text: (await file.readToBuffer(0, undefined, { abortSignal })).toString('utf8'), etag };
      }),

    lease: (path, abortSignal) =>
      nothing(async () => {
        const lease = files.getFileClient(path).getDataLakeLeaseClient();
        await lease.acquireLease(15, { abortSignal });
        await lease.releaseLease({ abortSignal });
      }),

    remove: (path, etag, abortSignal) =>
      nothing(() => files.getFileClient(path).delete(false, { abortSignal, conditions: { ifMatch: etag } })),

    makeFolder: (path, abortSignal) => nothing(() => files.getDirectoryClient(path).create({ abortSignal })),

    removeEmptyFolder: (path, abortSignal) =>
      nothing(() => files.getDirectoryClient(path).delete(false, { abortSignal })),

    removeTree: (path, abortSignal) =>
      nothing(async () => {
        try {
          await files.getDirectoryClient(path).delete(true, { abortSignal });
        } catch (error) {
          if (!isAbsent(error)) throw error;
        }
      }),
  };
}

function clientsOf(
  access: StorageAccess,
  identity: TokenCredential | null,
): { readonly account: BlobServiceClient; readonly lake: DataLakeServiceClient } {
  if (access.kind === 'connectionString') {
    const text = access.connectionString.reveal();
    // The SDKs take it with its semicolon alone.
    const connectionString = text === 'UseDevelopmentStorage=true' ? `${text};` : text;
    return {
      account: BlobServiceClient.fromConnectionString(connectionString, ONCE()),
      lake: DataLakeServiceClient.fromConnectionString(connectionString, ONCE()),
    };
  }
  if (identity === null) throw new TypeError('an identity needs a credential');
  return {
    account: new BlobServiceClient(access.blobEndpoint, identity, ONCE()),
    lake: new DataLakeServiceClient(access.dfsEndpoint, identity, ONCE()),
  };
}

/** What is thrown is told by its status and its code alone: a message may quote headers, which bear the signature. */
async function answer<T>(act: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { value: await act() };
  } catch (error) {
    const { code, name } = (error ?? {}) as { readonly code?: unknown; readonly name?: unknown };
    const word = storageCode(error) ?? (typeof code === 'string' ? code : typeof name === 'string' ? name : 'no code');
    const serviceAt = dateOf(error);
    return { refusal: { status: statusOf(error), code: word, ...(serviceAt === null ? {} : { serviceAt }) } };
  }
}

/** The answers that are errors have a time, too. */
function dateOf(error: unknown): number | null {
  const { response } = (error ?? {}) as {
    readonly response?: { readonly headers?: { get(name: string): string | undefined } };
  };
  const at = Date.parse(response?.headers?.get('date') ?? '');
  return Number.isNaN(at) ? null : at;
}

const nothing = async (act: () => Promise<unknown>): Promise<Answer<null>> =>
  answer(async () => {
    await act();
    return null;
  });
