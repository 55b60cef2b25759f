import { earliestEventPosition, latestEventPosition, type EventPosition } from '@azure/event-hubs';
import { hub, HOUR_MS, noRetries, Reading, rejection, startHub, type TestHub } from './support';

const START = Date.UTC(2026, 10, 22, 12);

describe('reading through the SDK', () => {
  let server: TestHub;
  let now = START;

  beforeAll(async () => {
    server = await startHub(hub('Orders', 3), { now: () => now });
    const producer = server.producer();
    for (let index = 0; index < 10; index += 1) {
      await producer.sendBatch([{ body: index }], { partitionId: '0' });
      now += 1000;
    }
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const numbers = async (position: EventPosition, count: number) =>
    (await server.read('0', count, position)).map(({ sequenceNumber }) => sequenceNumber);

  test('from the beginning', async () => {
    expect(await numbers(earliestEventPosition, 10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('from a sequence number, with it or after it', async () => {
    expect(await numbers({ sequenceNumber: 7, isInclusive: true }, 3)).toEqual([7, 8, 9]);
    expect(await numbers({ sequenceNumber: 7 }, 2)).toEqual([8, 9]);
  });

  test('from an offset, with it or after it', async () => {
    const offset = (await server.read('0', 10))[7]?.offset ?? '';
    expect(await numbers({ offset, isInclusive: true }, 3)).toEqual([7, 8, 9]);
    expect(await numbers({ offset }, 2)).toEqual([8, 9]);
  });

  test('from an enqueued time on', async () => {
    expect(await numbers({ enqueuedOn: START + 6500 }, 3)).toEqual([7, 8, 9]);
    expect(await numbers({ enqueuedOn: new Date(START + 7000) }, 2)).toEqual([8, 9]);
  });

  test('from now on: only what comes later', async () => {
    const producer = server.producer();
    await producer.sendBatch([{ body: 'before' }], { partitionId: '1' });
    const reading = server.reading('1', latestEventPosition, { trackLastEnqueuedEventProperties: true });
    await server.attached('1');
    await producer.sendBatch([{ body: 'after' }], { partitionId: '1' });
    expect((await reading.atLeast(1)).map(({ body }) => body as unknown)).toEqual(['after']);
    await reading.close();
  });

  test('a consumer that is there already gets what is published, and the newest event is told with it', async () => {
    const told: unknown[] = [];
    const consumer = server.consumer();
    let got: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => (got = resolve));
    const subscription = consumer.subscribe(
      '2',
      {
        processEvents: (events, { lastEnqueuedEventProperties }) => {
          if (events.length > 0) {
            told.push({ ...lastEnqueuedEventProperties });
            got();
          }
          return Promise.resolve();
        },
        processError: () => Promise.resolve(),
      },
      { trackLastEnqueuedEventProperties: true, startPosition: earliestEventPosition, maxWaitTimeInSeconds: 1 },
    );
    await server.attached('2');
    const enqueuedOn = new Date(now);
    await server.producer().sendBatch([{ body: 'a' }, { body: 'b' }], { partitionId: '2' });
    await arrived;
    const last = server.hubs.hub('orders')?.partitions[2];
    expect(told[0]).toEqual({
      sequenceNumber: 1,
      offset: last?.lastOffset,
      enqueuedOn,
      retrievedOn: new Date(now),
    });
    await subscription.close();
  });

  test('a consumer that asks for a few at a time gets all, in order', async () => {
    const consumer = server.consumer();
    const reading = new Reading(consumer, '0', {
      startPosition: earliestEventPosition,
      prefetchCount: 3,
      maxBatchSize: 2,
      maxWaitTimeInSeconds: 1,
    });
    expect((await reading.atLeast(10)).map(({ body }) => body as unknown)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await reading.close();
  });

  test('a position that the partition never had is refused, as by the service', async () => {
    const failed = new Reading(server.consumer('lake', noRetries), '0', { startPosition: { sequenceNumber: 1000 } });
    const error = await failed.failure();
    expect(error.message).toContain(
      "The supplied sequence number '1000' is invalid. The last sequence number in the system is '9'",
    );
    await failed.close();
  });

  test('$Default is there unasked; a group that is not is refused', async () => {
    const reading = new Reading(server.consumer('$Default', noRetries), '0', { startPosition: earliestEventPosition });
    await reading.atLeast(10);
    await reading.close();
    const refused = new Reading(server.consumer('nobody', noRetries), '0', { startPosition: earliestEventPosition });
    expect((await refused.failure()).code).toBe('MessagingEntityNotFoundError');
    await refused.close();
  });

  test('a higher owner level disconnects the lower, which is told; a lower one is refused', async () => {
    const options = { startPosition: earliestEventPosition, maxWaitTimeInSeconds: 1 };
    const first = new Reading(server.consumer('lake', noRetries), '0', { ...options, ownerLevel: 1 });
    await first.atLeast(10);
    const second = new Reading(server.consumer('lake', noRetries), '0', { ...options, ownerLevel: 2 });
    await second.atLeast(10);
    expect((await first.failure()).code).toBe('ReceiverDisconnectedError');
    const third = new Reading(server.consumer('lake', noRetries), '0', { ...options, ownerLevel: 1 });
    expect((await third.failure()).code).toBe('ReceiverDisconnectedError');
    // Another consumer group is another matter.
    const beside = new Reading(server.consumer('$Default', noRetries), '0', { ...options, ownerLevel: 0 });
    await beside.atLeast(10);
    await server.producer().sendBatch([{ body: 'still' }], { partitionId: '0' });
    await second.atLeast(11);
    expect(second.errors).toEqual([]);
    for (const reading of [first, second, third, beside]) await reading.close();
  });

  test('a sixth reader without owner level is refused', async () => {
    const options = { startPosition: earliestEventPosition, maxWaitTimeInSeconds: 1 };
    const five = Array.from({ length: 5 }, () => new Reading(server.consumer('lake', noRetries), '0', options));
    for (const reading of five) await reading.atLeast(10);
    const sixth = new Reading(server.consumer('lake', noRetries), '0', options);
    expect((await sixth.failure()).code).toBe('QuotaExceededError');
    for (const reading of [...five, sixth]) await reading.close();
  });

  test('what has expired is skipped, and the hub says where the partition begins', async () => {
    const producer = server.producer();
    await producer.sendBatch([{ body: 'old' }], { partitionId: '1' });
    const { lastSequence = 0 } = server.hubs.hub('orders')?.partitions[1] ?? {};
    now += HOUR_MS + 1;
    const properties = await server.consumer().getPartitionProperties('1');
    expect(properties).toMatchObject({
      beginningSequenceNumber: lastSequence + 1,
      lastEnqueuedSequenceNumber: lastSequence,
      isEmpty: true,
    });
    await producer.sendBatch([{ body: 'new' }], { partitionId: '1' });
    const [first] = await server.read('1', 1);
    expect(first).toMatchObject({ body: 'new', sequenceNumber: lastSequence + 1 });
  });

  test('a hub deleted disconnects its readers; made anew it begins at 0', async () => {
    const config = hub('fleeting', 1);
    await using own = await startHub(config);
    const producer = own.producer();
    await producer.sendBatch([{ body: 'first life' }]);
    const options = { startPosition: earliestEventPosition };
    const reading = new Reading(own.consumer('lake', noRetries), '0', options);
    await reading.atLeast(1);
    const before = own.hubs.hub('fleeting')?.createdAt ?? 0;
    own.hubs.deleteHub('fleeting');
    expect((await reading.failure()).code).toBe('MessagingEntityNotFoundError');
    await reading.close();
    expect((await rejection(producer.sendBatch([{ body: 'nowhere' }]))).code).toBe('MessagingEntityNotFoundError');
    own.hubs.createHub(config);
    expect(own.hubs.hub('fleeting')?.createdAt).toBeGreaterThan(before);
    await producer.sendBatch([{ body: 'second life' }]);
    const again = new Reading(own.consumer(), '0', options);
    expect(await again.atLeast(1)).toMatchObject([{ body: 'second life', sequenceNumber: 0 }]);
    await again.close();
  });
});
