import { partitionOfKey } from '../../../local/event-hubs/partition-key';
import { hub, quickRetries, rejection, startHub, type TestHub } from './support';

describe('publishing through the SDK', () => {
  let server: TestHub;

  beforeAll(async () => (server = await startHub(hub('Orders', 4))));
  afterAll(() => server[Symbol.asyncDispose]());

  const partitions = () => server.hubs.hub('orders')?.partitions ?? [];
  const counts = () => partitions().map(({ lastSequence }) => lastSequence + 1);
  /** How many events `publish` added to each partition. */
  async function added(publish: () => Promise<void>): Promise<number[]> {
    const before = counts();
    await publish();
    return counts().map((count, index) => count - (before[index] ?? 0));
  }

  test('a batch for a partition is stored there, in order, with numbers, offsets and times that grow', async () => {
    const producer = server.producer();
    const batch = await producer.createBatch({ partitionId: '2' });
    expect(batch.maxSizeInBytes).toBe(1_048_576);
    for (let index = 0; index < 100; index += 1) batch.tryAdd({ body: { index } });
    const before = Date.now();
    expect(await added(() => producer.sendBatch(batch))).toEqual([0, 0, 100, 0]);
    const events = await server.read('2', 100);
    expect(events.map(({ body }) => (body as { index: number }).index)).toEqual(events.map((_, index) => index));
    expect(events.map(({ sequenceNumber }) => sequenceNumber)).toEqual(events.map((_, index) => index));
    const offsets = events.map(({ offset }) => Number(offset));
    expect(new Set(offsets).size).toBe(100);
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
    for (const { enqueuedTimeUtc } of events) {
      expect(enqueuedTimeUtc.getTime()).toBeGreaterThanOrEqual(before);
      expect(enqueuedTimeUtc.getTime()).toBeLessThanOrEqual(Date.now());
    }
    expect(await server.consumer().getPartitionProperties('2')).toMatchObject({
      beginningSequenceNumber: 0,
      lastEnqueuedSequenceNumber: 99,
      lastEnqueuedOffset: events.at(-1)?.offset,
      lastEnqueuedOnUtc: events.at(-1)?.enqueuedTimeUtc,
      isEmpty: false,
    });
  });

  test('events without key or partition go round', async () => {
    const producer = server.producer();
    const sent = await added(async () => {
      for (let index = 0; index < 8; index += 1) await producer.sendBatch([{ body: 'x' }]);
    });
    expect(sent).toEqual([2, 2, 2, 2]);
  });

  test('a key always leads to one partition, the one that a client computes, and is told to consumers', async () => {
    const producer = server.producer();
    for (const key of ['customer-1', 'customer-2', 'ключ']) {
      const first = await added(() => producer.sendBatch([{ body: 'x' }], { partitionKey: key }));
      const second = await added(() => producer.sendBatch([{ body: 'y' }, { body: 'z' }], { partitionKey: key }));
      expect(second).toEqual(first.map((count) => 2 * count));
      const partition = String(first.indexOf(1));
      expect(partition).toBe(String(partitionOfKey(key, 4)));
      const events = await server.read(partition, counts()[Number(partition)] ?? 0);
      expect(events.slice(-3).map(({ partitionKey }) => partitionKey)).toEqual([key, key, key]);
    }
  });

  test('body, properties, content type and ids arrive as they were sent', async () => {
    const producer = server.producer();
    const when = new Date(1_795_305_600_123);
    const sent = [
      { body: Buffer.from([0, 255, 10, 13]), contentType: 'application/octet-stream', messageId: 'id-1' },
      {
        body: { text: 'é\u0000𝄞', nested: [1, null, true] },
        correlationId: 'c-1',
        properties: { text: 'x', n: 5, b: true, when },
      },
      { body: '' },
      { body: null },
      { body: 'text', messageId: 7, properties: { 'Key With Spaces': 'ü' } },
    ];
    const first = counts()[1] ?? 0;
    await producer.sendBatch(sent as never, { partitionId: '1' });
    const events = (await server.read('1', first + sent.length)).slice(first);
    expect(events.map(({ body }) => body as unknown)).toEqual(sent.map(({ body }) => body));
    expect(events.map(({ contentType }) => contentType)).toEqual(sent.map((each) => each.contentType));
    expect(events.map(({ messageId }) => messageId)).toEqual(sent.map((each) => each.messageId));
    expect(events.map(({ correlationId }) => correlationId)).toEqual(sent.map((each) => each.correlationId));
    // The SDK hands times over as numbers.
    const expected = sent.map(({ properties }) =>
      properties?.when ? { ...properties, when: when.getTime() } : properties,
    );
    expect(events.map(({ properties }) => properties)).toEqual(expected);
  });

  test('bodies of the kinds data, value and sequence stay what they are', async () => {
    const producer = server.producer();
    const first = counts()[3] ?? 0;
    const sent = [
      { bodyType: 'data', body: Buffer.from('raw') },
      { bodyType: 'value', body: 41 },
      { bodyType: 'sequence', body: [[1, 'two', true]] },
    ] as const;
    await producer.sendBatch(sent as never, { partitionId: '3' });
    const events = (await server.read('3', first + 3)).slice(first);
    expect(events.map((event) => event.getRawAmqpMessage().bodyType)).toEqual(['data', 'value', 'sequence']);
    expect(events.map(({ body }) => body as unknown)).toEqual([Buffer.from('raw'), 41, [[1, 'two', true]]]);
  });

  test('a batch of exactly the limit is taken; one byte more is refused as a whole', async () => {
    const producer = server.producer();
    // What an event of no body takes in a batch of one.
    const empty = await producer.createBatch({ partitionId: '0' });
    empty.tryAdd({ body: Buffer.alloc(300_000) });
    const room = 1_048_576 - empty.sizeInBytes + 300_000;
    expect(await added(() => producer.sendBatch([{ body: Buffer.alloc(room) }], { partitionId: '0' }))).toEqual([
      1, 0, 0, 0,
    ]);
    const tooMuch = await added(async () => {
      const error = await rejection(producer.sendBatch([{ body: Buffer.alloc(room + 1) }], { partitionId: '0' }));
      expect(error).toMatchObject({ code: 'MessageTooLargeError' });
      const half = { body: Buffer.alloc(room / 2) };
      await rejection(producer.sendBatch([half, half, half], { partitionId: '0' }));
    });
    expect(tooMuch).toEqual([0, 0, 0, 0]);
    expect(await added(() => producer.sendBatch([{ body: 'after' }], { partitionId: '0' }))).toEqual([1, 0, 0, 0]);
  });

  test('a hub and a partition that are not there are refused at once', async () => {
    await using other = await startHub(hub('present', 1));
    Object.assign(other, { name: 'absent' });
    expect((await rejection(other.producer().sendBatch([{ body: 'x' }]))).code).toBe('MessagingEntityNotFoundError');
    const error = await rejection(server.producer(quickRetries).sendBatch([{ body: 'x' }], { partitionId: '4' }));
    expect(error.code).toBe('ArgumentOutOfRangeError');
  });

  test('many producers at once lose and double nothing', async () => {
    const before = counts()[2] ?? 0;
    await Promise.all(
      Array.from({ length: 5 }, async (_, who) => {
        const producer = server.producer();
        for (let batch = 0; batch < 10; batch += 1)
          await producer.sendBatch(
            Array.from({ length: 20 }, (__, index) => ({ body: `${who}/${batch}/${index}` })),
            { partitionId: '2' },
          );
      }),
    );
    const events = (await server.read('2', before + 1000)).slice(before);
    const bodies = events.map(({ body }) => body as string);
    expect(new Set(bodies).size).toBe(1000);
    // Batches are never mixed, and each producer's come in its order.
    for (let at = 0; at < 1000; at += 20)
      expect(bodies.slice(at, at + 20).map((body) => body.split('/')[2])).toEqual(
        Array.from({ length: 20 }, (_, i) => `${i}`),
      );
    for (let who = 0; who < 5; who += 1)
      expect(bodies.filter((body) => body.startsWith(`${who}/`) && body.endsWith('/0'))).toEqual(
        Array.from({ length: 10 }, (_, batch) => `${who}/${batch}/0`),
      );
  });
});
