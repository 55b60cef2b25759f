import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { answerCbs } from '../../../local/event-hubs/cbs';
import { startEventHubs } from '../../../local/event-hubs/event-hubs';
import { answerManagement } from '../../../local/event-hubs/management';
import { Namespace } from '../../../local/event-hubs/namespace';
import { hub, noRetries, rejection, startHub, temporaryFolder, type TestHub } from './support';

const CREATED = Date.UTC(2026, 0, 2, 3, 4, 5, 6);

describe('through the SDK', () => {
  let server: TestHub;

  beforeAll(async () => (server = await startHub(hub('Orders', 3), { now: () => CREATED })));
  afterAll(() => server[Symbol.asyncDispose]());

  test("a hub's properties are read over one connection, asked for twice", async () => {
    const client = server.consumer('lake', noRetries);
    const expected = {
      name: 'Orders',
      createdOn: new Date('2026-01-02T03:04:05.006Z'),
      partitionIds: ['0', '1', '2'],
      isGeoDrEnabled: false,
    };
    expect(await client.getEventHubProperties()).toEqual(expected);
    expect(await client.getEventHubProperties()).toEqual(expected);
  });

  test('a partition without events says so', async () => {
    expect(await server.consumer().getPartitionProperties('2')).toEqual({
      eventHubName: 'Orders',
      partitionId: '2',
      beginningSequenceNumber: 0,
      lastEnqueuedSequenceNumber: -1,
      lastEnqueuedOffset: '-1',
      lastEnqueuedOnUtc: new Date('0001-01-01T00:00:00Z'),
      isEmpty: true,
    });
  });

  test('a partition that is not there is not found', async () => {
    const error = await rejection(server.consumer('lake', noRetries).getPartitionProperties('3'));
    expect(error.code).toBe('MessagingEntityNotFoundError');
  });

  test('it listens on 127.0.0.1 alone', async () => {
    const elsewhere = connect(server.hubs.port, '127.0.0.2');
    await expect(once(elsewhere, 'connect')).rejects.toThrow();
  });

  test('a taken port is named, and nothing is left open', async () => {
    const { port } = server.hubs;
    await expect(startEventHubs({ port, healthPort: null, hubs: [] })).rejects.toThrow(`127.0.0.1:${port} is in use`);
    await expect(startEventHubs({ port: 0, healthPort: port, hubs: [] })).rejects.toThrow(
      `127.0.0.1:${port} is in use`,
    );
  });

  test("the connection string is the emulator's, with the port where it is not the emulator's", () => {
    expect(server.hubs.connectionString).toBe(
      `Endpoint=sb://localhost:${server.hubs.port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;`,
    );
  });
});

test('started again with its folder it is as it was, whatever is asked of hubs that are there', async () => {
  await using folder = await temporaryFolder();
  const options = { folder: folder.path, now: () => CREATED };
  const before = await startHub(hub('Orders', 2), options);
  await before.producer().sendBatch([{ body: 'kept' }], { partitionId: '1' });
  const view = before.hubs.hub('orders');
  await before[Symbol.asyncDispose]();
  const lines: string[] = [];
  await using again = await startHub(hub('orders', 5), { ...options, log: (line) => lines.push(line) });
  expect(again.hubs.hubs()).toEqual([view]);
  expect(lines).toEqual([expect.stringMatching(/^hub Orders stays as it was made: .*"partitionCount":2/)]);
  expect(await again.read('1', 1)).toMatchObject([
    { body: 'kept', sequenceNumber: 0, enqueuedTimeUtc: new Date(CREATED) },
  ]);
});

test('100,000 events in memory are read back from any place', async () => {
  await using server = await startHub(hub('Orders', 1));
  const producer = server.producer();
  const body = 'x'.repeat(200);
  for (let batch = 0; batch < 50; batch += 1) await producer.sendBatch(Array.from({ length: 2000 }, () => ({ body })));
  expect(server.hubs.hub('orders')?.partitions[0]).toMatchObject({ beginSequence: 0, lastSequence: 99_999 });
  for (const sequenceNumber of [0, 50_000, 99_990]) {
    const [first] = await server.read('0', 1, { sequenceNumber, isInclusive: true });
    expect(first).toMatchObject({ body, sequenceNumber });
  }
});

test('names of hubs are compared without regard to case; a deleted one is gone', () => {
  const hubs = inMemory();
  hubs.create(hub('A', 1));
  expect(() => hubs.create(hub('a', 1))).toThrow('There is a hub a already.');
  hubs.delete('a');
  expect(hubs.hub('A')).toBeUndefined();
  expect(() => hubs.delete('a')).toThrow('There is no hub a.');
});

