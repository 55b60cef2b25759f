import { once } from 'node:events';
import { connect } from 'node:net';
import { EventHubConsumerClient } from '@azure/event-hubs';
import { answerCbs } from '../../../local/event-hubs/cbs';
import { answerManagement } from '../../../local/event-hubs/management';
import { Namespace } from '../../../local/event-hubs/namespace';
import { EventHubsServer } from '../../../local/event-hubs/server';

const namespace = new Namespace([{ name: 'Orders', partitionCount: 3, createdAt: Date.UTC(2026, 0, 2, 3, 4, 5, 6) }]);

describe('through the SDK', () => {
  let server: EventHubsServer;
  let client: EventHubConsumerClient;

  beforeAll(async () => {
    server = await EventHubsServer.listen(namespace, { port: 0 });
    client = new EventHubConsumerClient('$Default', server.connectionString, 'orders', {
      retryOptions: { maxRetries: 0, timeoutInMs: 5000 },
    });
  });
  afterAll(async () => {
    await client.close();
    await server[Symbol.asyncDispose]();
  });

  test("a hub's properties are read over one connection, asked for twice", async () => {
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
    expect(await client.getPartitionProperties('2')).toEqual({
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
    await expect(client.getPartitionProperties('3')).rejects.toMatchObject({ code: 'MessagingEntityNotFoundError' });
  });

  test('it listens on 127.0.0.1 alone', async () => {
    const elsewhere = connect(server.port, '127.0.0.2');
    await expect(once(elsewhere, 'connect')).rejects.toThrow();
  });

  test('a taken port is an error', async () => {
    await expect(EventHubsServer.listen(namespace, { port: server.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});

test('names of hubs are compared without regard to case; a deleted one is gone', () => {
  const hubs = new Namespace();
  hubs.create({ name: 'A', partitionCount: 1, createdAt: 1 });
  expect(() => hubs.create({ name: 'a', partitionCount: 1, createdAt: 2 })).toThrow('There is a hub a already.');
  hubs.delete('a');
  expect(hubs.hub('A')).toBeUndefined();
  expect(() => hubs.delete('a')).toThrow('There is no hub a.');
});

test.each<[string, Record<string, unknown>, number]>([
  ['another operation', { operation: 'UPDATE', type: 'com.microsoft:eventhub', name: 'orders' }, 400],
  ['another type', { operation: 'READ', type: 'com.microsoft:queue', name: 'orders' }, 400],
  ['no hub', { operation: 'READ', type: 'com.microsoft:eventhub' }, 400],
  ['an unknown hub', { operation: 'READ', type: 'com.microsoft:eventhub', name: 'none' }, 404],
  ['an unknown partition', { operation: 'READ', type: 'com.microsoft:partition', name: 'orders', partition: '9' }, 404],
  ['a partition', { operation: 'READ', type: 'com.microsoft:partition', name: 'orders', partition: '0' }, 200],
])('$management answers %s', (_, properties, status) => {
  expect(answerManagement(namespace, { properties, body: null }).status).toBe(status);
});

test.each<[string, Record<string, unknown>, unknown, number]>([
  ['a token', { operation: 'put-token', name: 'sb://localhost/orders', type: 'jwt' }, 'token', 202],
  ['another operation', { operation: 'delete-token', name: 'sb://localhost/orders' }, 'token', 400],
  ['no audience', { operation: 'put-token' }, 'token', 400],
  ['no token', { operation: 'put-token', name: 'sb://localhost/orders' }, undefined, 400],
])('$cbs answers %s', (_, properties, body, status) => {
  expect(answerCbs({ properties, body }).status).toBe(status);
});
