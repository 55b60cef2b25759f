import { BlobServiceClient } from '@azure/storage-blob';
import { startPlatform, type Platform } from '../../../local/platform/platform';
import { clean } from '../../../src/cli/lake/clean';
import { sweep } from '../../../src/cli/lake/sweep';
import { weekly } from '../../../src/cli/lake/weekly';
import { events, NOON, openInstance } from '../../support/instance';
import { LakeReader } from '../../support/reader';
import '../../support/unref-long-timers';

/** The commands of the weekly run, over storage and Event Hubs as the settings name them. */

const HUB = { namespace: 'localhost', hub: 'postgresql-changes', partition: '0' };
const DAY_MS = 86_400_000;

let platform: Platform;
let reader: LakeReader;
const environment = { ...process.env };
const printed: string[] = [];

beforeAll(async () => {
  platform = await startPlatform({
    ...{ blobPort: 0, queuePort: 0, tablePort: 0, amqpPort: 0, healthPort: 0 },
    ...{ folder: null, fileSystem: 'data', partitions: 2, consumerGroup: 'lake', latencyMs: 0, log: () => undefined },
    hubs: ['postgresql-changes', 'mongodb-changes'],
  });
  reader = new LakeReader(platform.storage.connectionString);
  process.env['EVENTHUB_CONNECTION_STRING'] = platform.connectionStrings.eventHubs;
  process.env['STORAGE_CONNECTION_STRING'] = platform.connectionStrings.storage;
  process.env['AzureWebJobsStorage'] = platform.connectionStrings.storage;
});

afterAll(async () => {
  process.env = environment;
  await platform[Symbol.asyncDispose]();
});

beforeEach(() => {
  printed.length = 0;
  jest.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line));
});
afterEach(() => jest.restoreAllMocks());

const json = (): Record<string, unknown> => JSON.parse(printed.join('\n')) as Record<string, unknown>;

test('weekly does its steps by the settings and tells them', async () => {
  const instance = await openInstance(platform.storage.connectionString, { retentionDays: 14 });
  const begin = NOON - 10 * DAY_MS;
  await instance.deliver(events(0, 4, {}, begin), { partition: HUB });
  await instance.deliver(events(5, 9, {}, begin), { partition: HUB });
  await weekly({ json: true, dryRun: false });
  expect(json()).toMatchObject({
    outcome: 'done',
    cleanCheckpoints: { did: 'done', report: { toArchive: [] } },
    optimisePostgresql: { report: { totals: { inputs: 2, outputs: 1 } } },
  });
  printed.length = 0;
  await weekly({ json: false, dryRun: true, minutes: '5' });
  expect(printed.map((line) => line.replace(/[\d.]+ s\)/, 'n s)'))).toEqual([
    'checkpoints: 0 records looked at, 0 to be removed.',
    'sweep: 0 files looked at, 0 to be removed (0 MiB).',
    'optimize: postgresql: 1 closed days, 1 files; 0 files would become 0',
    '  left: 1 files, good as they are',
    'optimize: mongodb: 0 closed days, 0 files; 0 files would become 0',
    'archive: 0 ledgers of hubs that are gone to be archived.',
    'A dry run, nothing was changed: all of it is done (n s).',
  ]);
  expect(await reader.visible()).toHaveLength(1);
});

test('sweep tells what it did', async () => {
  await sweep({ json: false, dryRun: false });
  expect(printed).toEqual(['0 files looked at, 0 removed (0 MiB).']);
  printed.length = 0;
  await sweep({ json: true, dryRun: true });
  expect(json()).toMatchObject({ dryRun: true, lookedAt: 0 });
});

test('each says who is at work already, and does nothing; a dry run waits for no run', async () => {
  await sweep({ json: true, dryRun: false });
  const lease = BlobServiceClient.fromConnectionString(platform.storage.connectionString)
    .getContainerClient('data')
    .getBlobClient('_system/maintenance/weekly.lock')
    .getBlobLeaseClient();
  await lease.acquireLease(60);
  const taken = new RegExp(`is taken by process ${process.pid} on .+ since 20`);
  await expect(sweep({ json: true, dryRun: false })).rejects.toThrow(taken);
  await expect(weekly({ json: true, dryRun: false })).rejects.toThrow(taken);
  await expect(clean({ json: true, dryRun: false })).rejects.toThrow(taken);
  for (const dry of [sweep, weekly, clean]) {
    printed.length = 0;
    await dry({ json: true, dryRun: true });
    expect(json()).toMatchObject({ dryRun: true });
  }
  await lease.releaseLease();
});
