import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { DataLakeServiceClient } from '@azure/storage-file-datalake';
import { build } from 'esbuild';
import hostJson from '../../host.json';
import { startStorage, type LocalStorage } from '../../local/storage/storage';
import { buildApp, type BuiltApp } from '../build/bundle';
import { byKey } from '../config/environment';
import { LakeReader, numbers } from '../support/reader';

const LIMIT_KIB = 2 * 1024 * 1024;
const PARTITIONS = 4;

let storage: LocalStorage;
let app: BuiltApp;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'memory-'));
  // In a folder: the lake must not take the memory that is measured, nor this process a gigabyte.
  storage = await startStorage({ port: 0, queuePort: null, tablePort: null, folder: path.join(folder, 'storage') });
  await DataLakeServiceClient.fromConnectionString(storage.connectionString).getFileSystemClient('data').create();
  app = await buildApp();
  await build({
    entryPoints: [path.join(__dirname, '../support/memory-child.ts')],
    bundle: true,
    platform: 'node',
    target: 'node22',
    outfile: path.join(folder, 'child.js'),
  });
});

afterAll(async () => {
  await storage.close();
  await app[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

test('full batches of 1 MB events on several partitions at once land in a process limited to 2 GB', async () => {
  const events = hostJson.extensions.eventHubs.maxEventBatchSize;
  // The kernel refuses the process more than this of writable memory of its own, whatever it asks for.
  const limited = `ulimit -d ${LIMIT_KIB} && exec "$0" "$@"`;
  const child = [process.execPath, path.join(folder, 'child.js'), app.directory, String(PARTITIONS), String(events)];
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', limited, ...child], {
    env: { ...byKey, STORAGE_CONNECTION_STRING: storage.connectionString },
    maxBuffer: 1 << 24,
  });
  const { peakBytes } = JSON.parse(stdout) as { peakBytes: number };
  // The batches themselves are a gigabyte: less would mean that they were never there.
  expect(peakBytes).toBeGreaterThan(PARTITIONS * events * 1_000_000);
  expect(peakBytes).toBeLessThan(LIMIT_KIB * 1024);

  const reader = new LakeReader(storage.connectionString);
  const landed = new Map<string, number[]>();
  for (const file of await reader.visible()) {
    const text = (await reader.bytes(file)).toString('latin1');
    const partition = /"partition":"(\d+)"/.exec(text)?.[1] ?? '';
    const sequences = [...text.matchAll(/"sequenceNumber":(\d+)/g)].map((match) => Number(match[1]));
    landed.set(partition, [...(landed.get(partition) ?? []), ...sequences]);
  }
  expect([...landed.keys()].sort()).toEqual(numbers(0, PARTITIONS - 1).map(String));
  for (const sequences of landed.values()) expect(sequences.sort((a, b) => a - b)).toEqual(numbers(0, events - 1));
}, 300_000);

test('the limit is one: a process that wants more is refused it', async () => {
  const limited = `ulimit -d ${LIMIT_KIB} && exec "$0" "$@"`;
  const greedy = 'const b = []; for (let i = 0; i < 24; i++) b.push(Buffer.alloc(100e6, 1)); console.log(b.length)';
  const greed = promisify(execFile)('/bin/sh', ['-c', limited, process.execPath, '-e', greedy]);
  await expect(greed).rejects.toThrow(/allocation|memory/i);
});
