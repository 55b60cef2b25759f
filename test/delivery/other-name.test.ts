import { DAY_MS } from '../../src/lib/time';
import { type HubEvent } from '../../src/lib/decode/event';
import { events, NOON, openInstance, PARTITION, type Instance } from '../support/instance';
import { LakeReader } from '../support/reader';
import { startLake, type TestLake } from '../support/storage';

/** The namespace is reached under another host name: a Geo-DR alias, a private DNS name. The host reads the hub from its start then. */

const ALIAS = { ...PARTITION, namespace: 'alias.servicebus.windows.net' };
const BEGIN = NOON - DAY_MS;
const NAMED = { namespaceName: PARTITION.namespace };

let lake: TestLake;
let reader: LakeReader;
let instance: Instance;

beforeEach(async () => {
  lake = await startLake();
  reader = new LakeReader(lake.connectionString);
  instance = await openInstance(lake.connectionString, { retentionDays: 7 });
});
afterEach(() => lake[Symbol.asyncDispose]());

const batch = (first: number, last: number, begin = BEGIN): HubEvent[] => events(first, last, {}, begin);
const numbers = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

test.each([
  ['the same boundaries', 0, 9],
  ['other boundaries', 3, 17],
  ['a batch within one file', 5, 6],
  ['a batch that reaches behind what is covered', 15, 30],
])('events that the lake holds are refused, in %s', async (_, first, last) => {
  await instance.deliver(batch(0, 9));
  await instance.deliver(batch(10, 19));
  const before = await reader.paths('');
  const failure = instance.deliver(batch(first, last), { partition: ALIAS });
  await expect(failure).rejects.toMatchObject({ code: 'HUB_UNDER_OTHER_NAME', retryable: true });
  await expect(failure).rejects.toThrow(`EVENTHUB_NAMESPACE_NAME=${PARTITION.namespace}`);
  expect(await reader.paths('')).toEqual(before);
});

test('what is committed under the other name, and not published yet, counts', async () => {
  await instance.deliver(batch(0, 9));
  const ledger = '_system/ledger/example.servicebus.windows.net/changes/1/3.json';
  const [final = ''] = await reader.visible();
  const staged = '_system/staging/example.servicebus.windows.net/changes/1/3/waiting';
  await reader.move(final, staged);
  await reader.write(ledger, JSON.stringify({ ...(await reader.json(ledger)), pending: [{ staged, final }] }));
  const failure = instance.deliver(batch(0, 9), { partition: ALIAS });
  await expect(failure).rejects.toMatchObject({ code: 'HUB_UNDER_OTHER_NAME' });
});

test('where the lake knows the namespace by a name of its own, the ledger goes on under any host name', async () => {
  await instance.deliver(batch(0, 9));
  const renamed = await openInstance(lake.connectionString, { retentionDays: 7, ...NAMED });
  expect(await renamed.deliver(batch(0, 14), { partition: ALIAS })).toMatchObject({ written: 5, duplicates: 10 });
  expect(await reader.sequences()).toEqual(numbers(0, 14));
  expect(await reader.paths('_system/ledger')).toEqual([
    '_system/ledger/example.servicebus.windows.net/changes/1/3.json',
  ]);
});

test('another hub of the same name is born: its events are others', async () => {
  await instance.deliver(batch(0, 9));
  expect(await instance.deliver(batch(0, 9, BEGIN + 1_000), { partition: ALIAS })).toMatchObject({ written: 10 });
});

test('a batch that may go on behind what is covered is refused until the name is stated', async () => {
  await instance.deliver(batch(0, 9));
  const failure = instance.deliver(batch(12, 14), { partition: ALIAS });
  await expect(failure).rejects.toThrow(`Is it another one? Set EVENTHUB_NAMESPACE_NAME=${ALIAS.namespace}`);
  const stated = await openInstance(lake.connectionString, { retentionDays: 7, namespaceName: ALIAS.namespace });
  expect(await stated.deliver(batch(12, 14), { partition: ALIAS })).toMatchObject({ written: 3 });
});