test('creation times never come twice, though the clock stands still or is set back', () => {
  let now = CREATED;
  const hubs = new Namespace({ folder: null, now: () => now, log: () => undefined });
  const first = hubs.create(hub('a', 1)).createdAt;
  hubs.delete('a');
  const second = hubs.create(hub('a', 1)).createdAt;
  hubs.delete('a');
  now -= 60_000;
  const third = hubs.create(hub('a', 1)).createdAt;
  expect(second).toBeGreaterThan(first);
  expect(third).toBeGreaterThan(second);
});

test.each<[string, Parameters<typeof hub>, string]>([
  ['33 partitions', ['a', 33], 'hub a: found 33 partitions; expected 1 to 32'],
  ['no partition', ['a', 0], 'hub a: found 0 partitions; expected 1 to 32'],
  ['half a partition', ['a', 1.5], 'hub a: found 1.5 partitions; expected 1 to 32'],
  ['a name with a slash', ['a/b', 1], 'hub a/b: found that name'],
  ['no retention', ['a', 1, { retentionMs: 0 }], 'hub a: found a retention of 0 ms'],
  ['a consumer group twice', ['a', 1, { consumerGroups: ['x', 'X'] }], 'hub a: found one consumer group twice'],
  ['a group with a slash', ['a', 1, { consumerGroups: ['x/y'] }], 'hub a: found consumer group x/y'],
  [
    '21 consumer groups',
    ['a', 1, { consumerGroups: Array.from({ length: 21 }, (_, index) => `g${index}`) }],
    'hub a: found 21 consumer groups; expected 20 at most',
  ],
])('a hub with %s is refused', (_, config, message) => {
  expect(() => inMemory().create(hub(...config))).toThrow(message);
});

test('there are ten hubs at most', () => {
  const hubs = inMemory();
  for (let index = 0; index < 10; index += 1) hubs.create(hub(`h${index}`, 32));
  expect(() => hubs.create(hub('h10', 1))).toThrow('hub h10: found 10 other hubs; expected 10 at most in all');
});

test.each<[string, Record<string, unknown>, number]>([
  ['another operation', { operation: 'UPDATE', type: 'com.microsoft:eventhub', name: 'orders' }, 400],
  ['another type', { operation: 'READ', type: 'com.microsoft:queue', name: 'orders' }, 400],
  ['no hub', { operation: 'READ', type: 'com.microsoft:eventhub' }, 400],
  ['an unknown hub', { operation: 'READ', type: 'com.microsoft:eventhub', name: 'none' }, 404],
  ['an unknown partition', { operation: 'READ', type: 'com.microsoft:partition', name: 'orders', partition: '9' }, 404],
  ['a partition', { operation: 'READ', type: 'com.microsoft:partition', name: 'orders', partition: '0' }, 200],
])('$management answers %s', (_, properties, status) => {
  const hubs = inMemory();
  hubs.create(hub('Orders', 3));
  expect(answerManagement(hubs, { properties, body: null }).status).toBe(status);
});

test.each<[string, Record<string, unknown>, unknown, number]>([
  ['a token', { operation: 'put-token', name: 'sb://localhost/orders', type: 'jwt' }, 'token', 202],
  ['another operation', { operation: 'delete-token', name: 'sb://localhost/orders' }, 'token', 400],
  ['no audience', { operation: 'put-token' }, 'token', 400],
  ['no token', { operation: 'put-token', name: 'sb://localhost/orders' }, undefined, 400],
])('$cbs answers %s', (_, properties, body, status) => {
  expect(answerCbs({ properties, body }, { key: null, now: Date.now }).status).toBe(status);
});

test.each([
  ['k', 101, 202, 'Accepted'],
  ['another', 101, 401, 'InvalidSignature: The token has an invalid signature.'],
  ['k', 100, 401, 'ExpiredToken: The token is expired.'],
])('$cbs answers a token that is signed with %s and ends at %d s', (key, ends, status, description) => {
  const signature = createHmac('sha256', key).update(`sb%3A%2F%2Flocalhost\n${ends}`).digest('base64');
  const body = `SharedAccessSignature sr=sb%3A%2F%2Flocalhost&sig=${encodeURIComponent(signature)}&se=${ends}&skn=root`;
  const properties = { operation: 'put-token', name: 'sb://localhost/orders', type: 'servicebus.windows.net:sastoken' };
  expect(answerCbs({ properties, body }, { key: 'k', now: () => 100_000 })).toEqual({ status, description });
});

const inMemory = (): Namespace => new Namespace({ folder: null, now: () => CREATED, log: () => undefined });
