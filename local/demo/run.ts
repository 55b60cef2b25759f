import path from 'node:path';
import { EventHubConsumerClient, EventHubProducerClient } from '@azure/event-hubs';
import { BlobServiceClient } from '@azure/storage-blob';
import { DataLakeServiceClient } from '@azure/storage-file-datalake';
import { changeEvents, type GeneratedEvent } from '../events/events';
import { appEnvironment } from '../platform/app-settings';
import { Fleet } from '../platform/fleet';
import { startPlatform, type Platform } from '../platform/platform';
import { judge, type Verdict } from '../verdict/judge';
import { readLake, type LakeFile } from '../verdict/read-lake';
import { SentLog } from '../verdict/sent';
import { bareEnvironment, QUICK_PROFILE } from './app-profile';
import { CHAOS_PARTS, makeTrouble } from './chaos';
import { type DemoOptions } from './command';
import { stateFolder } from './folder';
import { CHECKPOINT_CONTAINER, untilIngested } from './ingested';
import { type Progress } from './progress';
import { Random } from '../events/random';
import { sendAll, type Target } from './sender';
import { Tally } from './tally';
import { type TroubleCounts } from './troubles';

const HUBS = { postgresql: 'postgresql-changes', mongodb: 'mongodb-changes' } as const;
const GROUP = 'lake';
const FILE_SYSTEM = 'data';

/** Events that are made and sent at a time where there is no chaos. */
const PART_EVENTS = 2_000;

/** Without an event landing for so long, the run is given up. */
const STALL_MS = 90_000;

/** What a run showed. */
export interface DemoResult {
  readonly verdict: Verdict;
  readonly tally: Tally;
  readonly troubles: TroubleCounts;
  /** From the first event sent to the last one landed. */
  readonly flowMs: number;
  /** One file of the lake; null where there is none. */
  readonly sample: LakeFile | null;
}

/**
 * Starts everything, sends, waits, judges the lake, and leaves nothing behind but what is kept.
 *
 * @param interrupted rejects at Ctrl-C
 */
export async function runDemo(
  options: DemoOptions,
  progress: Progress,
  interrupted: Promise<never>,
): Promise<DemoResult> {
  await using folder = await stateFolder(options.keep);
  const tally = new Tally();
  await using platform = await progress.step('platform', () => openPlatform(folder.path, options), told.platform);
  await using fleet = await progress.step('functions', () => openFleet(platform, options, tally, progress), told.fleet);
  await using clients = openClients(platform);
  const run = async (): Promise<DemoResult> => {
    const sent = new SentLog();
    const flow = await flowThrough({ platform, fleet, clients, tally, sent }, options, progress);
    await fleet.stop();
    progress.settle();
    const lake = lakeOf(platform);
    const verdict = await judge(sent, readLake(lake));
    const sample = verdict.listing[0] === undefined ? null : await sampleOf(lake, verdict.listing[0].path);
    return { verdict, tally, ...flow, sample };
  };
  return await Promise.race([run(), interrupted]);
}

/** What events flow through. */
interface Course {
  readonly platform: Platform;
  readonly fleet: Fleet;
  readonly clients: ReturnType<typeof openClients>;
  readonly tally: Tally;
  readonly sent: SentLog;
}

/** Sends the events, with trouble beside them where it is asked for, and waits until the functions have returned from all. */
async function flowThrough(
  { platform, fleet, clients, tally, sent }: Course,
  options: DemoOptions,
  progress: Progress,
): Promise<Pick<DemoResult, 'troubles' | 'flowMs'>> {
  const startedAt = performance.now();
  const troubles: TroubleCounts = { kills: 0, lostAnswers: 0, throttled: 0 };
  const { proxy, eventHubs } = platform;
  const stage = { fleet, proxy, eventHubs, random: new Random(options.seed), counts: troubles };
  let acknowledged = 0;
  let phase = 'sending';
  const show = (): void =>
    progress.update(
      `${phase}: ${number(acknowledged)} of ${number(options.changes)} accepted by Event Hubs, ` +
        `${number(tally.written)} in the lake`,
    );
  const onAcknowledged = (events: number): void => {
    acknowledged += events;
    show();
  };
  let part = 0;
  for (const events of inParts(changeEvents({ seed: options.seed, count: options.changes }), partSize(options))) {
    const trouble = options.chaos ? makeTrouble(part, stage, (line) => progress.line(`  ⚡ ${line}`)) : null;
    await Promise.all([sendAll(events, { targets: clients.targets, sent, onAcknowledged }), trouble]);
    part += 1;
  }
  phase = 'landing';
  const { readers, checkpoints } = clients;
  await untilIngested({ hubs: readers, group: GROUP, checkpoints, onProgress: show, stallMs: STALL_MS });
  show();
  return { troubles, flowMs: performance.now() - startedAt };
}

