import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { startPlatform, type Platform } from '../../local/platform/platform';
import { hold } from '../../local/storage/faults';
import { buildApp, type BuiltApp } from '../build/bundle';
import { events, NOON, openInstance } from '../support/instance';
import { LakeReader } from '../support/reader';
import '../support/unref-long-timers';

/** `npm run lake -- quarantine` and `verify --deep`, the built command, on a lake that the app wrote. */

const HUB = { namespace: 'localhost', hub: 'postgresql-changes', partition: '1' };
const BEGIN = NOON - 2 * 86_400_000;
const DAY = new Date(BEGIN).toISOString().slice(0, 10);
const BODY = Buffer.from([0x6e, 0x6f, 0x00, 0x0a, 0xff]);

let app: BuiltApp;
let platform: Platform;
let reader: LakeReader;
let folder: string;

beforeAll(async () => {
  app = await buildApp();
  folder = await mkdtemp(path.join(tmpdir(), 'corrected-'));
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

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
  const instance = await openInstance(platform.storage.connectionString, { retentionDays: 7 });
  await instance.deliver(events(0, 4, {}, BEGIN), { partition: HUB });
  await instance.deliver(events(5, 6, { body: BODY, properties: { tenant: 'a' } }, BEGIN), { partition: HUB });
  await instance.deliver(events(7, 7, { body: Buffer.from('no\u001bJSON') }, BEGIN), { partition: HUB });
});
afterEach(() => platform[Symbol.asyncDispose]());

function start(args: readonly string[]) {
  return spawn(process.execPath, [path.join(app.directory, 'dist/lake.js'), ...args], {
    cwd: app.directory,
    env: {
      PATH: process.env['PATH'],
      NODE_PATH: path.resolve('node_modules'),
      EVENTHUB_CONNECTION_STRING: platform.connectionStrings.eventHubs,
      STORAGE_CONNECTION_STRING: platform.proxy.through(platform.storage.connectionString),
      AzureWebJobsStorage: platform.connectionStrings.storage,
    },
    stdio: 'pipe',
  });
}

interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly bytes: Buffer;
  readonly err: string;
}

async function lake(...args: string[]): Promise<Result> {
  const child = start(args);
  const exit = once(child, 'exit') as Promise<[number | null]>;
  const [bytes, err, [code]] = await Promise.all([buffer(child.stdout), text(child.stderr), exit]);
  return { code, out: bytes.toString(), bytes, err };
}

const sent = (): number => (platform.eventHubs.hub(HUB.hub)?.partitions[1]?.lastSequence ?? -1) + 1;
const ID = 'postgresql/postgresql-changes/1/1/5';

async function corrected(body: string): Promise<string> {
  const file = path.join(folder, 'corrected.json');
  await writeFile(file, body);
  return file;
}

test('list counts what is in quarantine, and names each event', async () => {
  const counts = await lake('quarantine', 'list', '--json');
  expect([counts.code, counts.err]).toEqual([0, '']);
  expect(JSON.parse(counts.out)).toEqual({
    quarantined: [
      { source: 'postgresql', day: DAY, reason: 'not_utf8', events: 2, bytes: 10, replayed: 0 },
      { source: 'postgresql', day: DAY, reason: 'not_json', events: 1, bytes: 7, replayed: 0 },
    ],
  });
  const { out } = await lake('quarantine', 'list', '--events', '--reason', 'not_utf8', '--day', DAY);
  expect(out.split('\n').map((line) => line.split('  ')[0])).toEqual([ID, ID.replace(/5$/, '6'), '']);
  expect((await lake('quarantine', 'list', '--source', 'mongodb')).out).toBe('Nothing is in quarantine.\n');
  expect((await lake('quarantine', 'list', '--day', '2026-02-30')).code).not.toBe(0);
}, 120_000);

test('show tells what an event is, and gives its bytes', async () => {
  const shown = await lake('quarantine', 'show', ID);
  expect(shown.out).toContain('reason           not_utf8');
  expect(shown.out).toContain('6e 6f 00 0a ff');
  expect((await lake('quarantine', 'show', ID.replace(/5$/, '7'))).out).toContain('no\\u{1b}JSON');
  expect((await lake('quarantine', 'show', ID, '--raw')).bytes).toEqual(BODY);
  const { out } = await lake('quarantine', 'show', ID, '--json');
  expect(JSON.parse(out)).toMatchObject({
    ...{ id: ID, sequenceNumber: '5', properties: { tenant: 'a' }, replayed: 'none' },
    bodyBase64: BODY.toString('base64'),
  });
  expect(await lake('quarantine', 'show', ID.replace(/5$/, '1'))).toMatchObject({ code: 1, out: '' });
  expect(await lake('quarantine', 'show', '../secrets')).toMatchObject({ code: 2, out: '' });
}, 120_000);

