import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openHostStorage, openHub } from '../../../local/host/connections';
import { readHostConfig, type HostConfig } from '../../../local/host/host-json';
import { localSettings, resolved } from '../../../local/host/local-settings';
import { planOf } from '../../../local/host/plan';
import { timeSpanMs } from '../../../local/host/time-span';

/** What the host is told: host.json, settings, bindings. */

let folder: string;
beforeAll(async () => (folder = await mkdtemp(path.join(tmpdir(), 'settings-'))));
afterAll(() => rm(folder, { recursive: true }));

async function config(hostJson: unknown, env: NodeJS.ProcessEnv = {}): Promise<HostConfig> {
  await writeFile(path.join(folder, 'host.json'), typeof hostJson === 'string' ? hostJson : JSON.stringify(hostJson));
  return readHostConfig(folder, env);
}

const OVER = 'AzureFunctionsJobHost__extensions__eventHubs__';

test("an empty host.json gives the extension's own defaults", async () => {
  expect(await config({ version: '2.0' })).toEqual({
    eventHubs: {
      ...{ maxEventBatchSize: 100, minEventBatchSize: 1, maxWaitTimeMs: 60_000, batchCheckpointFrequency: 1 },
      ...{ prefetchCount: 300, initialOffset: { type: 'fromStart' } },
      ...{ loadBalancingUpdateIntervalMs: 30_000, partitionOwnershipExpirationIntervalMs: 120_000 },
    },
    listenerLock: { periodMs: 60_000, pollMs: 60_000 },
    functionTimeoutMs: 1_800_000,
    routePrefix: 'api',
  });
});

test('this app is read as it is meant', () => {
  expect(readHostConfig(path.resolve(__dirname, '../../..'), {})).toMatchObject({
    eventHubs: { maxEventBatchSize: 128, minEventBatchSize: 127, maxWaitTimeMs: 60_000, prefetchCount: 256 },
    functionTimeoutMs: 600_000,
  });
});

test('settings override the file, in any case and with either separator', async () => {
  const file = { version: '2.0', functionTimeout: '-1', extensions: { eventHubs: { maxEventBatchSize: 10 } } };
  const { eventHubs, functionTimeoutMs } = await config(file, {
    [`${OVER}maxEventBatchSize`]: '20',
    [`${OVER.toUpperCase()}MAXWAITTIME`]: '00:00:02.5',
    'AzureFunctionsJobHost:extensions:eventHubs:prefetchCount': '7',
    [`${OVER}initialOffsetOptions__type`]: 'fromEnqueuedTime',
    [`${OVER}initialOffsetOptions__enqueuedTimeUtc`]: '2026-11-22T00:00:00Z',
  });
  expect(functionTimeoutMs).toBeNull();
  expect(eventHubs).toMatchObject({ maxEventBatchSize: 20, maxWaitTimeMs: 2500, prefetchCount: 7 });
  expect(eventHubs.initialOffset).toEqual({ type: 'fromEnqueuedTime', enqueuedTimeUtc: new Date('2026-11-22') });
});

test.each([
  ['{', 'host.json could not be read'],
  [{}, 'version is not given; expected "2.0"'],
  [
    { extensions: { eventHubs: { maxEventBatchSize: 0 } } },
    'maxEventBatchSize is 0; expected a whole number above zero',
  ],
  [{ extensions: { eventHubs: { minEventBatchSize: 200 } } }, 'no more than maxEventBatchSize, which is 100'],
  [
    { extensions: { eventHubs: { maxWaitTime: '00:11:00' } } },
    'maxWaitTime is "00:11:00"; expected a time span from 0 to 600 s',
  ],
  [
    { extensions: { eventHubs: { loadBalancingUpdateInterval: 30 } } },
    'loadBalancingUpdateInterval is 30; expected a time span',
  ],
  [
    { extensions: { eventHubs: { initialOffsetOptions: { type: 'end' } } } },
    'expected fromStart, fromEnd or fromEnqueuedTime',
  ],
  [
    { extensions: { eventHubs: { initialOffsetOptions: { type: 'fromEnqueuedTime' } } } },
    'enqueuedTimeUtc is not given',
  ],
  [{ singleton: { listenerLockPeriod: '00:02:00' } }, 'from 15 to 60 s'],
  [{ functionTimeout: 'never' }, 'functionTimeout is "never"; expected a time span'],
])('a fault of host.json is told by name: %j', async (hostJson, message) => {
  const whole =
    typeof hostJson === 'string' || Object.keys(hostJson).length === 0 ? hostJson : { version: '2.0', ...hostJson };
  await expect(config(whole)).rejects.toThrow(message);
});

test('time spans are those of .NET', () => {
  expect(timeSpanMs('00:00:01.5')).toBe(1500);
  expect(timeSpanMs('1.02:03:04')).toBe(((26 * 60 + 3) * 60 + 4) * 1000);
  for (const text of ['', '30', '24:00:00', '00:60:00', '00:00:60', '1:2', '-00:00:01'])
    expect(timeSpanMs(text)).toBeNull();
});

