import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { triggerMetadataFor } from '../local/host/trigger-metadata';
import { ByteBudget } from '../src/lib/budget';
import { systemClock } from '../src/lib/clock';
import { Secret } from '../src/lib/config/secret';
import { type HubEvent } from '../src/lib/decode/event';
import { ingest, type IngestRoom } from '../src/lib/ingest';
import { azureLake } from '../src/lib/lake/azure-lake';
import { openClients, type LakeClients } from '../src/lib/lake/clients';
import { encodeRun } from '../src/lib/lake/encode';
import { LedgerCache } from '../src/lib/ledger/cache';
import { BODY_KINDS } from './bodies';
import { median, ratioOf, type Ratio, type Round } from './ratio';

export interface IngestBench {
  readonly name: 'ingest';
  readonly partitions: number;
  readonly eventsPerBatch: number;
  readonly meanBytes: number;
  readonly rounds: number;
  /**
   * The throughput of the whole handler as a share of that of a bare put, put and rename of ready buffers through the same
   * SDKs: the least that any handler could do that stages, swaps and publishes. Storage answers as fast as it can here,
   * in well under a millisecond for small requests.
   */
  readonly ratio: Ratio;
  readonly goal: 0.8;
  readonly eventsPerSecond: { readonly handler: number; readonly bare: number };
  /** The same where each request is answered `latencyMs` later, as across a network: encoding fills the waiting. */
  readonly remote: { readonly latencyMs: number; readonly ratio: Ratio };
}

export interface IngestBenchOptions {
  readonly rounds?: number;
}

const PARTITIONS = 8;
const EVENTS = 1000;
const WARM_UP = 4;
const LATENCY_MS = 20;
const OF = { namespace: 'example.servicebus.windows.net', hub: 'postgresql-changes', consumerGroup: 'lake' };
const NOON = Math.floor(Date.now() / 86_400_000) * 86_400_000 + 43_200_000;

export async function benchIngest({ rounds = 30 }: IngestBenchOptions = {}): Promise<IngestBench> {
  const near = await compare(rounds, 0);
  const far = await compare(rounds, LATENCY_MS);
  const perSecond = (side: keyof Round): number =>
    Math.round((PARTITIONS * EVENTS * 1000) / median(near.map((timing) => timing[side])));
  return {
    name: 'ingest',
    partitions: PARTITIONS,
    eventsPerBatch: EVENTS,
    meanBytes: Math.round(BODIES.reduce((sum, body) => sum + body.length, 0) / BODIES.length),
    rounds,
    ratio: ratioOf(near),
    goal: 0.8,
    eventsPerSecond: { handler: perSecond('ours'), bare: perSecond('baseline') },
    remote: { latencyMs: LATENCY_MS, ratio: ratioOf(far) },
  };
}

/** Both sides take turns in every round; the storage is a process of its own, as it is in the cloud. */
async function compare(rounds: number, latencyMs: number): Promise<Round[]> {
  const storage = await startStorageProcess(latencyMs);
  try {
    const access = { kind: 'connectionString', connectionString: new Secret(storage.connectionString) } as const;
    const clients = await openClients(access, 'data', () => Promise.reject(new Error('no identity is needed')));
    const handler = handlerSide(clients);
    const bare = await bareSide(clients);
    const timings: Round[] = [];
    for (let round = -WARM_UP; round < rounds; round += 1) {
      const oursFirst = round % 2 === 0;
      const first = await timed(oursFirst ? handler : bare);
      const second = await timed(oursFirst ? bare : handler);
      if (round >= 0) timings.push(oursFirst ? { ours: first, baseline: second } : { ours: second, baseline: first });
    }
    return timings;
  } finally {
    await storage.stop();
  }
}

setFlagsFromString('--expose-gc');
/** What was left by the other side, or by what the host would do in its own process, is not charged to this one. */
const collectGarbage = runInNewContext('gc') as () => void;

interface Side {
  /** What somebody else does in production, before the clock starts. */
  prepare(): void;
  run(partition: number): Promise<unknown>;
}

