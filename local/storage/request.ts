import { type IncomingHttpHeaders } from 'node:http';

/**
 * Which operation of the Blob or the Data Lake REST API a request asks for. One address serves both, so this is the
 * one place that tells them apart; the gateway routes by it and the fault proxy matches by it.
 */

/** The account that every development connection string names. */
export const accountName = 'devstoreaccount1';

/** Operations of the Data Lake REST API (Path - …, Filesystem - …), answered by the gateway itself. */
export type LakeOperation =
  | 'createFile'
  | 'createDirectory'
  | 'rename'
  | 'append'
  | 'flush'
  | 'setProperties'
  | 'setAccessControl'
  | 'getAccessControl'
  | 'getStatus'
  | 'leasePath'
  | 'deletePath'
  | 'list'
  | 'createFileSystem'
  | 'deleteFileSystem'
  | 'getFileSystemProperties'
  | 'setFileSystemProperties'
  | 'listFileSystems';

/** Operations of the Blob REST API, answered by Azurite. */
export type BlobOperation =
  | 'putBlob'
  | 'getBlob'
  | 'getBlobProperties'
  | 'setBlobProperties'
  | 'setBlobMetadata'
  | 'deleteBlob'
  | 'copyBlob'
  | 'leaseBlob'
  | 'putBlock'
  | 'putBlockList'
  | 'getBlockList'
  | 'listBlobs'
  | 'listContainers'
  | 'createContainer'
  | 'deleteContainer'
  | 'getContainerProperties'
  | 'otherBlob';

/** What a request asks for, taken from its method, URL and headers alone. */
export type StorageRequest = (
  | { readonly api: 'lake'; readonly operation: LakeOperation }
  | { readonly api: 'blob'; readonly operation: BlobOperation }
) & {
  /** The file system (container), empty for requests to the account. */
  readonly fileSystem: string;
  /** Decoded path inside the file system, without slashes at its ends; for lists the directory or prefix asked for. */
  readonly path: string;
  /** Query keys in lower case, values decoded. */
  readonly query: ReadonlyMap<string, string>;
};

/** The parts of an HTTP request that the operation depends on; `url` is the raw request target. */
export interface RequestHead {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Reads a request's head.
 *
 * @throws URIError when the path or query is not percent-encoded UTF-8
 */
export function parseRequest(head: RequestHead): StorageRequest {
  const [rawPath, rawQuery] = splitOnce(head.url, '?');
  const query = parseQuery(rawQuery);
  const { fileSystem, path } = parsePath(rawPath);
  const lake = lakeOperation(head, query, path);
  if (lake !== null) {
    return {
      api: 'lake',
      operation: lake,
      fileSystem,
      path: lake === 'list' ? trim(query.get('directory')) : path,
      query,
    };
  }
  const blob = blobOperation(head, query, fileSystem, path);
  return {
    api: 'blob',
    operation: blob,
    fileSystem,
    path: blob === 'listBlobs' ? (query.get('prefix') ?? '') : path,
    query,
  };
}

/**
 * `/account/fs/a/b` or `/fs/a/b` in its parts. With an IP address as host the SDK's `move` leaves the account out.
 *
 * @throws URIError when it is not percent-encoded UTF-8
 */
export function parsePath(rawPath: string): { fileSystem: string; path: string } {
  const segments = rawPath.split('/').slice(1);
  if (segments[0] === accountName) segments.shift();
  const [fileSystem = '', ...rest] = segments;
  return { fileSystem: decodeURIComponent(fileSystem), path: trim(decodeURIComponent(rest.join('/'))) };
}

/** Query parameters by lower-case key. A `+` stays a plus, as the SDKs write and sign it. */
export function parseQuery(raw: string): Map<string, string> {
  const pairs = raw.split('&').filter((pair) => pair !== '');
  return new Map(
    pairs.map((pair) => {
      const [key, value] = splitOnce(pair, '=');
      return [decodeURIComponent(key).toLowerCase(), decodeURIComponent(value)];
    }),
  );
}

function lakeOperation(head: RequestHead, query: ReadonlyMap<string, string>, path: string): LakeOperation | null {
  const resource = query.get('resource');
  const action = query.get('action')?.toLowerCase();
  switch (head.method) {
    case 'PUT':
      if (head.headers['x-ms-rename-source'] !== undefined) return 'rename';
      if (resource === 'file') return 'createFile';
      if (resource === 'directory') return 'createDirectory';
      return resource === 'filesystem' ? 'createFileSystem' : null;
    case 'PATCH':
      if (action === 'append' || action === 'flush') return action;
      if (action?.startsWith('setaccesscontrol') === true) return 'setAccessControl';
      return path === '' ? 'setFileSystemProperties' : 'setProperties';
    case 'GET':
      if (resource === 'account') return 'listFileSystems';
      return resource === 'filesystem' ? 'list' : null;
    case 'HEAD':
      if (action !== undefined) return action === 'getaccesscontrol' ? 'getAccessControl' : 'getStatus';
      return resource === 'filesystem' ? 'getFileSystemProperties' : null;
    case 'DELETE':
      if (resource === 'filesystem') return 'deleteFileSystem';
      return query.has('paginated') || query.has('recursive') ? 'deletePath' : null;
    case 'POST':
      return head.headers['x-ms-lease-action'] !== undefined && query.get('comp') === undefined ? 'leasePath' : null;
    default:
      return null;
  }
}

function blobOperation(
  { method, headers }: RequestHead,
  query: ReadonlyMap<string, string>,
  fileSystem: string,
  path: string,
): BlobOperation {
  const comp = query.get('comp');
  if (fileSystem === '') return method === 'GET' && comp === 'list' ? 'listContainers' : 'otherBlob';
  if (path === '') {
    if (comp === 'list') return 'listBlobs';
    if (query.get('restype') !== 'container' || comp !== undefined) return 'otherBlob';
    if (method === 'PUT') return 'createContainer';
    return method === 'DELETE' ? 'deleteContainer' : 'getContainerProperties';
  }
  switch (comp) {
    case undefined:
      break;
    case 'block':
      return 'putBlock';
    case 'blocklist':
      return method === 'PUT' ? 'putBlockList' : 'getBlockList';
    case 'lease':
      return 'leaseBlob';
    case 'metadata':
      return method === 'PUT' ? 'setBlobMetadata' : 'getBlobProperties';
    case 'properties':
      return 'setBlobProperties';
    default:
      return 'otherBlob';
  }
  if (method === 'GET') return 'getBlob';
  if (method === 'HEAD') return 'getBlobProperties';
  if (method === 'DELETE') return 'deleteBlob';
  if (method !== 'PUT') return 'otherBlob';
  return headers['x-ms-copy-source'] === undefined ? 'putBlob' : 'copyBlob';
}

function trim(path = ''): string {
  return path.replace(/^\/+|\/+$/g, '');
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}
