import { type Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { deferred } from './deferred';
import { type ArmedFault, type FaultAction } from './fault-rules';
import { forwardHalf } from './half';

/** What the fault proxy does with one request: forwards it, or lets a fault have it. */

/** One request on its way through the proxy. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly socket: Socket;
  /** Which API it is for: errors look different in the two. */
  readonly api: 'lake' | 'blob';
  /** Hears the service's status, if it answers. */
  readonly answered: (status: number | null) => void;
  readonly agent: Agent;
  readonly target: { readonly host: string; readonly port: number };
}

/**
 * Carries an exchange to its end.
 *
 * @throws whatever breaks the connection to the service; the caller then ends the client's
 */
export async function act(exchange: Exchange, fault: ArmedFault | undefined): Promise<void> {
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
      return forwardIf(exchange, (signal) => sleep(action.ms, true, { signal }));
    case 'hold':
      return forwardIf(exchange, () => fault.released);
    case 'late': {
      const body = await buffer(request);
      socket.destroy();
      if (await fault.released) await forwardAndDrop(exchange, body);
      return;
    }
    case 'hang':
      return forwardIf(exchange, () => fault.released.then(() => false));
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
  const { request, response } = exchange;
  const upstream = openUpstream(exchange);
  const leave = () => void upstream.destroy();
  response.once('close', leave);
  const answered = answerOf(upstream);
  // A service may answer before it has read the whole body, so the two directions are awaited apart.
  request.pipe(upstream);
  const answer = await answered;
  exchange.answered(answer.statusCode ?? null);
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
  exchange.answered(answer.statusCode ?? null);
  await buffer(answer);
}

/** Forwards once `gate` says so; ends the connection when it says no, and forgets it when the client leaves first. */
async function forwardIf(exchange: Exchange, gate: (signal: AbortSignal) => Promise<boolean>): Promise<void> {
  const { socket } = exchange;
  const leaving = new AbortController();
  const left = deferred<false>();
  const leave = () => {
    leaving.abort();
    left.resolve(false);
  };
  socket.once('close', leave);
  const opened = await Promise.race([gate(leaving.signal).catch(() => false), left.promise]);
  socket.off('close', leave);
  if (opened) await forward(exchange);
  else socket.destroy();
}

function refuse({ request, response, api }: Exchange, action: FaultAction & { kind: 'status' }): Promise<void> {
  const message = 'Refused by the fault proxy.';
  const lake = api === 'lake';
  const body = lake
    ? JSON.stringify({ error: { code: action.code, message } })
    : `<?xml version="1.0" encoding="utf-8"?><Error><Code>${action.code}</Code><Message>${message}</Message></Error>`;
  request.resume();
  return new Promise((resolve) => {
    response.once('close', resolve);
    request.once('end', () => {
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
