import path from 'node:path';
import { EventHubConsumerClient, EventHubProducerClient } from '@azure/event-hubs';
import { BlobServiceClient } from '@azure/storage-blob';
import { DataLakeServiceClient } from '@azure/storage-file-datalake';
import { changeEvents } from '../events/events';
import { appEnvironment } from '../platform/app-settings';
import { Fleet } from '../platform/fleet';
import { startPlatform, type Platform } from '../platform/platform';
import { type Comparison } from '../rebuild/compare';
import { judge, type Verdict } from '../verdict/judge';
import { readLake, type LakeFile } from '../verdict/read-lake';
import { SentLog } from '../verdict/sent';
import { bareEnvironment, QUICK_PROFILE } from './app-profile';
import { untilCaptured } from './captured';
import { CHAOS_PARTS, makeTrouble } from './chaos';
import { type DemoOptions } from './command';
import { stateFolder } from './folder';
import { CHECKPOINT_CONTAINER, untilIngested } from './ingested';
import { type Progress } from './progress';
import { Random } from '../events/random';
import { sendAll, type Target } from './sender';
import { changeShops, openSources, startCapture, type Sources } from './sources';
import { judgeTables } from './tables';
import { Tally } from './tally';
import { type TroubleCounts } from './troubles';

const HUBS = { postgresql: 'postgresql-changes', mongodb: 'mongodb-changes' } as const;
const GROUP = 'lake';
const FILE_SYSTEM = 'data';

/** So many changes go with each part of a run without chaos, up to so many parts. */
const PART_CHANGES = 2_000;
const MOST_PARTS = 10;

/** Beside the databases' changes come events of other senders: Debezium's, and a few that are hostile. */
const OTHERS_SHARE = 0.1;

/** Without an event landing for so long, the run is given up. */
const STALL_MS = 90_000;

/** What a run showed. */
export interface DemoResult {
  readonly verdict: Verdict;
  readonly tables: readonly Comparison[];
  /** Events that capture sent again; each is in the lake as often as it was sent, and counts once. */
  readonly repeated: number;
  readonly tally: Tally;
  readonly troubles: TroubleCounts;
  /** From the first change to the last event landed. */
  readonly flowMs: number;
  /** Events that the hubs hold, by `hub/partition`. */
  readonly held: ReadonlyMap<string, number>;
  /** One file of the lake; null where there is none. */
  readonly sample: LakeFile | null;
}

/**
 * Starts everything, changes rows, sends, waits, judges the lake, and leaves nothing behind but what is kept.
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
  const openShops = (): Promise<Sources> => openSources(options.keep ? folder.path : null, options.seed);
  await using sources = await progress.step('databases', openShops, told.sources);
  await using fleet = await progress.step('functions', () => openFleet(platform, options, tally, progress), told.fleet);
  const say = (line: string): void => progress.line(`  ${line}`);
  const { connectionStrings, storage, proxy } = platform;
  const through = { ...connectionStrings, storage: proxy.through(storage.connectionString) };
  await using captures = startCapture(sources, bareEnvironment(process.env), through, say);
  await using clients = openClients(platform);
  const run = async (): Promise<DemoResult> => {
    const sent = new SentLog();
    const flow = await flowThrough({ platform, sources, captures, fleet, clients, tally, sent }, options, progress);
    await Promise.all([captures.postgres.stop(), captures.mongodb.stop()]);
    await fleet.stop();
    progress.settle();
    const lake = lakeOf(platform);
    const verdict = await judge(sent, readLake(lake), { foreignAllowed: true });
    const found = await judgeTables(sources, lake);
    const sample = verdict.listing[0] === undefined ? null : await sampleOf(lake, verdict.listing[0].path);
    return { verdict, ...found, tally, ...flow, held: eventsHeld(platform), sample };
  };
  return await Promise.race([run(), captures.postgres.failed, captures.mongodb.failed, interrupted]);
}

/** What changes and events flow through. */
interface Course {
  readonly platform: Platform;
  readonly sources: Sources;
  readonly captures: ReturnType<typeof startCapture>;
  readonly fleet: Fleet;
  readonly clients: ReturnType<typeof openClients>;
  readonly tally: Tally;
  readonly sent: SentLog;
}

