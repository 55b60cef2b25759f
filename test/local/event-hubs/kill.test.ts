import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import {
  earliestEventPosition,
  EventHubConsumerClient,
  EventHubProducerClient,
  type ReceivedEventData,
} from '@azure/event-hubs';
import { build } from 'esbuild';
import { startEventHubs } from '../../../local/event-hubs/event-hubs';
import { hub, quickRetries, Reading, temporaryFolder } from './support';

const KILLS = 6;
const PARTITIONS = ['0', '1', '2'];

/** An event as a consumer saw it. */
interface Seen {
  readonly body: string;
  readonly sequence: number;
}

test('killed with -9 again and again while a client publishes, it keeps every acknowledged event, once, with its number', async () => {
  await using folder = await temporaryFolder();
  const file = path.join(folder.path, 'child.js');
  await build({ entryPoints: [path.join(__dirname, 'kill-child.ts')], bundle: true, platform: 'node', outfile: file });
  const data = path.join(folder.path, 'data');

  const sender = new Sender();
  const seen = new Map<string, Seen[]>(PARTITIONS.map((partition) => [partition, []]));
  let port = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const child = await start(file, data, port);
    port = child.port;
    await using reader = new Reader(child.connectionString, seen);
    const sending = sender.send(child.connectionString);
    // The more it has to do, the more there is to tear.
    await sender.acknowledgedMore(400 + 150 * kill);
    // What a reader has seen is what must keep its number.
    await reader.hasSeen;
    child.process.kill('SIGKILL');
    await once(child.process, 'exit');
    await sending;
  }

  const lines: string[] = [];
  await using hubs = await startEventHubs({
    port: 0,
    healthPort: null,
    folder: data,
    hubs: [hub('orders', 3)],
    log: (line) => lines.push(line),
  });
  const { connectionString } = hubs;
  const kept = new Map<string, Seen[]>();
  for (const { id, lastSequence } of hubs.hub('orders')?.partitions ?? []) {
    const client = new EventHubConsumerClient('lake', connectionString, 'orders', { retryOptions: quickRetries });
    const reading = new Reading(client, id, { startPosition: earliestEventPosition, maxBatchSize: 500 });
    kept.set(id, (await reading.atLeast(lastSequence + 1)).map(asSeen));
    await reading.close();
    await client.close();
  }

  const bodies = [...kept.values()].flat().map(({ body }) => body);
  const counts = new Map<string, number>();
  for (const body of bodies) counts.set(body, (counts.get(body) ?? 0) + 1);
  expect(sender.acknowledged.length).toBeGreaterThan(400 * KILLS);
  expect(sender.acknowledged.filter((body) => counts.get(body) !== 1)).toEqual([]);
  // Each batch is sent once: what was not acknowledged is there once or not at all, and a batch as a whole.
  expect([...counts].filter(([, count]) => count !== 1)).toEqual([]);
  const perBatch = new Map<string, number>();
  for (const body of bodies) {
    const batch = body.split('/', 1)[0] ?? '';
    perBatch.set(batch, (perBatch.get(batch) ?? 0) + 1);
  }
  expect([...perBatch].filter(([, count]) => count !== Sender.batchSize)).toEqual([]);
  for (const [partition, events] of kept) {
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index));
    // What a consumer saw before a kill is what the same number names after it.
    for (const { body, sequence } of seen.get(partition) ?? []) expect(events[sequence]?.body).toBe(body);
  }
});

const asSeen = ({ body, sequenceNumber }: ReceivedEventData): Seen => ({
  body: (body as string).slice(0, 20).trim(),
  sequence: sequenceNumber,
});

async function start(file: string, data: string, port: number) {
  const child: ChildProcess = spawn(process.execPath, [file, data, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.stdout === null) throw new Error('no output');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { process: child, ...(JSON.parse(line) as { port: number; connectionString: string }) };
}

/** Sends batches to all partitions, each batch once, until the other side is gone; remembers what was acknowledged. */
class Sender {
  static readonly batchSize = 20;
  readonly acknowledged: string[] = [];
  #next = 0;
  #waiting: { readonly count: number; readonly resolve: () => void } | null = null;

  async send(connectionString: string): Promise<void> {
    const retryOptions = { maxRetries: 0, timeoutInMs: 1000 };
    const producer = new EventHubProducerClient(connectionString, 'orders', { retryOptions });
    await Promise.all(
      PARTITIONS.flatMap((partition) => [this.#sendTo(producer, partition), this.#sendTo(producer, partition)]),
    );
    await producer.close();
  }

  async #sendTo(producer: EventHubProducerClient, partitionId: string): Promise<void> {
    for (;;) {
      const batch = this.#next;
      this.#next += 1;
      const bodies = Array.from({ length: Sender.batchSize }, (_, index) => `${batch}/${index}`);
      try {
        // 1 to 40 KB of batch: longer than what one write to the file surely takes whole.
        const events = bodies.map((body) => ({ body: body.padEnd(20 + ((batch * 37) % 2000)) }));
        await producer.sendBatch(events, { partitionId });
      } catch {
        return;
      }
      this.acknowledged.push(...bodies);
      if (this.#waiting !== null && this.acknowledged.length >= this.#waiting.count) this.#waiting.resolve();
    }
  }

  acknowledgedMore(count: number): Promise<void> {
    return new Promise((resolve) => (this.#waiting = { count: this.acknowledged.length + count, resolve }));
  }
}

/** Consumers of all partitions, each from where the last one stopped. */
class Reader implements AsyncDisposable {
  /** Resolves once it has read anything. */
  readonly hasSeen: Promise<void>;
  readonly #client: EventHubConsumerClient;
  readonly #subscriptions: { close(): Promise<void> }[];

  constructor(connectionString: string, seen: Map<string, Seen[]>) {
    this.#client = new EventHubConsumerClient('lake', connectionString, 'orders', {
      retryOptions: { maxRetries: 10, retryDelayInMs: 100, maxRetryDelayInMs: 200, timeoutInMs: 1000 },
    });
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.hasSeen = promise;
    this.#subscriptions = PARTITIONS.map((partition) => {
      const last = seen.get(partition)?.at(-1)?.sequence;
      return this.#client.subscribe(
        partition,
        {
          processEvents: (events) => {
            if (events.length > 0) resolve(undefined);
            seen.get(partition)?.push(...events.map(asSeen));
            return Promise.resolve();
          },
          processError: () => Promise.resolve(),
        },
        {
          startPosition: last === undefined ? earliestEventPosition : { sequenceNumber: last },
          maxBatchSize: 500,
          maxWaitTimeInSeconds: 1,
        },
      );
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const subscription of this.#subscriptions) await subscription.close();
    await this.#client.close();
  }
}
