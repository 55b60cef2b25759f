import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventHubConsumerClient, EventHubProducerClient } from '@azure/event-hubs';
import { BlobServiceClient } from '@azure/storage-blob';
import { DataLakeServiceClient } from '@azure/storage-file-datalake';
import { QUICK_PROFILE } from '../../../local/demo/app-profile';
import { CHECKPOINT_CONTAINER, untilIngested } from '../../../local/demo/ingested';
import { sendAll, type Target } from '../../../local/demo/sender';
import { changeEvents } from '../../../local/events/events';
import { Random } from '../../../local/events/random';
import { judge } from '../../../local/verdict/judge';
import { readLake } from '../../../local/verdict/read-lake';
import { SentLog } from '../../../local/verdict/sent';
import { buildApp, type BuiltApp } from '../../build/bundle';
import '../../support/unref-long-timers';

/** `KILLS=20` shows more than a suite has time for. */
const KILLS = Number(process.env['KILLS'] ?? 4);
const GROUP = 'lake';

interface Ready {
  readonly storage: string;
  readonly eventHubs: string;
}

let app: BuiltApp;
let folder: string;

beforeAll(async () => {
  app = await buildApp();
  folder = await mkdtemp(path.join(tmpdir(), 'restart-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await app[Symbol.asyncDispose]();
});

/** Ports that were free a moment ago: the client must find the platform where it was. */
async function freePorts(count: number): Promise<string[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => String((server.address() as AddressInfo).port));
  for (const server of servers) server.close();
  return ports;
}

/** `npm start` with its state in the folder; ready once it says so. */
async function start(ports: readonly string[]): Promise<{ child: ChildProcess; ready: Ready }> {
  const [blob = '', queue = '', table = '', amqp = '', health = ''] = ports;
  const options = ['--blob-port', blob, '--queue-port', queue, '--table-port', table, '--amqp-port', amqp];
  const more = ['--health-port', health, '--http-port', '0', '--no-databases', '--folder', folder, '--json'];
  const child = spawn(process.execPath, [path.join(app.directory, 'dist/start.js'), ...options, ...more], {
    cwd: app.directory,
    env: { PATH: process.env['PATH'], NODE_PATH: path.resolve('node_modules'), ...QUICK_PROFILE },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, ready: JSON.parse(line) as Ready };
}

test(`npm start, killed with -9 ${KILLS} times while a client publishes, ends with every acknowledged event once in the lake`, async () => {
  const ports = await freePorts(5);
  const random = new Random(KILLS);
  let { child, ready } = await start(ports);
  const target = (hub: string): Target => {
    const retryOptions = { maxRetries: 0, timeoutInMs: 2_000 } as never;
    return { hub, producer: new EventHubProducerClient(ready.eventHubs, hub, { retryOptions }) };
  };
  const targets = { postgresql: target('postgresql-changes'), mongodb: target('mongodb-changes') };
  const sent = new SentLog();
  let [kills, acknowledged] = [0, 0];
  const sending = (async () => {
    for (const event of changeEvents({ seed: 3, count: Infinity })) {
      if (kills === KILLS) return;
      await sendAll([event], { targets, sent, onAcknowledged: (events) => (acknowledged += events) });
      await sleep(5);
    }
  })();
  while (kills < KILLS) {
    await sleep(300 + random.next() * 2_500);
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    ({ child, ready } = await start(ports));
    kills += 1;
  }
  await sending;
  expect(acknowledged).toBeGreaterThan(20 * KILLS);
  const hubs = Object.values(targets).map(({ hub }) => new EventHubConsumerClient(GROUP, ready.eventHubs, hub));
  const checkpoints = BlobServiceClient.fromConnectionString(ready.storage).getContainerClient(CHECKPOINT_CONTAINER);
  await untilIngested({ hubs, group: GROUP, checkpoints, onProgress: () => undefined, stallMs: 60_000 });
  const lake = DataLakeServiceClient.fromConnectionString(ready.storage).getFileSystemClient('data');
  const verdict = await judge(sent, readLake(lake));
  expect(verdict.problems).toEqual([]);
  expect(verdict).toMatchObject({ ok: true, sent: acknowledged, missing: 0, duplicates: 0 });
  const clients = [targets.postgresql.producer, targets.mongodb.producer, ...hubs];
  await Promise.all(clients.map((client) => client.close()));
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}, 600_000);
