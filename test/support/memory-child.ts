import { loadApp } from '../../local/host/load-app';
import { hostTriggerMetadata } from '../../local/host/trigger-metadata';

/**
 * A worker process that is handed one full batch of 1 MB events for each of several partitions, all at once, and tells
 * how it went and how much memory it took: `node memory-child.js <app> <partitions> <events>`.
 */

const EVENT_BYTES = 1_000_000;
const NOON = Math.floor(Date.now() / 86_400_000) * 86_400_000 + 43_200_000;

const [app = '', partitions = '', eventsEach = ''] = process.argv.slice(2);

/** JSON of a megabyte, each its own Buffer as the worker hands them over; every fiftieth is no JSON. */
function body(sequence: number): Buffer {
  const bytes = Buffer.alloc(EVENT_BYTES, 'x');
  const isJson = sequence % 50 !== 49;
  bytes.write(`{"op":"c","after":{"id":${sequence},"text":"`);
  if (isJson) bytes.write('"}}', EVENT_BYTES - 3);
  return bytes;
}

async function deliver(invoke: ReturnType<typeof loadApp>['invoke'], partition: string): Promise<void> {
  const of = { namespace: 'example.servicebus.windows.net', hub: 'changes', consumerGroup: 'lake', partition };
  const events = Array.from({ length: Number(eventsEach) }, (_, sequence) => ({
    sequence: BigInt(sequence),
    offset: String(sequence * EVENT_BYTES),
    enqueuedAt: NOON + sequence,
    partitionKey: null,
    properties: {},
  }));
  const bodies = events.map((_, sequence) => body(sequence));
  await invoke('ingestPostgres', { bodies, triggerMetadata: hostTriggerMetadata(of, events) });
}

async function main(): Promise<void> {
  const worker = loadApp(app);
  await worker.start(app);
  const invoke = worker.invoke.bind(worker);
  await Promise.all(Array.from({ length: Number(partitions) }, (_, partition) => deliver(invoke, String(partition))));
  // In KiB on Linux.
  process.stdout.write(JSON.stringify({ peakBytes: process.resourceUsage().maxRSS * 1024 }));
}

void main();
