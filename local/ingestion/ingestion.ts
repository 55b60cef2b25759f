import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { closeServer, listen } from '../storage/listen';
import { replyTo } from './answer';
import { Faults } from './faults';
import { readItems, type Envelope } from './items';

/** A request as it arrived. */
export interface TrackRequest {
  readonly path: string;
  readonly authorization: string | null;
  readonly items: readonly Envelope[];
}

/** The ingestion endpoint of Application Insights on this machine: takes items in, keeps them in memory, shows them to nobody else. */
export interface Ingestion extends AsyncDisposable {
  readonly port: number;
  readonly connectionString: string;
  /** What was taken in, in the order in which it came. */
  readonly taken: readonly Envelope[];
  /** All that was asked, refused or not. */
  readonly requests: readonly TrackRequest[];
  readonly faults: Faults;
  /** When so many requests have come in all; also those that were refused, or hang. */
  arrived(requests: number): Promise<void>;
}

export interface IngestionOptions {
  /** 0, or left out: a free one. */
  readonly port?: number;
  readonly instrumentationKey?: string;
  /** Told of each item that is taken in. */
  readonly onItem?: (item: Envelope) => void;
}

/** More than the service takes. */
const MAX_BYTES = 64 << 20;

/** Only the last so many are kept. */
const MAX_KEPT = 100_000;

const ANY_KEY = '00000000-0000-0000-0000-000000000001';

/** Listens on 127.0.0.1 alone. `POST /v2.1/track` and `/v2/track`; anything else is not found. */
export async function startIngestion(options: IngestionOptions = {}): Promise<Ingestion> {
  const { port: wantedPort = 0, instrumentationKey = ANY_KEY, onItem = () => undefined } = options;
  const faults = new Faults();
  const taken: Envelope[] = [];
  const requests: TrackRequest[] = [];
  const waiting = new Set<{ readonly requests: number; readonly resolve: () => void }>();
  const delays = new AbortController();
  let arrived = 0;

  const note = (request: TrackRequest): void => {
    arrived += 1;
    requests.push(request);
    if (requests.length > MAX_KEPT) requests.shift();
    for (const waiter of waiting) if (arrived >= waiter.requests) waiter.resolve();
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? '';
    const body = await bodyOf(request);
    if (request.method !== 'POST' || !/^\/v2(\.1)?\/track$/.test(path)) return end(response, 404, {}, {});
    const items = readItems(body, request.headers['content-encoding']);
    const fault = faults.next();
    note({ path, authorization: request.headers.authorization ?? null, items });
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'slow') await pause(fault.ms, delays.signal);
    const { status, headers, body: reply, accepted } = replyTo(items, fault);
    for (const item of accepted) {
      taken.push(item);
      if (taken.length > MAX_KEPT) taken.shift();
      onItem(item);
    }
    if (fault?.kind === 'lose_answer') request.socket.destroy();
    else end(response, status, headers, reply);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch(() => end(response, 400, {}, { itemsReceived: 0, itemsAccepted: 0, errors: [] }));
  });
  const port = await listen(server, '127.0.0.1', wantedPort);
  return {
    port,
    connectionString: `InstrumentationKey=${instrumentationKey};IngestionEndpoint=http://127.0.0.1:${port}/`,
    taken,
    requests,
    faults,
    arrived(wanted) {
      if (arrived >= wanted) return Promise.resolve();
      return new Promise((resolve) => waiting.add({ requests: wanted, resolve }));
    },
    async [Symbol.asyncDispose]() {
      delays.abort();
      await closeServer(server);
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request) {
    bytes += (piece as Buffer).length;
    if (bytes > MAX_BYTES) throw new Error('too large');
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function end(response: ServerResponse, status: number, headers: Readonly<Record<string, string>>, body: object): void {
  response.writeHead(status, { ...headers, 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
