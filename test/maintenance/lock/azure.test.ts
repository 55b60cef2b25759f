import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { build } from 'esbuild';
import { cut, loseAnswer, status } from '../../../local/storage/faults';
import { Secret } from '../../../src/lib/config/secret';
import { azureLock, type AzureLockOptions } from '../../../src/lib/lake/azure-lock';
import { openClients } from '../../../src/lib/lake/clients';
import { type Lease, type MaintenanceLock, withLock } from '../../../src/lib/maintenance/lock';
import { LakeReader } from '../../support/reader';
import { startLake, type TestLake } from '../../support/storage';

/** Leases through the real SDK. The service is in this process, and so is its clock: a minute passes when a test says so. */

let lake: TestLake;
let reader: LakeReader;

beforeAll(async () => {
  lake = await startLake();
  reader = new LakeReader(lake.directConnectionString);
});
afterAll(() => lake.dispose());

beforeEach(async () => {
  lake.proxy.clear();
  await reader.clear();
});
afterEach(() => jest.useRealTimers());

/** Only the clock: timers go on, or no request would ever end. */
function passMs(ms: number): void {
  const now = Date.now() + ms;
  jest.useFakeTimers({
    now,
    doNotFake: [
      ...(['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate'] as const),
      ...(['nextTick', 'queueMicrotask', 'performance', 'hrtime'] as const),
    ],
  });
}

async function openLock(host: string, changes: Partial<AzureLockOptions> = {}): Promise<MaintenanceLock> {
  const access = { kind: 'connectionString', connectionString: new Secret(lake.connectionString) } as const;
  const clients = await openClients(access, 'data', () => Promise.reject(new Error('no identity is needed here')));
  const holder = { host, processId: 42 };
  return azureLock(clients, { requestMs: 10_000, holder, now: () => Date.now(), ...changes });
}

const blob = () =>
  BlobServiceClient.fromConnectionString(lake.directConnectionString)
    .getContainerClient('data')
    .getBlockBlobClient('_system/maintenance/weekly.lock');

test('of two contenders one gets it, the other is told who has it; given back, it is free', async () => {
  const [a, b] = [await openLock('a'), await openLock('b')];
  const answers = await Promise.all([a.take('weekly'), b.take('weekly')]);
  expect(answers.filter((answer) => answer === 'taken')).toHaveLength(1);
  const winner = answers[0] === 'taken' ? 'b' : 'a';
  expect(await b.holder('weekly')).toMatchObject({ host: winner, processId: 42 });
  const lease = answers.find((answer) => answer !== 'taken') as Lease;
  expect(await lease.renew()).toBe('renewed');
  await lease.release();
  expect(await b.take('weekly')).not.toBe('taken');
  expect(await a.holder('weekly')).toMatchObject({ host: 'b' });
});

test('locks of different names do not mind each other', async () => {
  const lock = await openLock('a');
  expect(await withLock(lock, 'weekly', () => withLock(lock, 'daily', () => Promise.resolve('both')))).toBe('both');
  expect(await withLock(lock, 'weekly', () => withLock(lock, 'weekly', () => Promise.resolve('both')))).toBe('taken');
});

test('nobody has a lock that nobody ever took', async () => {
  expect(await (await openLock('a')).holder('weekly')).toBeNull();
});

test('a lease that is not renewed is over after a minute, and its holder is told', async () => {
  const [a, b] = [await openLock('a'), await openLock('b')];
  const lease = (await a.take('weekly')) as Lease;
  passMs(30_000);
  expect(await b.take('weekly')).toBe('taken');
  passMs(31_000);
  expect(await b.take('weekly')).not.toBe('taken');
  expect(await lease.renew()).toBe('lost');
  await lease.release();
  expect(await (await openLock('c')).take('weekly')).toBe('taken');
});

test('a renewed lease goes on for another minute', async () => {
  const [a, b] = [await openLock('a'), await openLock('b')];
  const lease = (await a.take('weekly')) as Lease;
  passMs(50_000);
  expect(await lease.renew()).toBe('renewed');
  passMs(50_000);
  expect(await b.take('weekly')).toBe('taken');
});

test('a lease that is broken from outside stops what is done under it', async () => {
  const lock = await openLock('a', { renewEveryMs: 20 });
  const outcome = withLock(lock, 'weekly', async (signal) => {
    await blob().getBlobLeaseClient().breakLease(0);
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    throw signal.reason;
  });
  await expect(outcome).rejects.toMatchObject({ code: 'STORAGE_FAILED', retryable: true });
  expect(await lock.take('weekly')).not.toBe('taken');
});

test('answers that are lost cost nothing: the same lease is asked for again', async () => {
  const lock = await openLock('a');
  await ((await lock.take('weekly')) as Lease).release();
  lake.proxy.add({ operation: 'leaseBlob', times: 1, action: loseAnswer() });
  const lease = (await lock.take('weekly')) as Lease;
  expect(lease).not.toBe('taken');
  lake.proxy.add({ operation: 'leaseBlob', times: 1, action: loseAnswer() });
  expect(await lease.renew()).toBe('renewed');
  lake.proxy.add({ operation: 'leaseBlob', times: 1, action: loseAnswer() });
  await lease.release();
  expect(await lock.take('weekly')).not.toBe('taken');
});

test('a refusal is a failure, not a lock that is taken', async () => {
  const lock = await openLock('a');
  lake.proxy.add({ operation: 'leaseBlob', times: Infinity, action: status(403, { code: 'AuthorizationFailure' }) });
  await expect(lock.take('weekly')).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
});

test('who cannot note that he holds it gives it back', async () => {
  const lock = await openLock('a');
  await ((await lock.take('weekly')) as Lease).release();
  const failing = lake.proxy.add({ operation: 'putBlob', times: Infinity, action: cut() });
  await expect((await openLock('b', { requestMs: 300 })).take('weekly')).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
  });
  failing.remove();
  expect(await lock.take('weekly')).not.toBe('taken');
});

test('a process that is killed holds the lock for a minute more, and then the next run goes on', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'lock-'));
  try {
    const outfile = path.join(folder, 'child.js');
    await build({
      entryPoints: [path.join(__dirname, 'child.ts')],
      ...{ bundle: true, packages: 'external', platform: 'node', target: 'node22', outfile },
    });
    const child = spawn(process.execPath, [outfile, lake.connectionString], {
      env: { ...process.env, NODE_PATH: path.resolve('node_modules') },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exit = once(child, 'exit');
    await Promise.race([once(child.stdout, 'data'), exit]);
    child.kill('SIGKILL');
    await exit;
    const lock = await openLock('next');
    expect(await lock.take('weekly')).toBe('taken');
    expect(await lock.holder('weekly')).toMatchObject({ host: 'doomed', processId: child.pid });
    passMs(61_000);
    expect(await withLock(lock, 'weekly', () => Promise.resolve('gone on'))).toBe('gone on');
  } finally {
    await rm(folder, { recursive: true });
  }
});
