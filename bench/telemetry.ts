import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { triggerMetadataFor } from '../local/host/trigger-metadata';
import { ByteBudget } from '../src/lib/budget';
import { systemClock } from '../src/lib/clock';
import { Secret } from '../src/lib/config/secret';
import { type HubEvent } from '../src/lib/decode/event';
import { ingest, type IngestRoom } from '../src/lib/ingest';
import { LedgerCache } from '../src/lib/ledger/cache';
import { type Lake, type Versioned } from '../src/lib/ledger/port';
import { noTelemetry, openTelemetry, type Telemetry } from '../src/lib/observability/telemetry';
import { BODY_KINDS } from './bodies';
import { median, ratioOf, type Ratio, type Round } from './ratio';

export interface TelemetryBench {
  readonly name: 'telemetry';
  readonly partitions: number;
  readonly eventsPerBatch: number;
  readonly rounds: number;
  /**
   * The throughput of the handler that tells telemetry of each batch, as a share of that of the same handler without. The lake answers at
   * once, so no waiting hides what telling costs.
   */
  readonly ratio: Ratio;
  readonly goal: 0.97;
  /** What telling of one batch takes, in microseconds. */
  readonly tellMicroseconds: number;
  /** What comes once a minute on top: making and sending the telegram of so many batches, until the endpoint has answered. */
  readonly exportOf: { readonly batches: number; readonly milliseconds: number; readonly shareOfMinute: number };
}

export interface TelemetryBenchOptions {
  readonly rounds?: number;
}

const PARTITIONS = 8;
const EVENTS = 128;
const BATCHES = 10;
const WARM_UP = 10;
const OF = { namespace: 'example.servicebus.windows.net', hub: 'postgresql-changes', consumerGroup: 'lake' };
const NOON = Math.floor(Date.now() / 86_400_000) * 86_400_000 + 43_200_000;

export async function benchTelemetry({ rounds = 200 }: TelemetryBenchOptions = {}): Promise<TelemetryBench> {
  const endpoint = await startEndpointProcess();
  const telemetry = openTelemetry({
    connectionString: new Secret(endpoint.connectionString),
    identity: null,
    credentialFor: () => Promise.reject(new Error('no identity is needed')),
    role: { name: 'bench', instance: 'bench' },
    now: () => Date.now(),
    log: (fields) => console.error(fields),
  });
  try {
    const told = side(telemetry);
    const untold = side(noTelemetry);
    const timings: Round[] = [];
    for (let round = -WARM_UP; round < rounds; round += 1) {
      const toldFirst = round % 2 === 0;
      const first = await timed(toldFirst ? told : untold);
      const second = await timed(toldFirst ? untold : told);
      if (round >= 0) timings.push(toldFirst ? { ours: first, baseline: second } : { ours: second, baseline: first });
    }
    return {
      name: 'telemetry',
      partitions: PARTITIONS,
      eventsPerBatch: EVENTS,
      rounds,
      ratio: ratioOf(timings),
      goal: 0.97,
      tellMicroseconds: await tellMicroseconds(telemetry),
      exportOf: await exportOf(telemetry),
    };
  } finally {
    await telemetry.close(5_000);
    endpoint.stop();
  }
}

setFlagsFromString('--expose-gc');
/** What was left by the other side is not charged to this one. */
const collectGarbage = runInNewContext('gc') as () => void;

async function timed(run: () => Promise<unknown>): Promise<number> {
  collectGarbage();
  const start = performance.now();
  await run();
  return performance.now() - start;
}

const SMALL_KINDS = BODY_KINDS.filter(({ make }) => make(0).length < 2_000);

const BODIES = Array.from({ length: EVENTS }, (_, i) =>
  Buffer.from((SMALL_KINDS[i % SMALL_KINDS.length] as (typeof SMALL_KINDS)[0]).make(i)),
);

/** As app.ts does: lands each batch, then tells of it. */
function side(telemetry: Telemetry): () => Promise<unknown> {
  const room = roomOver(new ForgetfulLake());
  const next = Array.from({ length: PARTITIONS }, () => 0);
  const one = async (partition: number): Promise<void> => {
    for (let i = 0; i < BATCHES; i += 1) {
      const first = next[partition] ?? 0;
      next[partition] = first + EVENTS;
      const metadata = triggerMetadataFor({ ...OF, partition: String(partition) }, batch(first));
      const report = await ingest('postgresql', BODIES, metadata, room);
      if (report !== null) telemetry.batch('postgresql', report);
    }
  };
  return () => Promise.all(next.map((_, partition) => one(partition)));
}