async function timed(side: Side): Promise<number> {
  side.prepare();
  collectGarbage();
  const start = performance.now();
  await Promise.all(Array.from({ length: PARTITIONS }, (_, partition) => side.run(partition)));
  return performance.now() - start;
}

const BODIES = smallBodies();

/** Bodies of about 1 KB, of every kind that is that small, in turn. */
function smallBodies(): Buffer[] {
  const kinds = BODY_KINDS.filter(({ make }) => make(0).length < 2_000);
  return Array.from({ length: EVENTS }, (_, i) => Buffer.from((kinds[i % kinds.length] as (typeof kinds)[0]).make(i)));
}

/** The next `EVENTS` events from `first` on. */
function batch(first: number): HubEvent[] {
  return BODIES.map((body, i) => ({
    sequence: BigInt(first + i),
    offset: String((first + i) * 1_100),
    enqueuedAt: NOON + ((first + i) % 1_000_000),
    partitionKey: `public.orders:${first + i}`,
    properties: {},
    body,
  }));
}

/** The registered handler's whole work, from the trigger's input to the report. */
function handlerSide(clients: LakeClients): Side {
  const room: IngestRoom = {
    lakeWithin: (signal) => azureLake(clients, 30_000, signal),
    hubFacts: { createdAt: () => Promise.reject(new Error('nobody asks')) },
    ledgers: new LedgerCache(),
    budget: new ByteBudget(256 << 20),
    clock: systemClock,
    newId: randomUUID,
    maxFileBytes: 64 << 20,
    retentionDays: 1,
    attemptMs: 240_000,
  };
  let first = 0;
  let metadata: unknown[] = [];
  return {
    // The host makes the metadata, not the handler.
    prepare() {
      const events = batch(first);
      first += EVENTS;
      metadata = Array.from({ length: PARTITIONS }, (_, i) =>
        triggerMetadataFor({ ...OF, partition: String(i) }, events),
      );
    },
    run: (partition) => ingest('postgresql', BODIES, metadata[partition], room),
  };
}

/** The same bytes, ready-made: one put, one conditional put of a ledger's size, one conditional rename. */
async function bareSide({ blobs, files }: LakeClients): Promise<Side> {
  const owner = { ...OF, source: 'postgresql', incarnation: 1, partition: '0' } as const;
  const bytes = (await encodeRun(batch(0), owner)).bronze?.bytes ?? Buffer.alloc(0);
  const ledger = Buffer.alloc(900, ' ');
  const etags = new Map<number, string>();
  const folder = 'bronze/bare';
  await files.getDirectoryClient(folder).createIfNotExists();
  const run = async (partition: number): Promise<void> => {
    const name = randomUUID();
    await blobs.getBlockBlobClient(`_system/bare/${name}`).upload(bytes, bytes.length);
    const etag = etags.get(partition);
    const conditions = etag === undefined ? { ifNoneMatch: '*' } : { ifMatch: etag };
    const swap = blobs.getBlockBlobClient(`_system/bare-ledger/${partition}`);
    etags.set(partition, (await swap.upload(ledger, ledger.length, { conditions })).etag ?? '');
    const destinationConditions = { ifNoneMatch: '*' };
    await files.getFileClient(`_system/bare/${name}`).move(`${folder}/${name}.json`, { destinationConditions });
  };
  return { prepare: () => undefined, run };
}

interface StorageProcess {
  readonly connectionString: string;
  stop(): Promise<void>;
}

/** `npm run local` in a process of its own, in memory, at free ports. */
async function startStorageProcess(latencyMs: number): Promise<StorageProcess> {
  const child = fork(
    path.join(__dirname, 'local.js'),
    ['--memory', '--json', '--latency', String(latencyMs), '--free-ports'],
    { silent: true },
  );
  child.stderr?.pipe(process.stderr);
  if (child.stdout === null) throw new Error('the storage process has no output');
  const [ready] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { storage } = JSON.parse(ready) as { storage: string };
  return {
    connectionString: storage,
    stop: async () => {
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    },
  };
}
