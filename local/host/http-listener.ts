import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { closeServer, listen } from '../storage/listen';
import { refusedControl } from '../storage/same-origin';
import { setCookie } from './cookie';
import { matchRoute, type Route } from './route';
import { type RpcHttpData } from './rpc';

/** An HTTP function as the listener knows it. */
export interface HttpFunction {
  readonly name: string;
  readonly route: Route;
  /** Whether `authLevel` asks for a key. */
  readonly isKeyed: boolean;
  readonly call: (request: RpcHttpData) => Promise<RpcHttpData>;
}

export interface HttpSettings {
  readonly port: number;
  /** `api`; empty for none. */
  readonly prefix: string;
  readonly functions: readonly HttpFunction[];
  /** What a function whose `authLevel` asks for a key is called with; null: none is asked for, as with `func start`. */
  readonly functionKey: string | null;
  /** Runs a function now, as `POST /admin/functions/{name}` asks; null for a name that cannot be run so. */
  readonly runNow: (name: string) => Promise<void> | null;
}

/** Serves HTTP functions on 127.0.0.1. */
export class HttpListener {
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** @throws Error that names the port when it is in use */
  static async listen(settings: HttpSettings): Promise<HttpListener> {
    const server = createServer((request, response) => {
      answer(request, response, settings).catch((error: unknown) => {
        // What a function throws is in the log; the real host does not tell it to the caller either.
        if (!response.headersSent) response.writeHead(error instanceof URIError ? 400 : 500);
        response.end();
      });
    });
    return new HttpListener(server, await listen(server, '127.0.0.1', settings.port));
  }

  close(): Promise<void> {
    return closeServer(this.#server);
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, settings: HttpSettings): Promise<void> {
  const { method = 'GET', url: target = '/', headers } = request;
  const url = new URL(`http://${headers.host ?? '127.0.0.1'}${target}`);
  const path = url.pathname.slice(1);
  const [, admin] = /^admin\/functions\/([\w-]+)$/.exec(path) ?? [];
  if (admin !== undefined && method === 'POST') {
    // The real host asks for its master key.
    if (refusedControl(request) !== null) return void response.writeHead(401).end();
    const run = settings.runNow(admin);
    // As the real host: accepted, and the run goes on.
    response.writeHead(run === null ? 404 : 202).end();
    await run;
    return;
  }
  const found = findFunction(settings, method, path);
  if (found === null) {
    response.writeHead(404).end();
    return;
  }
  const { functionKey } = settings;
  const given = headers['x-functions-key'] ?? url.searchParams.get('code');
  if (found.isKeyed && functionKey !== null && given !== functionKey) {
    response.writeHead(401).end();
    return;
  }
  const { statusCode = '200', ...answered } = await found.call({
    method,
    url: url.href,
    params: found.params,
    query: Object.fromEntries(url.searchParams),
    headers: headersOf(request),
    body: { bytes: await buffer(request) },
  });
  for (const [name, value] of Object.entries(answered.headers ?? {})) response.setHeader(name, value);
  for (const cookie of answered.cookies ?? []) response.appendHeader('set-cookie', setCookie(cookie));
  response.writeHead(Number(statusCode));
  response.end(bytesOf(answered.body));
}

function findFunction({ prefix, functions }: HttpSettings, method: string, path: string) {
  const start = prefix === '' ? '' : `${prefix}/`;
  if (!path.startsWith(start)) return null;
  for (const each of functions) {
    const params = matchRoute(each.route, method, path.slice(start.length));
    if (params !== null) return { ...each, params };
  }
  return null;
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const entries = Object.entries(request.headersDistinct);
  return Object.fromEntries(entries.map(([name, values]) => [name, (values ?? []).join(', ')]));
}

function bytesOf(body: RpcHttpData['body']): Uint8Array | string {
  if (body === undefined) return '';
  if ('bytes' in body) return body.bytes;
  if ('string' in body) return body.string;
  if ('json' in body) return body.json;
  throw new Error('an HTTP response is bytes, text or JSON');
}
