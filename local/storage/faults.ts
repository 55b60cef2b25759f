import { Agent, createServer, type IncomingMessage } from 'node:http';
import { act } from './fault-actions';
import { ArmedFault, matches, type Fault, type FaultAction, type FaultRule, type Operation } from './fault-rules';
import { closeServer, listen } from './listen';
import { parsePath, parseRequest, type StorageRequest } from './request';

export * from './fault-rules';

/**
 * A proxy in front of the storage gateway (or of any storage endpoint) that makes the wire fail where a test says so.
 * Bodies stream through both ways; Shared Key signatures stay valid because they do not cover the host.
 */

/** One request as the proxy saw it, in the order of arrival. */
export interface LoggedRequest {
  readonly operation: Operation;
  readonly method: string;
  readonly fileSystem: string;
  /** Decoded path inside the file system; for a rename the destination. */
  readonly path: string;
  /** What a rename moves; null for every other operation. */
  readonly source: string | null;
  /** The service's status; null while there is none, and for ever when the service never answered. */
  readonly status: number | null;
  /** The fault that struck it. */
  readonly fault: FaultAction['kind'] | null;
}

export interface FaultProxy extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** The requests, the oldest of too many left out. */
  readonly requests: readonly LoggedRequest[];
  /** Rules are asked in the order they were added; the first that strikes wins. */
  add(rule: FaultRule): Fault;
  /** Forgets every rule; what is held is cut and never reaches the service. */
  clear(): void;
  forgetRequests(): void;
  /** The same connection string with the blob endpoint led through this proxy. */
  through(connectionString: string): string;
  close(): Promise<void>;
}

type Entry = { -readonly [K in keyof LoggedRequest]: LoggedRequest[K] };

/** Listens on 127.0.0.1 at a free port, forwards to `target` and keeps a log of the last requests. */
export async function startFaultProxy(
  target: { readonly host: string; readonly port: number },
  { maxLoggedRequests = 10_000 }: { readonly maxLoggedRequests?: number } = {},
): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  const host = '127.0.0.1';
  let faults: ArmedFault[] = [];
  const requests: Entry[] = [];

  const server = createServer((request, response) => {
    const asked = parsed(request);
    const entry = logEntry(request, asked);
    requests.push(entry);
    if (requests.length > maxLoggedRequests) requests.splice(0, requests.length - maxLoggedRequests);
    const paths = entry.source === null ? [entry.path] : [entry.path, entry.source];
    const fault = faults.find((each) => matches(each.rule, entry.operation, paths) && each.strike());
    entry.fault = fault?.rule.action.kind ?? null;
    // Taken at once: a request that was destroyed no longer has it.
    const { socket } = request;
    const answered = (status: number | null) => void (entry.status = status);
    // Whatever breaks on the way, the client sees what a broken network shows: its connection ends.
    void act({ request, response, socket, api: asked?.api ?? 'blob', answered, agent, target }, fault)
      .catch(() => socket.destroy())
      .finally(() => fault?.settle());
  });
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  const port = await listen(server, host, 0);

  const clear = () => {
    for (const fault of faults) {
      fault.remove();
      fault.drop();
    }
    faults = [];
  };
  const close = async () => {
    clear();
    await closeServer(server);
    agent.destroy();
  };
  return {
    host,
    port,
    requests,
    add(rule) {
      const fault = new ArmedFault(rule);
      faults.push(fault);
      return fault;
    },
    clear,
    forgetRequests: () => void requests.splice(0),
    through: (connectionString) =>
      connectionString.replace(/(BlobEndpoint=https?:\/\/)[^/;]+/, `$1${host}:${String(port)}`),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function parsed(request: IncomingMessage): StorageRequest | null {
  try {
    return parseRequest({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
  } catch {
    return null;
  }
}

function logEntry(request: IncomingMessage, found: StorageRequest | null): Entry {
  const source = request.headers['x-ms-rename-source'];
  return {
    operation: found?.operation ?? 'otherBlob',
    method: request.method ?? '',
    fileSystem: found?.fileSystem ?? '',
    path: found?.path ?? request.url ?? '',
    source: typeof source === 'string' ? sourcePath(source) : null,
    status: null,
    fault: null,
  };
}

function sourcePath(source: string): string {
  try {
    return parsePath(source.split('?', 1)[0] ?? '').path;
  } catch {
    return source;
  }
}
