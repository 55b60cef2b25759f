import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { BlobServiceClient } from '@azure/storage-blob';
import { DataLakeServiceClient } from '@azure/storage-file-datalake';
import { DEFAULT_HUBS } from '../../../local/smoke/command';
import { startPlatform, type Platform } from '../../../local/platform/platform';
import { status } from '../../../local/storage/faults';
import { buildApp, type BuiltApp } from '../../build/bundle';
import '../../support/unref-long-timers';

let app: BuiltApp;
let platform: Platform;

beforeAll(async () => {
  app = await buildApp();
  platform = await startPlatform({
    ...{ blobPort: 0, queuePort: 0, tablePort: 0, amqpPort: 0, healthPort: 0 },
    folder: null,
    fileSystem: 'data',
    hubs: ['postgresql-changes', 'mongodb-changes', ...Object.values(DEFAULT_HUBS), 'no-group'],
    partitions: 2,
    consumerGroup: 'lake',
    latencyMs: 0,
    log: () => undefined,
  });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

type Child = ChildProcessWithoutNullStreams;

/** `npm run smoke -- …` of the built app, against the platform. */
function smoke(...args: string[]): Child {
  const { connectionStrings, proxy, storage } = platform;
  return spawn(process.execPath, [path.join(app.directory, 'dist/smoke.js'), '--instances', '1', ...args], {
    cwd: app.directory,
    env: {
      PATH: process.env['PATH'],
      NODE_PATH: path.resolve('node_modules'),
      EVENTHUB_CONNECTION_STRING: connectionStrings.eventHubs,
      STORAGE_CONNECTION_STRING: proxy.through(storage.connectionString),
    },
    stdio: 'pipe',
  });
}

interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function resultOf(child: Child): Promise<Result> {
  const exit = once(child, 'exit') as Promise<[number | null]>;
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { code, out, err };
}

const report = ({ out }: Result): Record<string, unknown> => JSON.parse(out) as Record<string, unknown>;

/** Everything in the account, and how far each partition of the check's hubs is. */
async function whatIsThere(): Promise<{ blobs: string[]; hubs: string[] }> {
  const account = BlobServiceClient.fromConnectionString(platform.storage.connectionString);
  const blobs: string[] = [];
  for await (const { name: container } of account.listContainers()) {
    blobs.push(`${container}/`);
    for await (const { name } of account.getContainerClient(container).listBlobsFlat()) {
      blobs.push(`${container}/${name}`);
    }
  }
  return { blobs, hubs: platform.eventHubs.hubs().map(({ name }) => name) };
}

const fileSystem = (name: string) =>
  DataLakeServiceClient.fromConnectionString(platform.storage.connectionString).getFileSystemClient(name);

test('the promises hold, again and again in the same hubs, and nothing is left behind', async () => {
  const before = await whatIsThere();
  for (const seed of ['1', '2']) {
    const result = await resultOf(smoke('--changes', '300', '--seed', seed, '--json'));
    expect({ code: result.code, err: result.err }).toMatchObject({ code: 0 });
    expect(report(result)).toMatchObject({ ok: true, sent: 300, duplicates: 0, missing: 0, altered: 0 });
  }
  expect(await whatIsThere()).toEqual(before);
  const sent = Object.values(DEFAULT_HUBS).flatMap((hub) => platform.eventHubs.hub(hub)?.partitions ?? []);
  expect(sent.reduce((total, { lastSequence }) => total + lastSequence + 1, 0)).toBe(600);
}, 120_000);

test('a rename that the account only pretends to have done is found out', async () => {
  const fault = platform.proxy.add({ operation: 'rename', path: /^bronze\/postgresql\/.*data_/, action: status(201) });
  const result = await resultOf(smoke('--changes', '300', '--json'));
  fault.remove();
  expect(fault.hits).toBe(1);
  expect(result.code).toBe(1);
  expect(report(result)).toMatchObject({ ok: false, duplicates: 0, altered: 0 });
  expect(report(result)['missing']).toBeGreaterThan(0);
}, 120_000);

test('a hub that is not there is told with the command that makes it', async () => {
  const { code, err } = await resultOf(smoke('--postgres-hub', 'nobodys'));
  expect(code).toBe(2);
  expect(err).toContain('The hub nobodys of localhost cannot be looked at: ');
  expect(err).toMatch(/az eventhubs eventhub create .*--name nobodys --partition-count 4/);
});

test('so is a consumer group', async () => {
  const { code, err } = await resultOf(smoke('--consumer-group', 'nobodys'));
  expect(code).toBe(2);
  expect(err).toMatch(/az eventhubs eventhub consumer-group create .*--name nobodys --eventhub-name smoke-/);
}, 30_000);

test('settings that are wrong are told as the app tells them, before anything is tried', async () => {
  const child = spawn(process.execPath, [path.join(app.directory, 'dist/smoke.js')], {
    cwd: app.directory,
    env: { PATH: process.env['PATH'], NODE_PATH: path.resolve('node_modules') },
    stdio: 'pipe',
  });
  const { code, err } = await resultOf(child);
  expect(code).toBe(2);
  expect(err).toContain('EVENTHUB_CONNECTION_STRING');
  expect(err).toContain('STORAGE_CONNECTION_STRING');
});

test.each([
  [['--mongodb-hub', 'MongoDB-Changes'], 'MongoDB-Changes is not for a check: it is the one of the settings'],
  [['--file-system', 'data'], 'data is not for a check: it is the one of the settings'],
])('what the settings name is not touched: %j', async (args, message) => {
  const before = await whatIsThere();
  const { code, err } = await resultOf(smoke(...args));
  expect(code).toBe(2);
  expect(err).toContain(message);
  expect(await whatIsThere()).toEqual(before);
});

test('a file system that is given is emptied again, but not deleted', async () => {
  await fileSystem('given').create();
  const result = await resultOf(smoke('--changes', '50', '--file-system', 'given', '--json'));
  expect(result.code).toBe(0);
  const left: unknown[] = [];
  for await (const item of fileSystem('given').listPaths({ recursive: true })) left.push(item.name);
  expect(left).toEqual([]);
  await fileSystem('given').delete();
}, 60_000);

test('one that is not empty is not touched', async () => {
  await fileSystem('others').create();
  await fileSystem('others').getFileClient('bronze/theirs').upload(Buffer.from('kept'));
  const { code, err } = await resultOf(smoke('--file-system', 'others'));
  expect(code).toBe(2);
  expect(err).toContain('The file system others is not empty: it holds bronze');
  expect((await fileSystem('others').getFileClient('bronze/theirs').readToBuffer()).toString()).toBe('kept');
  await fileSystem('others').delete();
});

test('an account without a hierarchical namespace is told by what it did not do', async () => {
  const fault = platform.proxy.add({ operation: 'rename', times: Infinity, action: status(400) });
  const { code, err } = await resultOf(smoke());
  fault.remove();
  expect(code).toBe(2);
  expect(err).toContain('did not rename a file (Data Lake API): 400');
  expect(err).toContain('--hns true');
  expect((await whatIsThere()).blobs.filter((name) => name.startsWith('smoke-'))).toEqual([]);
});

test('Ctrl-C while events flow deletes what was made', async () => {
  const child = smoke('--changes', '20000');
  const ended = resultOf(child);
  for await (const line of createInterface({ input: child.stdout })) if (line.includes(' accepted, ')) break;
  child.kill('SIGINT');
  const { code, err } = await ended;
  expect(code).toBe(130);
  expect(err).toContain('what was made is deleted');
  expect((await whatIsThere()).blobs.filter((name) => name.startsWith('smoke-'))).toEqual([]);
}, 60_000);
