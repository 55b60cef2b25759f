import { BlobServiceClient } from '@azure/storage-blob';
import { startPlatform, type Platform } from '../../../local/platform/platform';
import { complete } from '../../../src/cli/lake/complete';
import { status } from '../../../src/cli/lake/status';
import { verify } from '../../../src/cli/lake/verify';
import { noteClosedGaps } from '../../../src/lib/ledger/closed-gaps';
import { events, NOON, openInstance } from '../../support/instance';
import { LakeReader } from '../../support/reader';
import '../../support/unref-long-timers';

/** `npm run lake -- complete`, `status` and `verify`, on the local platform. */

const DAY_MS = 86_400_000;
const BEGIN = NOON - 3 * DAY_MS;
const HUB = { namespace: 'localhost', hub: 'postgresql-changes', partition: '0' };
const LEDGER = '_system/ledger/localhost/postgresql-changes/1/0.json';
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
const markerOf = (at: number): string => `_system/complete/postgresql/${dayOf(at).replaceAll('-', '/')}.json`;

let platform: Platform;
let reader: LakeReader;
let out: string[];
const former = { ...process.env };

beforeEach(async () => {
  platform = await startPlatform({
    ...{ blobPort: 0, queuePort: 0, tablePort: 0, amqpPort: 0, healthPort: 0 },
    ...{ folder: null, fileSystem: 'data', hubs: ['postgresql-changes', 'mongodb-changes'], partitions: 2 },
    ...{ consumerGroup: 'lake', latencyMs: 0, log: () => undefined },
  });
  reader = new LakeReader(platform.storage.connectionString);
  process.env = {
    ...former,
    EVENTHUB_CONNECTION_STRING: platform.connectionStrings.eventHubs,
    STORAGE_CONNECTION_STRING: platform.connectionStrings.storage,
    AzureWebJobsStorage: platform.connectionStrings.storage,
  };
  process.exitCode = undefined;
  out = [];
  jest.spyOn(console, 'log').mockImplementation((line: string) => void out.push(line));
});
afterEach(async () => {
  process.env = former;
  process.exitCode = undefined;
  jest.restoreAllMocks();
  await platform[Symbol.asyncDispose]();
});

const json = (): unknown => JSON.parse(out.splice(0).join('')) as unknown;
const text = (): string => out.splice(0).join('\n');
const run = (changes: { json?: boolean; dryRun?: boolean } = {}): Promise<void> =>
  complete({ json: true, dryRun: false, minutes: '5', ...changes });

async function fill(): Promise<void> {
  const instance = await openInstance(platform.storage.connectionString, { retentionDays: 7 });
  await instance.deliver(events(0, 4, {}, BEGIN), { partition: HUB });
  await instance.deliver(events(5, 9, {}, BEGIN + DAY_MS), { partition: HUB });
}

test('a dry run tells what would be marked, and writes nothing; then it is marked', async () => {
  await fill();
  const marked = expect.arrayContaining([dayOf(BEGIN), dayOf(BEGIN + DAY_MS)]) as unknown;
  await run({ dryRun: true });
  expect(json()).toMatchObject({ ok: true, sources: [{ daysMarked: marked }, { daysMarked: [] }] });
  expect(await reader.paths('_system/complete')).toEqual([]);
  await run();
  expect(json()).toMatchObject({
    ...{ ok: true, dryRun: false },
    sources: [
      {
        ...{ source: 'postgresql', ok: true, why: [], failures: [], totals: { events: 10 } },
        completeThrough: expect.stringMatching(/^\d{4}-.*Z$/) as unknown,
        daysMarked: marked,
        recent: [{ day: dayOf(BEGIN), events: 5, state: 'complete' }, {}, {}, { state: 'open' }],
      },
      { source: 'mongodb', ok: true },
    ],
  });
  expect(process.exitCode).toBeUndefined();
  expect(await reader.json(markerOf(BEGIN + DAY_MS))).toMatchObject({ complete: true, events: 5 });
});

test('what is missing is told with exit status 1, in a table by day', async () => {
  await fill();
  await run();
  text();
  await reader.remove((await reader.visible()).find((path) => path.includes('_5-9_')) ?? '');
  await run({ json: false });
  expect(process.exitCode).toBe(1);
  const told = text();
  expect(told).toMatch(new RegExp(`postgresql +│ ${dayOf(BEGIN)} +│ +5 │ +0 │ +5 │ +0 │ incomplete`));
  expect(told).toContain(`  ${dayOf(BEGIN + DAY_MS)} was complete, and is so no longer`);
  expect(told).toContain('postgresql: complete through');
  expect(told).toContain('(postgresql-changes/0: 5-9 are in no file)');
});