/** Changes rows and sends events, with trouble beside them where it is asked for, and waits until the functions have returned from all. */
async function flowThrough(
  { platform, sources, captures, fleet, clients, tally, sent }: Course,
  options: DemoOptions,
  progress: Progress,
): Promise<Pick<DemoResult, 'troubles' | 'flowMs'>> {
  const startedAt = performance.now();
  const troubles: TroubleCounts = { kills: 0, lostAnswers: 0, throttled: 0 };
  const { proxy, eventHubs } = platform;
  const stage = { fleet, captures, sources, proxy, eventHubs, random: new Random(options.seed), counts: troubles };
  let changed = 0;
  let phase = 'changing';
  const show = (): void =>
    progress.update(
      `${phase}: ${number(changed)} changes committed, ` +
        `${number(sum(eventsHeld(platform).values()))} events in Event Hubs, ${number(tally.written)} in the lake`,
    );
  const onChanged = (more: number): void => {
    changed += more;
    show();
  };
  const parts = options.chaos ? CHAOS_PARTS : Math.min(MOST_PARTS, Math.ceil(options.changes / PART_CHANGES));
  const others = changeEvents({ seed: options.seed, count: Math.ceil(options.changes * OTHERS_SHARE) });
  for (let part = 0; part < parts; part += 1) {
    const changes = share(options.changes, part, parts);
    const events = take(others, share(Math.ceil(options.changes * OTHERS_SHARE), part, parts));
    const trouble = options.chaos ? makeTrouble(part, stage, (line) => progress.line(`  ⚡ ${line}`)) : null;
    const large = part === 0 ? LARGE : 0;
    await Promise.all([
      changeShops(sources, { seed: options.seed + part, changes, large }, onChanged),
      sendAll(events, { targets: clients.targets, sent, onAcknowledged: show }),
      trouble,
    ]);
  }
  phase = 'capturing';
  const ticker = setInterval(show, TOLD_EVERY_MS);
  try {
    await untilCaptured(sources, lakeOf(platform));
    phase = 'landing';
    const { readers, checkpoints } = clients;
    await untilIngested({ hubs: readers, group: GROUP, checkpoints, onProgress: show, stallMs: STALL_MS });
  } finally {
    clearInterval(ticker);
  }
  show();
  return { troubles, flowMs: performance.now() - startedAt };
}

/** Rows, and documents, that no event of a hub can hold. */
const LARGE = 2;

const TOLD_EVERY_MS = 500;

/** What falls to one of several parts. */
function share(whole: number, part: number, parts: number): number {
  return Math.floor((whole * (part + 1)) / parts) - Math.floor((whole * part) / parts);
}

function take<T>(items: Iterator<T>, count: number): T[] {
  const taken: T[] = [];
  while (taken.length < count) {
    const next = items.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}

function eventsHeld({ eventHubs }: Platform): ReadonlyMap<string, number> {
  const partitions = eventHubs
    .hubs()
    .flatMap(({ name, partitions }) =>
      partitions.map(({ id, lastSequence }) => [`${name}/${id}`, lastSequence + 1] as const),
    );
  return new Map(partitions);
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, each) => total + each, 0);

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

const told = {
  sources: ({ databases: { postgres, mongodb } }: Sources) =>
    `PostgreSQL on port ${postgres.port}, MongoDB (a stand-in) on port ${mongodb.port}, with a shop in each`,
  platform: ({ storage, eventHubs }: Platform) =>
    `Event Hubs on port ${eventHubs.port}; storage with the Data Lake API on port ${storage.port}`,
  fleet: async (fleet: Fleet) => `${(await fleet.functions()).join(', ')} on ${fleet.count} instances`,
};

const number = (value: number): string => value.toLocaleString('en');