test('replay sends a corrected event once, and says what it would and will not do', async () => {
  const file = await corrected('{"id":1}');
  const dry = await lake('quarantine', 'replay', ID, '--file', file, '--dry-run');
  expect([dry.code, dry.out]).toEqual([0, `${ID}: would be sent again (8 bytes)\n1 would be sent again, 0 not.\n`]);
  expect((await lake('quarantine', 'replay', ID)).out).toContain('it would be quarantined again (not_utf8)');
  expect(sent()).toBe(0);
  expect(await lake('quarantine', 'replay', ID, '--file', file)).toMatchObject({ code: 0, err: '' });
  expect(sent()).toBe(1);
  const again = await lake('quarantine', 'replay', ID, '--file', file);
  expect(again).toMatchObject({ code: 1 });
  expect(again.out).toContain('it was sent again before');
  expect(sent()).toBe(1);
  expect((await lake('quarantine', 'list', '--events')).out).toMatch(/\/5 .*sent again 2.*, corrected/);
  expect(await lake('quarantine', 'replay', ID, '--file', await corrected('{'))).toMatchObject({ code: 1 });
}, 120_000);

test('replay sends what a day holds, and a second run passes over it', async () => {
  const scope = ['quarantine', 'replay', '--source', 'postgresql', '--day', DAY, '--reason', 'not_utf8', '--anyway'];
  const first = await lake(...scope);
  expect(first.code).toBe(0);
  expect(first.out).toContain(`${ID}: warning: it will be quarantined again: not_utf8`);
  expect(sent()).toBe(2);
  expect(await lake(...scope)).toMatchObject({ code: 0, err: '' });
  expect(sent()).toBe(2);
  for (const wrong of [
    ['quarantine', 'replay'],
    [...scope, ID],
    [...scope, '--file', 'x'],
  ]) {
    expect(await lake(...wrong)).toMatchObject({ code: 2, out: '' });
  }
}, 120_000);

test('a replay that is killed before it could note that the hub has the event is told as such', async () => {
  const file = await corrected('{"id":1}');
  const held = platform.proxy.add({ operation: 'putBlob', path: '_system/replayed/', skip: 1, action: hold() });
  const child = start(['quarantine', 'replay', ID, '--file', file]);
  const exit = once(child, 'exit');
  await held.reached;
  child.kill('SIGKILL');
  await exit;
  held.remove();
  expect(sent()).toBe(1);
  const again = await lake('quarantine', 'replay', ID, '--file', file);
  expect(again).toMatchObject({ code: 1 });
  expect(again.out).toContain('perhaps sent again before');
  expect(sent()).toBe(1);
  expect((await lake('quarantine', 'list', '--events')).out).toMatch(/\/5 .*perhaps sent again 2/);
}, 120_000);

test('verify --deep reads every line, and tells which is damaged', async () => {
  const whole = await lake('verify', '--deep');
  expect([whole.code, whole.err]).toEqual([0, '']);
  expect(whole.out).toContain('8 lines of 3 files read');
  const file = (await reader.visible()).find((one) => one.includes('_0-4_')) ?? '';
  const content = (await reader.bytes(file)).toString();
  await reader.write(file, content.replace('"sequenceNumber":3', '"sequenceNumber":2'));
  const damaged = await lake('verify', '--deep');
  expect(damaged.code).toBe(1);
  expect(damaged.out).toContain(`${file}:4: the sequence number is there twice (number 2)`);
  const { code, out } = await lake('verify', '--deep', '--json', '--from', DAY, '--source', 'postgresql');
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({
    ok: false,
    deep: { ok: false, files: 3, lines: 8, problems: [{ kind: 'number_twice', total: 1 }, { kind: 'number_missing' }] },
  });
  // Names alone do not show it.
  expect((await lake('verify')).code).toBe(0);
  expect((await lake('verify', '--deep', '--source', 'mongodb')).code).toBe(0);
}, 120_000);