/** The lake as its readers see it: past the fault proxy. */
function lakeOf({ storage }: Platform) {
  return DataLakeServiceClient.fromConnectionString(storage.connectionString).getFileSystemClient(FILE_SYSTEM);
}

async function sampleOf(lake: ReturnType<typeof lakeOf>, path: string): Promise<LakeFile> {
  return { path, bytes: await lake.getFileClient(path).readToBuffer() };
}

function openPlatform(folder: string, { partitions }: DemoOptions): Promise<Platform> {
  return startPlatform({
    ...{ blobPort: 0, queuePort: 0, tablePort: 0, amqpPort: 0, healthPort: 0 },
    folder,
    fileSystem: FILE_SYSTEM,
    hubs: Object.values(HUBS),
    partitions,
    consumerGroup: GROUP,
    latencyMs: 0,
    log: console.error,
  });
}

/** The functions reach their lake through the proxy, so that it can fail them. */
function openFleet(platform: Platform, options: DemoOptions, tally: Tally, progress: Progress): Promise<Fleet> {
  const { storage, proxy, connectionStrings } = platform;
  const through = { ...connectionStrings, storage: proxy.through(storage.connectionString) };
  return Fleet.start({
    script: path.join(__dirname, 'host-process.js'),
    app: path.resolve(__dirname, '..'),
    env: {
      ...appEnvironment(bareEnvironment(process.env), through, FILE_SYSTEM, storage.connectionString),
      ...QUICK_PROFILE,
    },
    count: options.instances,
    httpPort: null,
    onEvent: (event) => tally.heard(event),
    onOutput: (line, instance) => progress.line(`  instance ${instance}: ${line}`),
  });
}

function openClients({ connectionStrings, storage }: Platform) {
  const target = (hub: string): Target => ({
    hub,
    producer: new EventHubProducerClient(connectionStrings.eventHubs, hub, {
      retryOptions: { maxRetries: 0, timeoutInMs: 10_000 },
    }),
  });
  const targets = { postgresql: target(HUBS.postgresql), mongodb: target(HUBS.mongodb) };
  const readers = Object.values(HUBS).map((hub) => new EventHubConsumerClient(GROUP, connectionStrings.eventHubs, hub));
  return {
    targets,
    readers,
    checkpoints: BlobServiceClient.fromConnectionString(storage.connectionString).getContainerClient(
      CHECKPOINT_CONTAINER,
    ),
    [Symbol.asyncDispose]: async () => {
      const clients = [targets.postgresql.producer, targets.mongodb.producer, ...readers];
      await Promise.allSettled(clients.map((client) => client.close()));
    },
  };
}

const partSize = ({ chaos, changes }: DemoOptions): number => (chaos ? Math.ceil(changes / CHAOS_PARTS) : PART_EVENTS);

function* inParts(events: Iterable<GeneratedEvent>, size: number): Iterable<GeneratedEvent[]> {
  let part: GeneratedEvent[] = [];
  for (const event of events) {
    part.push(event);
    if (part.length < size) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}

const told = {
  platform: ({ storage, eventHubs }: Platform) =>
    `Event Hubs on port ${eventHubs.port}; storage with the Data Lake API on port ${storage.port}`,
  fleet: async (fleet: Fleet) => `${(await fleet.functions()).join(', ')} on ${fleet.count} instances`,
};

const number = (value: number): string => value.toLocaleString('en');
