import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { BlobServiceClient } from '@azure/storage-blob';
import { startPlatform, type Platform } from '../../local/platform/platform';
import { buildApp, type BuiltApp } from '../build/bundle';
import { events, NOON, openInstance } from '../support/instance';
import { LakeReader } from '../support/reader';
import '../support/unref-long-timers';

/** `npm run lake`, the built command, on a lake that the app wrote. */

const HUB = { namespace: 'localhost', hub: 'postgresql-changes', partition: '0' };
const DAY_MS = 86_400_000;

let app: BuiltApp;
let platform: Platform;
let reader: LakeReader;

beforeAll(async () => (app = await buildApp()));
afterAll(() => app[Symbol.asyncDispose]());

beforeEach(async () => {
  platform = await startPlatform({
    ...{ blobPort: 0, queuePort: 0, tablePort: 0, amqpPort: 0, healthPort: 0 },
    folder: null,
    fileSystem: 'data',
    hubs: ['postgresql-changes', 'mongodb-changes'],
    partitions: 2,
    consumerGroup: 'lake',
    latencyMs: 0,
    log: () => undefined,
  });
  reader = new LakeReader(platform.storage.connectionString);
});
afterEach(() => platform[Symbol.asyncDispose]());

interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function lake(...args: string[]): Promise<Result> {
  const child = spawn(process.execPath, [path.join(app.directory, 'dist/lake.js'), ...args], {
    cwd: app.directory,
    env: {
      PATH: process.env['PATH'],
      NODE_PATH: path.resolve('node_modules'),
      EVENTHUB_CONNECTION_STRING: platform.connectionStrings.eventHubs,
      STORAGE_CONNECTION_STRING: platform.connectionStrings.storage,
      AzureWebJobsStorage: platform.connectionStrings.storage,
    },
    stdio: 'pipe',
  });
  const exit = once(child, 'exit') as Promise<[number | null]>;
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { code, out, err };
}

const json = ({ out }: Result): Record<string, unknown> => JSON.parse(out) as Record<string, unknown>;

/** Three files of the day before yesterday, with a gap between the second and the third where it is asked for. */
async function fill(third: number): Promise<void> {
  const instance = await openInstance(platform.storage.connectionString, { retentionDays: 7 });
  const begin = NOON - 3 * DAY_MS;
  await instance.deliver(events(0, 4, {}, begin), { partition: HUB });
  await instance.deliver(events(5, 9, {}, begin + 60_000), { partition: HUB });
  await instance.deliver(events(third, third + 4, {}, begin + 120_000), { partition: HUB });
}

test('verify proves a lake that is whole, and says what is not', async () => {
  await fill(10);
  const whole = await lake('verify');
  expect([whole.code, whole.err]).toEqual([0, '']);
  expect(whole.out).toContain('Every event that Event Hubs has handed over is in the lake, by 3 file names');
  const [file = ''] = await reader.visible();
  await reader.remove(file);
  const damaged = await lake('verify', '--json');
  expect(damaged.code).toBe(1);
  expect(json(damaged)).toMatchObject({ ok: false, partitions: [{ missing: ['0-4'], verdict: 'damaged' }] });
  expect((await lake('verify')).out).toContain('postgresql-changes/0: 0-4 are covered by the ledger, and in no file');
}, 30_000);

test('status tells how far each partition is, and that it is ahead of nothing', async () => {
  await fill(12);
  const { code, out } = await lake('status', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    partitions: [{ hub: 'postgresql-changes', partition: '0', start: '0', last: '16', gaps: ['10-11'], lag: null }],
  });
  expect((await lake('status', '--no-hub')).out).toContain('0-16');
}, 30_000);

test('optimize merges the small files of a closed day, and a second run has nothing to do', async () => {
  await fill(10);
  const before = (await reader.lines()).map(({ raw }) => raw);
  const dry = await lake('optimize', '--dry-run', '--json');
  expect(dry.code).toBe(0);
  expect(json(dry)).toMatchObject({ sources: [{ source: 'postgresql', merged: [], planned: [{ inputs: 3 }] }, {}] });
  expect(await reader.visible()).toHaveLength(3);
  const first = await lake('optimize', '--json');
  expect([first.code, first.err]).toEqual([0, '']);
  expect(json(first)).toMatchObject({
    sources: [{ source: 'postgresql', merged: [{ inputs: 3, first: '0', last: '14' }] }, {}],
  });
  expect(await reader.visible()).toHaveLength(1);
  expect((await reader.lines()).map(({ raw }) => raw)).toEqual(before);
  expect((await lake('optimize')).out).toContain('postgresql: 1 closed days, 1 files; 0 files became 0');
  expect((await lake('verify')).code).toBe(0);
}, 30_000);

test('rebuild-ledger makes a ledger that was lost from the files', async () => {
  await fill(12);
  await reader.remove('_system/ledger/localhost/postgresql-changes/1/0.json');
  expect((await lake('verify')).code).toBe(1);
  const { code, out } = await lake('rebuild-ledger', 'postgresql', '0');
  expect([code, out]).toEqual([0, 'The ledger covers 0-16, gaps 10-11, from 3 files.\n']);
}, 30_000);

test('clean-checkpoints tells what it would remove, then removes it, and leaves what is alive', async () => {
  const account = BlobServiceClient.fromConnectionString(platform.storage.connectionString);
  const container = account.getContainerClient('azure-webjobs-eventhub');
  await container.create();
  const record = (name: string) => container.getBlockBlobClient(`localhost/postgresql-changes/lake/checkpoint/${name}`);
  for (const partition of ['0', '7']) {
    await record(partition).upload('', 0, { metadata: { offset: '0', sequencenumber: '0' } });
  }
  const dry = await lake('clean-checkpoints', '--dry-run');
  expect(dry.code).toBe(0);
  expect(dry.out).toContain('would_remove: localhost/postgresql-changes/lake/checkpoint/7');
  expect(await record('7').exists()).toBe(true);
  const { out } = await lake('clean-checkpoints', '--json');
  expect(JSON.parse(out)).toMatchObject({ dryRun: false, complete: true, lookedAt: 2 });
  expect([await record('0').exists(), await record('7').exists()]).toEqual([true, false]);
}, 30_000);

test.each([[['verfy']], [['verify', '--deeep']], [['rebuild-ledger', 'mysql', '0']], [['quarantine', 'shw']]])(
  'what is mistyped, as in %j, is no damage: exit status 2',
  async (args) => {
    const { code, out, err } = await lake(...args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^error: /);
  },
);

test('--help is no failure', async () => {
  for (const args of [['--help'], ['verify', '--help'], ['quarantine', '--help']]) {
    const { code, out } = await lake(...args);
    expect([code, out]).toEqual([0, expect.stringContaining('Exit status: 0 all is well')]);
  }
});

test('what cannot be done is told, with exit status 2', async () => {
  await platform.storage.close();
  const { code, err } = await lake('status', '--no-hub');
  expect(code).toBe(2);
  expect(err).toMatch(/^STORAGE_FAILED: /);
}, 60_000);
