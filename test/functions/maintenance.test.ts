import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventHubProducerClient } from '@azure/event-hubs';
import { appEnvironment } from '../../local/platform/app-settings';
import { Fleet } from '../../local/platform/fleet';
import { startPlatform, type Platform } from '../../local/platform/platform';
import { type HostEvent } from '../../local/host/host';
import { type Status } from '../../src/lib/status/status';
import { buildApp, type BuiltApp } from '../build/bundle';
import { LakeReader } from '../support/reader';
import '../support/unref-long-timers';

/** The timers and the status function as the host runs them, over the built app: nobody but the host starts anything. */

const QUICK = {
  AzureFunctionsJobHost__extensions__eventHubs__minEventBatchSize: '2',
  AzureFunctionsJobHost__extensions__eventHubs__maxWaitTime: '00:00:01',
};
/** Is in what is sent, and must be in nothing that is said. */
const CANARY = 'canary-of-a-body';

const NEVER = '0 0 3 1 1 *';
const SOON = '*/2 * * * * *';

let app: BuiltApp;
let platform: Platform;

beforeAll(async () => {
  app = await buildApp();
  platform = await startPlatform({
    ...{ blobPort: 0, queuePort: 0, tablePort: 0, amqpPort: 0, healthPort: 0 },
    ...{ folder: null, fileSystem: 'data', hubs: ['postgresql-changes', 'mongodb-changes'] },
    ...{ partitions: 2, consumerGroup: 'lake', latencyMs: 0, log: () => undefined },
  });
}, 60_000);

