import { once } from 'node:events';
import { connect } from 'node:net';
import { message as codec, types } from 'rhea';
import { BATCH_FORMAT } from '../../../local/event-hubs/published';
import { partitionOfKey } from '../../../local/event-hubs/partition-key';
import { eventually, hub, startHub, type TestHub } from './support';
import { batchOf, RawClient, raw, sendRaw } from './raw';

/** What other clients than the JavaScript SDK do, without an SDK. */

const selector = (text: string): unknown => ({
  'apache.org:selector-filter:string': types.wrap_described(text, 0x468c00000004),
});

describe('on the wire', () => {
  let server: TestHub;
  let client: RawClient;

  beforeEach(async () => {
    server = await startHub(hub('Orders', 4));
    client = await RawClient.connect(server);
  });
  afterEach(async () => {
    await client[Symbol.asyncDispose]();
    await server.hubs.idle();
    await server[Symbol.asyncDispose]();
  });

  const counts = () => (server.hubs.hub('orders')?.partitions ?? []).map(({ lastSequence }) => lastSequence + 1);

  test('the connection offers what the service offers', () => {
    const { max_frame_size: frame, idle_time_out: idle } = client.connection;
    expect({ frame, idle }).toEqual({ frame: 65_536, idle: 240_000 });
  });

  test('a .NET client is let in by its own name for the mechanism', async () => {
    const mechanism = { start: (callback: (error: null, response: Buffer) => void) => callback(null, Buffer.alloc(0)) };
    await using other = await RawClient.connect(server, {
      username: undefined,
      sasl_mechanisms: { MSSBCBS: () => mechanism },
    });
    const { refused } = await other.sender('orders');
    expect(refused).toBeNull();
  });

  test.each([
    ['orders', [1, 0, 0, 0]],
    ['/ORDERS', [1, 0, 0, 0]],
    ['orders/Partitions/2', [0, 0, 1, 0]],
    ['/Orders/partitions/2', [0, 0, 1, 0]],
    ['%4Frders/Partitions/2', [0, 0, 1, 0]],
  ])('a sender to %s', async (address, expected) => {
    const { sender, refused } = await client.sender(address);
    expect(refused).toBeNull();
    expect(sender.max_message_size).toBe(1_048_576);
    expect(await sendRaw(sender, raw('x'))).toBe('accepted');
    expect(counts()).toEqual(expected);
  });

  test.each([
    ['nowhere', 'amqp:not-found'],
    ['orders/Partitions/4', 'com.microsoft:argument-out-of-range'],
    ['orders/ConsumerGroups/lake/Partitions/0', 'amqp:not-found'],
    ['orders//0', 'amqp:not-found'],
    ['', 'amqp:not-found'],
  ])('a sender to %s is refused', async (address, condition) => {
    expect((await client.sender(address)).refused).toMatchObject({ condition });
  });

  test.each([
    ['nowhere/ConsumerGroups/lake/Partitions/0', 'amqp:not-found'],
    ['orders/ConsumerGroups/nobody/Partitions/0', 'amqp:not-found'],
    ['orders/ConsumerGroups/lake/Partitions/9', 'com.microsoft:argument-out-of-range'],
    ['orders/Partitions/0', 'amqp:not-found'],
    ['orders', 'amqp:not-found'],
  ])('a receiver of %s is refused', async (address, condition) => {
    const receiver = await client.receiver(address);
    await eventually(() => receiver.refused !== null, 'a refusal');
    expect(receiver.refused).toMatchObject({ condition });
  });

  test('a selector that nobody knows is refused', async () => {
    const receiver = await client.receiver('orders/ConsumerGroups/lake/Partitions/0', {
      source: { filter: selector("amqp.annotation.x-opt-publisher = 'me'") },
    });
    await eventually(() => receiver.refused !== null, 'a refusal');
    expect(receiver.refused).toMatchObject({ condition: 'amqp:invalid-field' });
  });

  test('the attach is answered with the source that was asked for, its filter described as it was', async () => {
    const text = "amqp.annotation.x-opt-offset > '-1'";
    const address = '/orders/ConsumerGroups/lake/Partitions/0';
    const { receiver } = await client.receiver(address, { source: { filter: selector(text) } });
    expect(receiver.source.address).toBe(address);
    const filter = (
      receiver.source as unknown as { filter: Record<string, { toString(): string; descriptor?: unknown }> }
    ).filter['apache.org:selector-filter:string'];
    expect(String(filter)).toBe(text);
    expect(Number(filter?.descriptor)).toBe(0x468c00000004);
  });

  test('a single event is stored as it is, its key decides, and an empty value body stays one', async () => {
    const { sender } = await client.sender('orders');
    const message = raw('text', {
      message_annotations: { 'x-opt-partition-key': 'customer-1', 'x-own': 'kept' },
      application_properties: { a: 1 },
      subject: 'label',
    });
    expect(await sendRaw(sender, message)).toBe('accepted');
    const partition = partitionOfKey('customer-1', 4);
    expect(counts()[partition]).toBe(1);
    const receiver = await client.receiver(`orders/ConsumerGroups/lake/Partitions/${partition}`);
    receiver.receiver.add_credit(1);
    await eventually(() => receiver.messages.length === 1, 'the event');
    expect(receiver.messages[0]).toMatchObject({
      body: 'text',
      subject: 'label',
      application_properties: { a: 1 },
      message_annotations: { 'x-opt-partition-key': 'customer-1', 'x-own': 'kept', 'x-opt-sequence-number': 0 },
    });
    expect(receiver.settled).toEqual([true]);
  });

  test("a batch's key on the envelope alone decides and is told with each event", async () => {
    const { sender } = await client.sender('orders');
    const batch = batchOf([raw('a'), raw('b')], { 'x-opt-partition-key': 'customer-2' });
    expect(await sendRaw(sender, batch, BATCH_FORMAT)).toBe('accepted');
    const partition = partitionOfKey('customer-2', 4);
    const receiver = await client.receiver(`orders/ConsumerGroups/lake/Partitions/${partition}`);
    receiver.receiver.add_credit(10);
    await eventually(() => receiver.messages.length === 2, 'the events');
    expect(receiver.messages.map((each) => each.message_annotations?.['x-opt-partition-key'] as unknown)).toEqual([
      'customer-2',
      'customer-2',
    ]);
  });

  test('a malformed batch and one that is too large are rejected, and the link goes on', async () => {
    const { sender } = await client.sender('orders/Partitions/0');
    expect(await sendRaw(sender, Buffer.from('no message'), BATCH_FORMAT)).toMatchObject({
      condition: 'amqp:decode-error',
    });
    const large = batchOf([raw(codec.data_section(Buffer.alloc(1_048_576)))]);
    expect(await sendRaw(sender, large, BATCH_FORMAT)).toMatchObject({ condition: 'amqp:link:message-size-exceeded' });
    expect(await sendRaw(sender, raw(codec.data_section(Buffer.alloc(1_048_576))))).toMatchObject({
      condition: 'amqp:link:message-size-exceeded',
    });
    expect(counts()).toEqual([0, 0, 0, 0]);
    expect(await sendRaw(sender, batchOf([raw('a')]), BATCH_FORMAT)).toBe('accepted');
    expect(counts()).toEqual([1, 0, 0, 0]);
  });

  test('a client that settles beforehand is stored too, more often than the window is wide', async () => {
    const { sender } = await client.sender('orders/Partitions/1', { snd_settle_mode: 1 });
    for (let index = 0; index < 5000; index += 1) {
      if (!sender.sendable()) await new Promise((resolve) => sender.once('sendable', resolve));
      sender.send(raw(index));
    }
    await eventually(() => counts()[1] === 5000, '5,000 events');
  });

  test('as many events come as there is credit, no more; a drain gives the rest back', async () => {
    const { sender } = await client.sender('orders/Partitions/0');
    const messages = Array.from({ length: 10 }, (_, index) => raw(index));
    expect(await sendRaw(sender, batchOf(messages), BATCH_FORMAT)).toBe('accepted');
    const reader = await client.receiver('orders/ConsumerGroups/lake/Partitions/0');
    const { receiver } = reader;
    receiver.add_credit(4);
    await eventually(() => reader.messages.length === 4, '4 events');
    // What comes over the same connection later was answered later: nothing more was on its way.
    expect(await sendRaw(sender, raw('more'))).toBe('accepted');
    expect(reader.sequences).toEqual([0, 1, 2, 3]);

    const drained = new Promise((resolve) => receiver.once('receiver_drained', resolve));
    receiver.add_credit(20);
    receiver.drain_credit();
    await drained;
    expect(reader.sequences).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    receiver.drain = false;
    // The credit is gone: only what is given anew counts.
    expect(await sendRaw(sender, batchOf([raw('a'), raw('b'), raw('c')]), BATCH_FORMAT)).toBe('accepted');
    receiver.add_credit(2);
    await eventually(() => reader.messages.length === 13, '13 events');
    expect(await sendRaw(sender, raw('last'))).toBe('accepted');
    expect(reader.sequences.at(-1)).toBe(12);
  });

  test("events larger than the client's frames go and come in pieces, whole", async () => {
    await using small = await RawClient.connect(server, { max_frame_size: 4096 });
    const { sender } = await client.sender('orders/Partitions/0');
    const bodies = ['a', 'b', 'c'].map((letter) => letter.repeat(900_000));
    for (const body of bodies) expect(await sendRaw(sender, raw(body))).toBe('accepted');
    const reader = await small.receiver('orders/ConsumerGroups/lake/Partitions/0');
    reader.receiver.add_credit(10);
    await eventually(() => reader.messages.length === 3, '3 events');
    expect(reader.messages.map(({ body }) => body as string)).toEqual(bodies);
  });

  test('a drain with nothing to send gives all credit back', async () => {
    const { receiver } = await client.receiver('orders/ConsumerGroups/lake/Partitions/0');
    const drained = new Promise((resolve) => receiver.once('receiver_drained', resolve));
    receiver.add_credit(5);
    receiver.drain_credit();
    await drained;
    expect((receiver as unknown as { credit: number }).credit).toBe(0);
  });

  test('several readers on one connection and one session each get everything', async () => {
    const { sender } = await client.sender('orders/Partitions/0');
    const readers = await Promise.all(
      Array.from({ length: 5 }, () => client.receiver('orders/ConsumerGroups/lake/Partitions/0')),
    );
    for (const { receiver } of readers) receiver.add_credit(1000);
    const messages = Array.from({ length: 300 }, (_, index) => raw(index));
    expect(await sendRaw(sender, batchOf(messages), BATCH_FORMAT)).toBe('accepted');
    for (const reader of readers) {
      await eventually(() => reader.messages.length === 300, '300 events');
      expect(reader.sequences).toEqual(messages.map((_, index) => index));
    }
  });

  test('owner levels as large as clock ticks are told apart', async () => {
    const address = 'orders/ConsumerGroups/lake/Partitions/0';
    const epoch = (value: bigint) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64BE(value);
      return { properties: { 'com.microsoft:epoch': types.wrap_long(bytes) } };
    };
    const ticks = 636_730_203_068_015_448n;
    const first = await client.receiver(address, epoch(ticks));
    const lower = await client.receiver(address, epoch(ticks - 1n));
    await eventually(() => lower.refused !== null, 'a refusal');
    expect(lower.refused).toMatchObject({ condition: 'amqp:link:stolen' });
    expect(first.refused).toBeNull();
    await client.receiver(address, epoch(ticks + 1n));
    await eventually(() => first.refused !== null, 'the first to be sent away');
    expect(first.refused).toMatchObject({ condition: 'amqp:link:stolen' });
  });

  test('an equal owner level steals: every event processor claims 0, and validates without one', async () => {
    const address = 'orders/ConsumerGroups/lake/Partitions/0';
    const owner = { properties: { 'com.microsoft:epoch': types.wrap_long(0) } };
    const validating = await client.receiver(address);
    const first = await client.receiver(address, owner);
    const second = await client.receiver(address, owner);
    await eventually(() => first.refused !== null && validating.refused !== null, 'two to be sent away');
    for (const { refused } of [first, validating]) expect(refused).toMatchObject({ condition: 'amqp:link:stolen' });
    const late = await client.receiver(address);
    await eventually(() => late.refused !== null, 'a refusal');
    expect(late.refused).toMatchObject({ condition: 'amqp:link:stolen' });
    second.receiver.close();
    await eventually(() => server.hubs.openLinks({ direction: 'receive' }) === 0, 'the owner to leave');
    const after = await client.receiver(address);
    await eventually(() => server.hubs.openLinks({ direction: 'receive' }) === 1, 'a reader');
    expect(after.refused).toBeNull();
  });

  test('a request is answered on the link whose target its reply-to names, as .NET asks', async () => {
    const replies = await client.receiver('$management', { target: { address: 'replies-1' } });
    replies.receiver.add_credit(10);
    const { sender } = await client.sender('$management');
    sender.send({
      message_id: 'request-1',
      reply_to: 'replies-1',
      application_properties: { operation: 'READ', type: 'com.microsoft:eventhub', name: 'orders' },
      body: undefined,
    });
    await eventually(() => replies.messages.length === 1, 'an answer');
    expect(replies.messages[0]).toMatchObject({
      correlation_id: 'request-1',
      application_properties: { 'status-code': 200 },
      body: { name: 'Orders', partition_count: 4, partition_ids: ['0', '1', '2', '3'] },
    });
  });

  test('a session that ends takes its readers along', async () => {
    const { receiver } = await client.receiver('orders/ConsumerGroups/lake/Partitions/0');
    expect(server.hubs.openLinks()).toBe(1);
    receiver.session.close();
    await eventually(() => server.hubs.openLinks() === 0, 'the reader to be gone');
  });

  test('a connection that breaks takes its links along', async () => {
    await using other = await RawClient.connect(server);
    await other.receiver('orders/ConsumerGroups/lake/Partitions/0');
    await other.sender('orders');
    expect(server.hubs.openLinks()).toBe(2);
    (other.connection as unknown as { socket: { destroy(error: Error): void } }).socket.destroy(new Error('cut'));
    await eventually(() => server.hubs.openLinks() === 0, 'the links to be gone');
  });

  test('what is no AMQP ends that connection alone', async () => {
    const stranger = connect(server.hubs.port, '127.0.0.1');
    stranger.on('error', () => undefined);
    stranger.write('GET / HTTP/1.1\r\n\r\n');
    stranger.resume();
    await once(stranger, 'close');
    const { sender } = await client.sender('orders');
    expect(await sendRaw(sender, raw('x'))).toBe('accepted');
  });
});
