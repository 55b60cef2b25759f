import path from 'node:path';
import { type DataLakeFileSystemClient } from '@azure/storage-file-datalake';
import { appEnvironment } from '../platform/app-settings';
import { Fleet } from '../platform/fleet';
import { startPlatform, type Platform } from '../platform/platform';
import { judge, type Verdict } from '../verdict/judge';
import { readLake, type LakeFile } from '../verdict/read-lake';
import { SentLog } from '../verdict/sent';
import { bareEnvironment, QUICK_PROFILE } from './app-profile';
import { eventsHeld, FILE_SYSTEM, GROUP, HUBS, lakeOf, openClients } from './clients';
import { type DemoOptions } from './command';
import { flowThrough } from './flow';
import { stateFolder } from './folder';
import { freePort } from '../postgres/free-port';
import { statusPageAt } from '../platform/run';
import { isForPeople } from '../platform/told';
import { type Progress } from './progress';
import { openSources, startCapture, type Sources } from './sources';
import { judgeTables, type ServerComparison } from './tables';
import { Tally } from './tally';
import { type TroubleCounts } from './troubles';

/** What a run showed. */
export interface DemoResult {
  readonly verdict: Verdict;
  readonly tables: readonly ServerComparison[];
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

async function sampleOf(lake: DataLakeFileSystemClient, path: string): Promise<LakeFile> {
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
async function openFleet(platform: Platform, options: DemoOptions, tally: Tally, progress: Progress): Promise<Fleet> {
  const { storage, proxy, connectionStrings } = platform;
  const through = { ...connectionStrings, storage: proxy.through(storage.connectionString) };
  return await Fleet.start({
    script: path.join(__dirname, 'host-process.js'),
    app: path.resolve(__dirname, '..'),
    env: {
      ...appEnvironment(bareEnvironment(process.env), through, FILE_SYSTEM, storage.connectionString),
      ...QUICK_PROFILE,
    },
    count: options.instances,
    // The same for whoever takes a killed instance's place: the page finds it again.
    httpPort: await freePort('127.0.0.1'),
    onEvent: (event) => tally.heard(event),
    onOutput: (line, instance) => {
      if (isForPeople(line)) progress.line(`  instance ${instance}: ${line}`);
    },
  });
}

const ports = (servers: readonly { readonly port: number }[]): string => servers.map(({ port }) => port).join(' and ');

const told = {
  sources: ({ shops }: Sources) =>
    `PostgreSQL on ports ${ports(shops.map(({ databases }) => databases.postgres))}, MongoDB (a stand-in) on ports ` +
    `${ports(shops.map(({ databases }) => databases.mongodb))}, with a shop of one name in each`,
  platform: ({ storage, eventHubs }: Platform) =>
    `Event Hubs on port ${eventHubs.port}; storage with the Data Lake API on port ${storage.port}`,
  fleet: async (fleet: Fleet) =>
    `${(await fleet.functions()).join(', ')} on ${fleet.count} instances; how it goes: ` +
    statusPageAt(`http://127.0.0.1:${String(await fleet.httpPort())}`),
};