afterAll(async () => {
  await platform[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

/** The app with these schedules, and all that its host told. */
async function open(schedules: Readonly<Record<string, string>>) {
  const told: HostEvent[] = [];
  const printed: string[] = [];
  let heard = (): void => undefined;
  const env = { PATH: process.env['PATH'], NODE_PATH: path.resolve('node_modules'), ...QUICK, ...schedules };
  const fleet = await Fleet.start({
    script: path.join(app.directory, 'dist/host-process.js'),
    app: app.directory,
    env: appEnvironment(env, platform.connectionStrings, 'data', platform.storage.connectionString),
    count: 1,
    httpPort: 0,
    onOutput: (line) => printed.push(line),
    onEvent: (event) => {
      told.push(event);
      heard();
    },
  });
  return {
    fleet,
    /** All that came out of it. */
    output: (): string => [...told.map((event) => JSON.stringify(event)), ...printed].join('\n'),
    /** Lines that functions logged, as fields. */
    lines: (): Record<string, unknown>[] =>
      told.flatMap((event) => {
        if (event.kind !== 'log' || !event.line.message.startsWith('{')) return [];
        return [JSON.parse(event.line.message) as Record<string, unknown>];
      }),
    timers: (name: string) =>
      told.flatMap((event) => (event.kind === 'timer' && event.function === name ? [event] : [])),
    /** Looks after each thing that the host tells. */
    until: async (isSo: () => boolean): Promise<void> => {
      while (!isSo()) await new Promise<void>((resolve) => (heard = resolve));
    },
    [Symbol.asyncDispose]: () => fleet[Symbol.asyncDispose](),
  };
}

async function send(hub: string, bodies: readonly string[]): Promise<void> {
  const producer = new EventHubProducerClient(platform.connectionStrings.eventHubs, hub);
  await producer.sendBatch(bodies.map((body) => ({ body: Buffer.from(body) })));
  await producer.close();
}

/** Nothing that was sent and no key comes out of the app: not in its log, nor on the page. */
function noSecretIn(...outputs: readonly string[]): void {
  const { eventHubs, storage } = platform.connectionStrings;
  const keys = [/SharedAccessKey=([^;]+)/.exec(eventHubs)?.[1], /AccountKey=([^;]+)/.exec(storage)?.[1]];
  expect(keys.map((key) => (key ?? '').length > 5)).toEqual([true, true]);
  for (const output of outputs) {
    expect(output.length).toBeGreaterThan(100);
    for (const secret of [...keys, CANARY, Buffer.from(CANARY).toString('base64')])
      expect(output).not.toContain(secret);
  }
}

test('the status page tells what has landed, and moves while events flow', async () => {
  await using opened = await open({ MAINTENANCE_WEEKLY_SCHEDULE: NEVER, MAINTENANCE_DAILY_SCHEDULE: NEVER });
  const address = `http://127.0.0.1:${String(await opened.fleet.httpPort())}/api/status`;
  const read = async (): Promise<Status> => (await (await fetch(`${address}?format=json`)).json()) as Status;
  const events = (status: Status): number => status.partitions.reduce((sum, one) => sum + one.events, 0);
  // A page that is asked again, as a browser does.
  const readUntil = async (count: number): Promise<Status> => {
    for (;;) {
      const status = await read();
      if (events(status) === count) return status;
      await sleep(250);
    }
  };

  const empty = await read();
  expect(empty).toMatchObject({ partitions: [], troubles: [], days: [], runs: { weekly: null, daily: null } });

  await send('postgresql-changes', [`{"id":1,"note":"${CANARY}"}`, '{"id":2}', `no JSON ${CANARY}`]);
  const some = await readUntil(3);
  expect(some.partitions).toMatchObject([
    { source: 'postgresql', last: '2', lag: 0, gaps: [], pending: 0, quarantined: 1 },
  ]);

  await send('mongodb-changes', ['{"id":3}', '{"id":4}']);
  const more = await readUntil(5);
  expect(more.sources.map(({ behind }) => behind)).toEqual([0, 0]);
  // What an instance sees is shared every 15 s.
  for (let seen: readonly number[] = []; seen.join() !== '3,2'; await sleep(250)) {
    const { sources } = await read();
    seen = sources.map(({ minutes }) => minutes.reduce((sum, minute) => sum + minute.events, 0));
  }

  const page = await fetch(address, { headers: { accept: 'text/html' } });
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page.headers.get('cache-control')).toBe('no-store');
  expect(await page.text()).toContain('<title>change-lake</title>');
  noSecretIn(opened.output(), JSON.stringify(some), JSON.stringify(more));
  // An instance that is killed would keep the timers' lock for a minute.
  await opened.fleet.stop();
}, 120_000);

test('the daily timer proves and tells, the weekly one looks after the lake, and both leave their record', async () => {
  await using opened = await open({ MAINTENANCE_WEEKLY_SCHEDULE: SOON, MAINTENANCE_DAILY_SCHEDULE: SOON });
  await opened.until(
    () => opened.timers('dailyCompleteness').length > 0 && opened.timers('weeklyMaintenance').length > 0,
  );
  await opened.fleet.stop();
  expect(
    [...opened.timers('dailyCompleteness'), ...opened.timers('weeklyMaintenance')].map(({ error }) => error),
  ).not.toContain(expect.anything());
  const maintenance = opened.lines().filter(({ message }) => message === 'maintenance');
  for (const task of ['daily', 'weekly']) {
    expect(maintenance).toContainEqual(
      expect.objectContaining({ task, outcome: 'done', durationMs: expect.any(Number) as number }),
    );
  }
  const completeness = opened.lines().filter(({ message }) => message === 'completeness');
  expect(completeness).toContainEqual(
    expect.objectContaining({ source: 'postgresql', ok: true, events: 3, quarantined: 1, missing: 0, lost: 0 }),
  );
  noSecretIn(opened.output());
  const reader = new LakeReader(platform.storage.connectionString);
  const record = async (name: string): Promise<unknown> =>
    JSON.parse((await reader.bytes(`_system/maintenance/${name}.json`)).toString());
  expect(await record('daily')).toMatchObject({ outcome: 'done', summary: { ok: true } });
  expect(await record('weekly')).toMatchObject({ outcome: 'done', summary: { sweep: { did: 'done' } } });
}, 120_000);

test('what is missing makes the daily run fail, and says what', async () => {
  const reader = new LakeReader(platform.storage.connectionString);
  const [gone = ''] = (await reader.paths('bronze/postgresql')).filter((name) => name.includes('_0-'));
  await reader.remove(gone);
  await using opened = await open({ MAINTENANCE_WEEKLY_SCHEDULE: NEVER, MAINTENANCE_DAILY_SCHEDULE: SOON });
  await opened.until(() => opened.timers('dailyCompleteness').length > 0);
  expect(opened.timers('dailyCompleteness')[0]?.error).toMatch(/LAKE_INCOMPLETE: postgresql: .*0-2/s);
  expect(opened.lines()).toContainEqual(
    expect.objectContaining({ message: 'maintenance', task: 'daily', outcome: 'failed' }),
  );
  expect(opened.lines()).toContainEqual(
    expect.objectContaining({ message: 'completeness', source: 'postgresql', ok: false }),
  );
  noSecretIn(opened.output());
}, 120_000);
