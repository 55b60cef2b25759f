import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventHubProducerClient } from '@azure/event-hubs';
import { changeEvents, type GeneratedEvent } from '../local/events/events';
import { appEnvironment } from '../local/platform/app-settings';
import { readLine } from '../local/platform/batch-line';
import { Fleet } from '../local/platform/fleet';
import { startPlatform } from '../local/platform/platform';

export interface LatencyBench {
  readonly name: 'latency';
  /** Sent by the clock. */
  readonly eventsPerSecond: number;
  readonly events: number;
  /** From Event Hubs accepting an event to its file being visible; each event is counted as late as the oldest of its batch. */
  readonly p50DelayMs: number;
  readonly p99DelayMs: number;
  readonly files: number;
  readonly goal: 'p99 at most 5000 ms';
}

export interface LatencyBenchOptions {
  /** Rounds of one second. */
  readonly rounds?: number;
}

const HUB = 'postgresql-changes';
const PARTITIONS = 4;
const PER_SECOND = 1000;
const SENDS_PER_SECOND = 20;

/** The low-latency profile of docs/host-json.md. */
const PROFILE = {
  AzureFunctionsJobHost__extensions__eventHubs__minEventBatchSize: '2',
  AzureFunctionsJobHost__extensions__eventHubs__maxWaitTime: '00:00:02',
};

/** The real handler in a real process, through Event Hubs and the host on this machine, in real time. */
export async function benchLatency({ rounds = 20 }: LatencyBenchOptions = {}): Promise<LatencyBench> {
  await using platform = await startPlatform({
    ...{ blobPort: 0, queuePort: 0, tablePort: 0, amqpPort: 0, healthPort: 0, latencyMs: 0, folder: null },
    ...{ fileSystem: 'data', hubs: [HUB, 'mongodb-changes'], partitions: PARTITIONS, consumerGroup: 'lake' },
    log: console.error,
  });
  const delays: { readonly delayMs: number; readonly events: number }[] = [];
  let [landed, files] = [0, 0];
  const { connectionStrings, storage } = platform;
  await using fleet = await Fleet.start({
    script: path.join(__dirname, 'host-process.js'),
    app: path.resolve(__dirname, '..'),
    env: {
      PATH: process.env['PATH'],
      ...appEnvironment({}, connectionStrings, 'data', storage.connectionString),
      ...PROFILE,
    },
    count: 1,
    httpPort: null,
    onEvent: (event) => {
      const line = event.kind === 'log' ? readLine(event.line) : null;
      if (line?.message !== 'batch') return;
      landed += line.written;
      files += line.files;
      delays.push({ delayMs: line.delayMs, events: line.written });
    },
  });
  const events = [...changeEvents({ seed: 1, count: 4 * PER_SECOND })].filter(({ source }) => source === 'postgresql');
  const sent = await sendByTheClock(connectionStrings.eventHubs, events, rounds);
  while (landed < sent) await sleep(50);
  await fleet.stop();
  const at = (share: number): number => delayAt(delays, share * sent);
  return {
    name: 'latency',
    eventsPerSecond: PER_SECOND,
    events: sent,
    p50DelayMs: at(0.5),
    p99DelayMs: at(0.99),
    files,
    goal: 'p99 at most 5000 ms',
  };
}

async function sendByTheClock(
  connectionString: string,
  events: readonly GeneratedEvent[],
  seconds: number,
): Promise<number> {
  const producer = new EventHubProducerClient(connectionString, HUB);
  const share = PER_SECOND / SENDS_PER_SECOND / PARTITIONS;
  const startedAt = performance.now();
  let sent = 0;
  for (let tick = 0; tick < seconds * SENDS_PER_SECOND; tick += 1) {
    await sleep(Math.max(0, startedAt + (tick * 1000) / SENDS_PER_SECOND - performance.now()));
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      const some = Array.from({ length: Math.round(share) }, () => ({ body: events[sent++ % events.length]?.body }));
      await producer.sendBatch(some, { partitionId: String(partition) });
    }
  }
  await producer.close();
  return sent;
}

/** The delay that so many events do not exceed. */
function delayAt(delays: readonly { readonly delayMs: number; readonly events: number }[], events: number): number {
  let seen = 0;
  for (const { delayMs, events: count } of [...delays].sort((a, b) => a.delayMs - b.delayMs)) {
    seen += count;
    if (seen >= events) return delayMs;
  }
  return NaN;
}