describe('local.settings.json', () => {
  const read = async (text: string): Promise<Readonly<Record<string, string>>> => {
    await writeFile(path.join(folder, 'local.settings.json'), text);
    return localSettings(folder);
  };

  test('its values; none where there is no file', async () => {
    expect(localSettings(path.join(folder, 'nowhere'))).toEqual({});
    expect(await read('{"IsEncrypted":false,"Values":{"A":"1"}}')).toEqual({ A: '1' });
    expect(await read('{}')).toEqual({});
  });

  test.each([
    ['{', 'not JSON'],
    ['{"IsEncrypted":true,"Values":{}}', 'it is encrypted'],
    ['{"Values":[]}', '"Values" is no object'],
    ['{"Values":{"A":1}}', 'the value of A is no text'],
  ])('%s', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
    await expect(read(text)).rejects.toThrow('local.settings.json');
  });
});

test('%SETTING% is replaced wherever it stands, and a missing one named', () => {
  expect(resolved('a-%X%-%Y%', { X: '1', Y: '2' }, 'f')).toBe('a-1-2');
  expect(() => resolved('%X%', { X: '' }, 'eventHubName of f')).toThrow(
    "eventHubName of f: '%X%' does not resolve to a value: the setting X is not given.",
  );
});

describe('bindings', () => {
  const plan = (binding: Record<string, unknown>, env: NodeJS.ProcessEnv = {}) =>
    planOf({ name: 'f', bindings: { in: binding } }, env, 0);
  const hub = { type: 'eventHubTrigger', cardinality: 'many', connection: 'C', eventHubName: '%H%' };

  test('an Event Hubs trigger', () => {
    expect(plan({ ...hub, dataType: 'binary' }, { H: 'h' })).toEqual({
      ...{ kind: 'eventHub', name: 'f', connection: 'C', hub: 'h', consumerGroup: '$Default' },
      ...{ dataType: 'binary', policy: { strategy: 'none' } },
    });
    expect(plan({ ...hub, consumerGroup: 'g' }, { H: 'h' })).toMatchObject({
      consumerGroup: 'g',
      dataType: 'undefined',
    });
    expect(() => plan({ ...hub, dataType: 'stream' }, { H: 'h' })).toThrow('dataType is "stream"');
    expect(() => plan({ ...hub, cardinality: 'one' }, { H: 'h' })).toThrow(
      'f: this host serves cardinality "many" alone.',
    );
    expect(() => plan(hub)).toThrow("eventHubName of f: '%H%' does not resolve");
    expect(() => plan({ ...hub, connection: '' }, { H: 'h' })).toThrow('The trigger of f has no connection.');
  });

  test('a timer: one that comes more often than once a minute, or wants none, has no status', () => {
    expect(plan({ type: 'timerTrigger', schedule: '0 */5 * * * *' })).toMatchObject({
      isRecorded: true,
      runOnStartup: false,
    });
    expect(plan({ type: 'timerTrigger', schedule: '*/30 * * * * *' })).toMatchObject({ isRecorded: false });
    expect(plan({ type: 'timerTrigger', schedule: '00:05:00', useMonitor: false })).toMatchObject({
      isRecorded: false,
    });
  });

  test('a wrong schedule, and a trigger that this host has not', () => {
    expect(() => plan({ type: 'timerTrigger', schedule: 'now' })).toThrow('The schedule of f is "now"');
    expect(() => plan({ type: 'queueTrigger' })).toThrow(
      'f has a queueTrigger: this host serves Event Hubs, timer and',
    );
  });

  test('an HTTP function without a route is served by its name', () => {
    expect(plan({ type: 'httpTrigger', methods: ['GET'] })).toMatchObject({
      kind: 'http',
      route: { methods: ['GET'] },
    });
  });
});

describe('connections', () => {
  const key = 'SharedAccessKeyName=n;SharedAccessKey=a';

  test('a hub by connection string, whose EntityPath wins, or by identity', async () => {
    const named = openHub({ C: `Endpoint=sb://n.example;${key};EntityPath=other` }, 'C', 'h', 'g');
    expect([named.eventHubName, named.fullyQualifiedNamespace]).toEqual(['other', 'n.example']);
    const identity = openHub({ C__fullyQualifiedNamespace: 'n.example' }, 'C', 'h', 'g');
    expect([identity.eventHubName, identity.fullyQualifiedNamespace]).toEqual(['h', 'n.example']);
    await Promise.all([named.close(), identity.close()]);
    expect(() => openHub({}, 'C', 'h', 'g')).toThrow('neither C nor C__fullyQualifiedNamespace');
  });

  test("the host's storage by connection string, by Azurite's short one, or by identity", () => {
    const url = (env: NodeJS.ProcessEnv): string => openHostStorage(env).url;
    expect(url({ AzureWebJobsStorage: 'UseDevelopmentStorage=true' })).toContain('127.0.0.1:10000/devstoreaccount1');
    expect(url({ AzureWebJobsStorage__accountName: 'acc' })).toBe('https://acc.blob.core.windows.net/');
    expect(url({ AzureWebJobsStorage__blobServiceUri: 'https://b.example/' })).toBe('https://b.example/');
    expect(() => url({})).toThrow('set AzureWebJobsStorage, or AzureWebJobsStorage__accountName');
  });
});