test('a checkpoint of the host beyond the end of its hub is told, with what to do', async () => {
  const account = BlobServiceClient.fromConnectionString(platform.storage.connectionString);
  const container = account.getContainerClient('azure-webjobs-eventhub');
  await container.create();
  const blob = container.getBlockBlobClient('localhost/postgresql-changes/lake/checkpoint/1');
  await blob.upload('', 0, { metadata: { offset: '4096', sequencenumber: '41' } });
  await run();
  expect(json()).toMatchObject({
    ok: false,
    sources: [{ oldCheckpoints: [{ partition: '1', why: 'beyond_end', sequence: '41' }] }, { oldCheckpoints: [] }],
  });
  await run({ json: false });
  expect(text()).toContain("checkpoint of partition 1 (41) is beyond the hub's end");
  expect(process.exitCode).toBe(1);
});

test('verify tells what is known to be lost, and is content', async () => {
  const instance = await openInstance(platform.storage.connectionString, { retentionDays: 7 });
  await instance.deliver(events(0, 4, {}, BEGIN), { partition: HUB });
  await instance.deliver(events(7, 9, {}, BEGIN), { partition: HUB });
  await verify({ json: false, deep: false });
  expect([process.exitCode, text()]).toEqual([1, expect.stringContaining('5-6 were never handed over')]);
  process.exitCode = undefined;
  await noteClosedGaps(instance.lake, { ...HUB, incarnation: 1 }, [
    { first: 5n, last: 6n, noticedAt: 0, closedAt: 1, outcome: 'expired' },
  ]);
  await reader.write(LEDGER, JSON.stringify({ ...(await reader.json(LEDGER)), gaps: [] }));
  await verify({ json: false, deep: false });
  const told = text();
  expect(process.exitCode).toBeUndefined();
  expect(told).toContain('postgresql-changes/0: 5-6 are lost: Event Hubs no longer keeps them');
  expect(told).toContain('Every event that Event Hubs has handed over, but for what is told as lost, is in the lake');
  await verify({ json: true, deep: false });
  expect(json()).toMatchObject({ ok: true, partitions: [{ lost: ['5-6'], absent: [], verdict: 'lost' }] });
});

test('status tells the rate of the last hour, the last write, and what is really staged still', async () => {
  const instance = await openInstance(platform.storage.connectionString, { retentionDays: 7 });
  const now = Date.now();
  await instance.deliver(events(0, 59, {}, now - 7_200_000), { partition: HUB });
  await instance.deliver(events(60, 179, {}, now - 1_800_000), { partition: HUB });
  await instance.deliver(events(0, 0, {}, now - 1_800_000), { partition: { ...HUB, partition: '1' } });
  const staged = '_system/staging/localhost/postgresql-changes/1/1/waiting';
  const other = LEDGER.replace('0.json', '1.json');
  const [pending] = (await reader.json(other))['pending'] as { final: string }[];
  await reader.move(pending?.final ?? '', staged);
  await reader.write(other, JSON.stringify({ ...(await reader.json(other)), pending: [{ ...pending, staged }] }));
  await status({ json: true, hub: true });
  expect(json()).toMatchObject({
    partitions: [
      {
        ...{ partition: '0', start: '0', last: '179', lag: null, gaps: [], pending: 0 },
        ...{ eventsPerMinuteOfLastHour: 2, lastWriteTime: expect.stringMatching(/^\d{4}-.*Z$/) as unknown },
      },
      { partition: '1', pending: 1, eventsPerMinuteOfLastHour: 0 },
    ],
  });
  await status({ json: false, hub: false });
  expect(text()).toContain('events/min (last hour)');
});

test("on a machine whose clock is a day fast, today's day is not over: the storage service's clock says so", async () => {
  const instance = await openInstance(platform.storage.connectionString, { retentionDays: 7 });
  await instance.deliver(events(0, 4, {}, BEGIN), { partition: HUB });
  const now = Date.now;
  jest.spyOn(Date, 'now').mockImplementation(() => now() + DAY_MS);
  await run();
  const marked = await reader.paths('_system/complete');
  expect(marked).toContain(markerOf(BEGIN));
  expect(marked).not.toContain(markerOf(now()));
});
