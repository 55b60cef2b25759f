import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type FunctionMetadata } from '../../local/host/rpc';
import { SpawnedWorker } from '../../local/host/spawn-worker';
import { byKey, CANARY } from '../config/environment';
import { buildApp, type BuiltApp } from './bundle';

let app: BuiltApp;

beforeAll(async () => (app = await buildApp()));
afterAll(() => app[Symbol.asyncDispose]());

/** Nothing of this process's environment reaches the app but what node needs. */
const spawn = (env: NodeJS.ProcessEnv, heard: (line: string) => void = () => undefined): SpawnedWorker =>
  new SpawnedWorker({
    script: app.workerScript,
    app: app.directory,
    env: { PATH: process.env['PATH'], ...env },
    onLog: (line) => heard(JSON.stringify(line)),
    onOutput: heard,
  });

const trigger = {
  type: 'eventHubTrigger',
  name: 'events',
  direction: 'in',
  dataType: 'binary',
  cardinality: 'many',
  connection: 'EVENTHUB_CONNECTION_STRING',
  consumerGroup: '%EVENTHUB_CONSUMER_GROUP%',
  properties: { supportsDeferredBinding: 'false' },
};
const retryOptions = {
  strategy: 'exponentialBackoff',
  retryStrategy: 'exponentialBackoff',
  maxRetryCount: -1,
  minimumInterval: { seconds: 2 },
  maximumInterval: { seconds: 120 },
};

/** Their bindings are named by a hash of what they are. */
const unnamed = ({ name, bindings }: FunctionMetadata): object => ({
  name,
  bindings: Object.values(bindings).map((binding) => ({ ...binding, name: '' })),
});

const timer = (name: string, schedule: string): object => {
  const properties = { supportsDeferredBinding: 'false' };
  return { name, bindings: [{ type: 'timerTrigger', name: '', direction: 'in', schedule, properties }] };
};

test('the bundle loads without node_modules and registers exactly these functions and hooks with the host', async () => {
  for (let directory = app.directory; directory !== dirname(directory); directory = dirname(directory)) {
    expect(existsSync(join(directory, 'node_modules'))).toBe(false);
  }
  const names = { POSTGRES_EVENTHUB_NAME: 'p', MONGODB_EVENTHUB_NAME: 'm', EVENTHUB_CONSUMER_GROUP: 'g' };
  await using worker = spawn({ ...byKey, ...names });
  const { functions, hooks } = await worker.load();
  expect(functions.slice(0, 2)).toEqual([
    {
      name: 'ingestPostgres',
      bindings: { events: { ...trigger, eventHubName: '%POSTGRES_EVENTHUB_NAME%' } },
      retryOptions,
    },
    {
      name: 'ingestMongo',
      bindings: { events: { ...trigger, eventHubName: '%MONGODB_EVENTHUB_NAME%' } },
      retryOptions,
    },
  ]);
  expect(functions.slice(2).map(unnamed)).toEqual([
    timer('weeklyMaintenance', '0 0 3 * * 0'),
    timer('dailyCompleteness', '0 30 1 * * *'),
    {
      name: 'status',
      bindings: [
        {
          ...{ type: 'httpTrigger', name: '', direction: 'in', authLevel: 'function', methods: ['GET'] },
          properties: { supportsDeferredBinding: 'false' },
        },
        { type: 'http', name: '', direction: 'out' },
      ],
    },
  ]);
  expect(hooks).toEqual(['appStart', 'appTerminate']);
});

test('a name that is not set is registered by its default, which the host could not resolve', async () => {
  await using worker = spawn({ ...byKey, EVENTHUB_CONSUMER_GROUP: '' });
  const { functions } = await worker.load();
  const names = functions
    .slice(0, 2)
    .map(({ bindings }) => [bindings['events']?.['eventHubName'], bindings['events']?.['consumerGroup']]);
  expect(names).toEqual([
    ['postgresql-changes', 'lake'],
    ['mongodb-changes', 'lake'],
  ]);
});

test('the app starts and ends on valid settings', async () => {
  await using worker = spawn(byKey);
  await worker.load();
  await worker.start();
  await worker.terminate();
});

test('on wrong settings the start fails with every fault in one message, and no secret in it or in the log', async () => {
  const log: string[] = [];
  const wrong = {
    EVENTHUB_CONNECTION_STRING: `${byKey.EVENTHUB_CONNECTION_STRING};EntityPath=x`,
    LAKE_FILESYSTEM: '-',
  };
  await using worker = spawn(wrong, (line) => log.push(line));
  await worker.load();
  const error = await worker.start().then(
    () => null,
    (thrown: unknown) => thrown as Error & { code: string },
  );
  expect(error?.code).toBe('CONFIG_INVALID');
  for (const name of [
    'EVENTHUB_CONNECTION_STRING: found an EntityPath',
    'LAKE_FILESYSTEM',
    'STORAGE_CONNECTION_STRING',
  ]) {
    expect(error?.message).toContain(`- ${name}`);
  }
  expect([error?.message, ...log].join()).not.toContain(CANARY);
});

test('neither bundle nor source map holds a path of the machine that built it', async () => {
  for (const file of ['functions.js', 'maps/functions.js.map']) {
    const text = await readFile(join(app.directory, 'dist', file), 'utf8');
    for (const path of [process.cwd(), process.cwd().slice(1), app.directory]) expect(text.includes(path)).toBe(false);
  }
});
