import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { type Socket } from 'node:net';
import { append, flush } from './append';
import { create } from './create';
import {
  createFileSystem,
  deleteFileSystem,
  getFileSystemProperties,
  listFileSystems,
  setFileSystemProperties,
} from './file-system';
import { type Lake, type LakeAnswer, type LakeHandler } from './lake';
import { LakeError } from './lake-error';
import { list } from './list';
import { remove } from './remove';
import { rename } from './rename';
import { type LakeOperation, parseRequest, type StorageRequest } from './request';
import { isSigned } from './shared-key';
import { getStatus, setProperties } from './update';

const notOffered: LakeHandler = (_lake, { operation }) => {
  throw new LakeError('NotImplemented', operation);
};

const handlers: Readonly<Record<LakeOperation, LakeHandler>> = {
  createFile: create,
  createDirectory: create,
  rename,
  append,
  flush,
  setProperties,
  getStatus,
  deletePath: remove,
  list,
  createFileSystem,
  deleteFileSystem,
  getFileSystemProperties,
  setFileSystemProperties,
  listFileSystems,
  setAccessControl: notOffered,
  getAccessControl: notOffered,
  leasePath: notOffered,
};

/**
 * Serves both APIs at one address: Data Lake requests are answered here, every other request goes to `blobApi`
 * (Azurite's own listener) untouched, so that bodies stream and connections end exactly as with Azurite alone.
 */
export function gateway(lake: Lake, blobApi: RequestListener, log: (line: string) => void): RequestListener {
  return (request, response) => {
    const head = { method: request.method ?? '', url: request.url ?? '', headers: request.headers };
    let asked: StorageRequest | null;
    try {
      asked = parseRequest(head);
    } catch {
      // Not percent-encoded UTF-8: no path of the lake. Azurite has its own answer to it.
      asked = null;
    }
    if (asked?.api !== 'lake') {
      blobApi(request, response);
      return;
    }
    const { operation, fileSystem, path, query } = asked;
    // Taken at once: a request that was destroyed no longer has it.
    const { socket } = request;
    const answer = async () => {
      if (!isSigned(head)) throw new LakeError('AuthenticationFailed');
      return handlers[operation](lake, { operation, fileSystem, path, query, headers: request.headers, body: request });
    };
    answer()
      .catch((error: unknown) => refusal(error, request, socket, log))
      .then((given) => send(request, response, given))
      .catch(() => socket.destroy());
  };
}

function refusal(error: unknown, request: IncomingMessage, socket: Socket, log: (line: string) => void): LakeAnswer {
  // A client that left in the middle of its body is answered by nobody.
  if (socket.destroyed) throw error;
  const known = error instanceof LakeError ? error : new LakeError('InternalError', String(error));
  if (known.status >= 500) log(`${request.method ?? ''} ${request.url ?? ''}: ${known.message}`);
  return {
    status: known.status,
    headers: { 'x-ms-error-code': known.code },
    body: { error: { code: known.code, message: known.message } },
  };
}

function send(request: IncomingMessage, response: ServerResponse, { status, headers, body }: LakeAnswer): void {
  // What was not read of the body must be, or the next request on this connection would start in its middle.
  request.resume();
  const text = body === undefined ? '' : JSON.stringify(body);
  const clientRequestId = request.headers['x-ms-client-request-id'];
  response.writeHead(status, {
    'content-length': Buffer.byteLength(text),
    ...(body === undefined ? {} : { 'content-type': 'application/json;charset=utf-8' }),
    'x-ms-request-id': randomUUID(),
    'x-ms-version': request.headers['x-ms-version'] ?? '2025-11-05',
    ...(clientRequestId === undefined ? {} : { 'x-ms-client-request-id': clientRequestId }),
    ...headers,
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}