function batch(first: number): HubEvent[] {
  return BODIES.map((body, i) => ({
    sequence: BigInt(first + i),
    offset: String((first + i) * 1_100),
    enqueuedAt: NOON + ((first + i) % 1_000_000),
    partitionKey: null,
    properties: {},
    body,
  }));
}

function roomOver(lake: Lake): IngestRoom {
  return {
    lakeWithin: () => lake,
    hubFacts: { createdAt: () => Promise.reject(new Error('nobody asks')) },
    ledgers: new LedgerCache(),
    budget: new ByteBudget(256 << 20),
    clock: systemClock,
    newId: randomUUID,
    maxFileBytes: 64 << 20,
    retentionDays: 1,
    attemptMs: 240_000,
  };
}

/** Answers at once and keeps ledgers alone. */
class ForgetfulLake implements Lake {
  readonly #ledgers = new Map<string, Versioned>();
  #version = 0;

  read = (path: string): Promise<Versioned | null> => Promise.resolve(this.#ledgers.get(path) ?? null);
  swap = (path: string, bytes: Buffer): Promise<{ readonly etag: string }> => {
    const etag = String((this.#version += 1));
    this.#ledgers.set(path, { bytes, etag });
    return Promise.resolve({ etag });
  };
  stage = (): Promise<void> => Promise.resolve();
  rename = (): Promise<'renamed'> => Promise.resolve('renamed');
  makeFolder = (): Promise<void> => Promise.resolve();
  remove = (): Promise<'removed'> => Promise.resolve('removed');
  exists = (): Promise<boolean> => Promise.resolve(false);
  sameBytes = (): Promise<null> => Promise.resolve(null);
  readHead = (): Promise<null> => Promise.resolve(null);
  readPiece = (): Promise<null> => Promise.resolve(null);
  // eslint-disable-next-line @typescript-eslint/require-await
  async *list(): AsyncGenerator<never> {
    yield* [];
  }
}

/** A report, as a batch that went well gives. */
function reportOn(partition: number, i: number): Parameters<Telemetry['batch']>[1] {
  return {
    ...{ hub: OF.hub, partition: String(partition), incarnation: 1, firstSequence: '0', lastSequence: '127' },
    ...{ received: EVENTS, written: EVENTS, duplicates: 0, quarantined: 0, unrecognised: 0, propertiesLost: false },
    ...{
      gap: 0,
      files: 1,
      bytes: 150_000,
      swapConflicts: 0,
      writeMs: 20 + (i % 50),
      delayMs: 300 + (i % 500),
      sourceDelayMs: 80,
    },
  };
}

async function tellMicroseconds(telemetry: Telemetry): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < 20; run += 1) {
    const start = performance.now();
    for (let i = 0; i < 1_000; i += 1) telemetry.batch('postgresql', reportOn(i % PARTITIONS, i));
    times.push(performance.now() - start);
  }
  await telemetry.flush(10_000);
  return Math.round(median(times) * 100) / 100;
}

/** A minute of ten batches a second on each partition. */
async function exportOf(telemetry: Telemetry): Promise<TelemetryBench['exportOf']> {
  const batches = PARTITIONS * 600;
  const times: number[] = [];
  for (let run = 0; run < 10; run += 1) {
    for (let i = 0; i < batches; i += 1) telemetry.batch('postgresql', reportOn(i % PARTITIONS, i));
    times.push(await timed(() => telemetry.flush(30_000)));
  }
  const milliseconds = Math.round(median(times) * 10) / 10;
  return { batches, milliseconds, shareOfMinute: Math.round((milliseconds / 60_000) * 1e5) / 1e5 };
}

/** Takes everything in; in a process of its own, so that what it does is not charged to ours. */
const ENDPOINT = `
  const server = require('node:http').createServer((request, response) => {
    request.resume().on('end', () => response.end('{"itemsReceived":1,"itemsAccepted":1,"errors":[]}'));
  });
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

async function startEndpointProcess(): Promise<{ readonly connectionString: string; stop(): void }> {
  const child = spawn(process.execPath, ['-e', ENDPOINT], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  return {
    connectionString: `InstrumentationKey=${randomUUID()};IngestionEndpoint=http://127.0.0.1:${port.trim()}/`,
    stop: () => void child.kill(),
  };
}
