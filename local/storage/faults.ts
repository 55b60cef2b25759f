import { createServer, Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { deferred } from './deferred';
import { ArmedFault, matches, type Fault, type FaultAction, type FaultRule, type Operation } from './fault-rules';
import { forwardHalf } from './half';
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
  /** Forgets every rule and lets go what is held. */
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
    const entry = logEntry(request);
    requests.push(entry);
    if (requests.length > maxLoggedRequests) requests.splice(0, requests.length - maxLoggedRequests);
    const paths = entry.source === null ? [entry.path] : [entry.path, entry.source];
    const fault = faults.find((each) => matches(each.rule, entry.operation, paths) && each.strike());
    entry.fault = fault?.rule.action.kind ?? null;
    // Taken at once: a request that was destroyed no longer has it.
    const { socket } = request;
    const exchange: Exchange = { request, response, socket, entry, agent, target };
    // Whatever breaks on the way, the client sees what a broken network shows: its connection ends.
    void act(exchange, fault)
      .catch(() => socket.destroy())
      .finally(() => fault?.settle());
  });
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  const port = await listen(server, host, 0);

  const clear = () => {
    for (const fault of faults) {
      fault.remove();
      fault.release();
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

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly socket: Socket;
  readonly entry: Entry;
  readonly agent: Agent;
  readonly target: { readonly host: string; readonly port: number };
}

async function act(exchange: Exchange, fault: ArmedFault | undefined): Promise<void> {
  const { request, socket } = exchange;
  const action = fault?.rule.action;
  if (fault === undefined || action === undefined) return forward(exchange);
  switch (action.kind) {
    case 'cut':
      socket.destroy();
      return;
    case 'loseAnswer':
      await forwardAndDrop(exchange, request);
      socket.destroy();
      return;
    case 'cutHalfway':
      await forwardHalf(request, openUpstream(exchange));
      socket.destroy();
      return;
    case 'delay':
      if (await staysUntil(socket, (signal) => sleep(action.ms, undefined, { signal }))) await forward(exchange);
      return;
    case 'hold':
      if (await staysUntil(socket, () => fault.released)) await forward(exchange);
      return;
    case 'late': {
      const body = await buffer(request);
      socket.destroy();
      await fault.released;
      return forwardAndDrop(exchange, body);
    }
    case 'hang':
      await staysUntil(socket, () => fault.released);
      socket.destroy();
      return;
    case 'status':
      return refuse(exchange, action);
    default:
      return action satisfies never;
  }
}

function openUpstream({ request, agent, target }: Exchange) {
  return httpRequest({
    host: target.host,
    port: target.port,
    method: request.method,
    path: request.url,
    // As they came, Host included: nothing that is signed may change.
    headers: request.rawHeaders,
    agent,
  });
}

async function answerOf(upstream: ReturnType<typeof openUpstream>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    upstream.once('response', resolve);
    upstream.on('error', reject);
  });
}

async function forward(exchange: Exchange): Promise<void> {
  const { request, response, entry } = exchange;
  const upstream = openUpstream(exchange);
  const leave = () => void upstream.destroy();
  response.once('close', leave);
  const answered = answerOf(upstream);
  // A service may answer before it has read the whole body, so the two directions are awaited apart.
  request.pipe(upstream);
  const answer = await answered;
  entry.status = answer.statusCode ?? null;
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
  await pipeline(answer, response);
  response.off('close', leave);
}

async function forwardAndDrop(exchange: Exchange, body: IncomingMessage | Buffer): Promise<void> {
  const upstream = openUpstream(exchange);
  const answered = answerOf(upstream);
  if (Buffer.isBuffer(body)) upstream.end(body);
  else {
    body.once('close', () => {
      if (!body.complete) upstream.destroy();
    });
    body.pipe(upstream);
  }
  const answer = await answered;
  exchange.entry.status = answer.statusCode ?? null;
  await buffer(answer);
}

/** Waits for `event`; false when the client closes its connection first. */
async function staysUntil(socket: Socket, event: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
  const leaving = new AbortController();
  const left = deferred<false>();
  const leave = () => {
    leaving.abort();
    left.resolve(false);
  };
  socket.once('close', leave);
  try {
    const came = event(leaving.signal).then(
      () => true,
      () => false,
    );
    return await Promise.race([came, left.promise]);
  } finally {
    socket.off('close', leave);
  }
}

function refuse({ request, response, entry }: Exchange, action: FaultAction & { kind: 'status' }): Promise<void> {
  const message = 'Refused by the fault proxy.';
  const lake = parsed(request)?.api === 'lake';
  const body = lake
    ? JSON.stringify({ error: { code: action.code, message } })
    : `<?xml version="1.0" encoding="utf-8"?><Error><Code>${action.code}</Code><Message>${message}</Message></Error>`;
  request.resume();
  return new Promise((resolve) => {
    response.once('close', resolve);
    request.once('end', () => {
      entry.status = null;
      response.writeHead(action.status, {
        'content-type': lake ? 'application/json;charset=utf-8' : 'application/xml',
        'content-length': Buffer.byteLength(body),
        'x-ms-error-code': action.code,
        ...(action.retryAfterSeconds === null ? {} : { 'retry-after': String(action.retryAfterSeconds) }),
      });
      response.end(request.method === 'HEAD' ? undefined : body);
    });
  });
}

function parsed(request: IncomingMessage): StorageRequest | null {
  try {
    return parseRequest({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
  } catch {
    return null;
  }
}

function logEntry(request: IncomingMessage): Entry {
  const found = parsed(request);
  const source = request.headers['x-ms-rename-source'];
  return {
    operation: found?.operation ?? 'otherBlob',
    method: request.method ?? '',
    fileSystem: found?.fileSystem ?? '',
    path: found?.path ?? request.url ?? '',
    source: typeof source === 'string' && found !== null ? parsePath(source.split('?', 1)[0] ?? '').path : null,
    status: null,
    fault: null,
  };
}
