import { type app as appNamespace } from '@azure/functions';
import { types } from 'rhea';
import { batchCall } from '../../local/host/event-batch';
import { Worker } from '../../local/host/worker';
import { readDelivery } from '../../src/lib/decode/delivery';
import { type Delivery, type HubEvent } from '../../src/lib/decode/event';
import { Handover } from '../../src/lib/hub/handover';
import { hubEventOf } from '../../src/lib/hub/received';
import { hubReader, reread, type RereadOptions } from '../../src/lib/hub/reread';
import { encodeRun } from '../../src/lib/lake/encode';
import { eventually, hub, startHub, type TestHub } from '../local/event-hubs/support';
import { RawClient, raw, sendRaw } from '../local/event-hubs/raw';
import { accessTo, silent } from '../maintenance/checkpoints/wire';

const TIMEOUT_MS = 5_000;
const CREATED = Date.UTC(2026, 10, 22, 12);

let now = CREATED;
let server: TestHub;

beforeAll(async () => {
  server = await startHub(hub('Changes', 4, { consumerGroups: ['lake', 'lake-repair'] }), { now: () => now });
});
afterAll(() => server[Symbol.asyncDispose]());

const access = () => accessTo(server.hubs.port);
const hubReaderOf = () => hubReader(access(), 'lake-repair', TIMEOUT_MS);

const optionsFor = (partition: string, from: bigint, to: bigint): RereadOptions => ({
  ...{ hub: 'changes', group: 'lake-repair', partition, from, to },
  ...{ timeoutMs: TIMEOUT_MS, signal: new AbortController().signal },
});

async function all(batches: AsyncIterable<readonly HubEvent[]>): Promise<HubEvent[]> {
  const events: HubEvent[] = [];
  for await (const batch of batches) events.push(...batch);
  return events;
}

async function publish(partitionId: string, count: number): Promise<void> {
  const producer = server.producer();
  const batch = await producer.createBatch({ partitionId });
  for (let index = 0; index < count; index += 1) batch.tryAdd({ body: Buffer.from(`{"index":${index}}`) });
  await producer.sendBatch(batch);
}

/** The events of a partition as a handler of the app gets them from the local host, through the real library. */
async function delivered(partition: string, count: number): Promise<Delivery> {
  const received: unknown[] = [];
  const worker = new Worker();
  jest.resetModules();
  jest.doMock('@azure/functions-core', () => worker.api, { virtual: true });
  const { app } = (await import('@azure/functions')) as { app: typeof appNamespace };
  const trigger = { type: 'eventHubTrigger', name: 'events', dataType: 'binary', cardinality: 'many' };
  app.generic('take', {
    trigger,
    handler: (bodies, { triggerMetadata }) => void received.push(bodies, triggerMetadata),
  });
  const reading = server.reading(partition, undefined, { skipParsingBodyAsJson: true });
  const events = await reading.atLeast(count);
  await reading.close();
  const of = { namespace: 'example.servicebus.windows.net', hub: 'changes', consumerGroup: 'lake', partition };
  await worker.call('take', batchCall(of, events, 'binary'));
  return readDelivery(received[0], received[1]);
}

describe('an event that is read again', () => {
  test('is the one that the trigger delivers, field for field and byte for byte, whatever was sent', async () => {
    now = CREATED + 1_230;
    const producer = server.producer();
    const when = new Date(1_795_305_600_120);
    const sent = [
      { body: Buffer.from('{"id":9007199254740993,"price":1.0,"text":"\\u00e9"}'), contentType: 'application/json' },
      { body: Buffer.from([0, 255, 10, 13]), messageId: 'id-1', correlationId: 'c-1' },
      { body: Buffer.alloc(0) },
      { body: Buffer.from('no JSON'), properties: { EventId: 'e-1', 'Content-Type': 'x', n: 5, half: 0.5, yes: true } },
      { body: Buffer.from('{}'), properties: { When: when, later: new Date(1_795_305_600_000), '': 'no name' } },
      { body: { parsed: [1, null, true] } },
      { body: 'text' },
    ];
    await producer.sendBatch(sent, { partitionId: '0' });
    const annotated = [
      { body: { in: ['a', 'value', 1] }, bodyType: 'value' as const },
      { body: 'value text', bodyType: 'value' as const },
      { body: [[1, 2], ['x']], bodyType: 'sequence' as const },
    ];
    await producer.sendBatch(annotated, { partitionId: '0' });
    await using client = await RawClient.connect(server);
    const { sender } = await client.sender('changes/Partitions/0');
    const rawProperties = {
      Long: types.wrap_long(9_007_199_254_740_991),
      Bytes: Buffer.from([1, 2, 3]),
      Symbol: types.wrap_symbol('s'),
      Nothing: null,
      unit: types.wrap_ubyte(7),
      time: types.wrap_timestamp(1_795_305_600_100),
    };
    const section = { typecode: 0x75, content: Buffer.from('{"raw":1}') };
    await sendRaw(sender, raw(section, { application_properties: rawProperties }));
    const count = sent.length + annotated.length + 1;

    const delivery = await delivered('0', count);
    const again = await all(reread(access(), optionsFor('0', 0n, BigInt(count) - 1n)));
    expect(again).toEqual(delivery.events);
    expect(again[3]?.properties).toEqual({ eventId: 'e-1', 'content-Type': 'x', n: 5, half: 0.5, yes: true });
    expect(again[4]?.properties).toMatchObject({ when: '2026-11-22T00:00:00.12Z', later: '2026-11-22T00:00:00Z' });
    expect(again[0]?.body).toEqual(sent[0]?.body);

    const owner = { source: 'postgresql', namespace: 'n', hub: 'changes', partition: '0', incarnation: 1 } as const;
    const run = async (events: readonly HubEvent[]) => await encodeRun(events, owner);
    expect(await run(again)).toEqual(await run(delivery.events));
  });

  test('without any bytes is empty, as .NET reads it', async () => {
    const producer = server.producer();
    await producer.sendBatch([{ body: null }], { partitionId: '0' });
    const last = BigInt(server.hubs.hub('changes')?.partitions[0]?.lastSequence ?? 0);
    const [event] = await all(reread(access(), optionsFor('0', last, last)));
    expect(event?.body).toEqual(Buffer.alloc(0));
  });

  test('bears its partition key', async () => {
    const producer = server.producer();
    await producer.sendBatch([{ body: Buffer.from('{}') }], { partitionKey: 'customer-1' });
    const partition =
      server.hubs.hub('changes')?.partitions.findLast(({ lastSequence }) => lastSequence >= 0)?.id ?? '';
    const events = await all(reread(access(), optionsFor(partition, 0n, 0n)));
    if (partition !== '0') expect(events.map(({ partitionKey }) => partitionKey)).toEqual(['customer-1']);
    expect(events).toEqual((await delivered(partition, 1)).events.slice(0, 1));
  });

  test('that has several data sections is all of them, one after the other', () => {
    const message = { body: [Buffer.from('{"a":'), Buffer.from('1}')], bodyType: 'data' as const };
    const event = {
      ...message,
      sequenceNumber: 1,
      offset: '0',
      enqueuedTimeUtc: new Date(0),
      getRawAmqpMessage: () => message,
    };
    expect(hubEventOf(event as never).body).toEqual(Buffer.from('{"a":1}'));
  });

  test.each([2 ** 53, 2 ** 60, NaN, Buffer.alloc(8)])(
    'is refused where its number may have been rounded: %p',
    (number) => {
      const message = { body: Buffer.from('{}'), bodyType: 'data' as const };
      const event = {
        ...message,
        sequenceNumber: number,
        offset: '0',
        enqueuedTimeUtc: new Date(0),
        getRawAmqpMessage: () => message,
      };
      expect(() => hubEventOf(event as never)).toThrow(/EVENT_HUBS_FAILED/);
    },
  );
});

describe('a stretch that is read again', () => {
  beforeAll(() => publish('1', 200));

  const numbersOf = (events: readonly HubEvent[]) => events.map(({ sequence }) => Number(sequence));
  const numbers = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

  test.each([
    ['in the middle', 50n, 149n, numbers(50, 149)],
    ['a single number', 7n, 7n, [7]],
    ['up to the end, and beyond it', 190n, 999n, numbers(190, 199)],
    ['beyond the end', 200n, 999n, []],
    ['of no numbers', 7n, 6n, []],
  ])('%s: exactly its events, in order, and then it ends', async (_, from, to, expected) => {
    expect(numbersOf(await all(reread(access(), optionsFor('1', from, to))))).toEqual(expected);
  });

  test('of a partition that never had an event ends at once', async () => {
    const [partition = '3'] = (server.hubs.hub('changes')?.partitions ?? [])
      .filter(({ lastSequence }) => lastSequence < 0)
      .map(({ id }) => id);
    expect(await all(reread(access(), optionsFor(partition, 0n, 10n)))).toEqual([]);
    expect(await hubReaderOf().facts('changes', partition)).toEqual({ createdAt: CREATED, begin: 0n, last: -1n });
  });

  test('comes in batches that are bounded, and waits for whoever consumes it', async () => {
    const sizes: number[] = [];
    for await (const batch of reread(access(), optionsFor('1', 0n, 199n))) {
      sizes.push(batch.length);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(Math.max(...sizes)).toBeLessThanOrEqual(32);
    expect(sizes.reduce((total, size) => total + size, 0)).toBe(200);
  });

  test('may be left early, and leaves no reader behind; nor does one that went to its end', async () => {
    for await (const batch of reread(access(), optionsFor('1', 0n, 199n))) {
      expect(batch.length).toBeGreaterThan(0);
      break;
    }
    await all(reread(access(), optionsFor('1', 0n, 199n)));
    await eventually(() => server.hubs.openLinks({ partition: '1', direction: 'receive' }) === 0, 'no reader');
  });

  test('disturbs no reader of another group', async () => {
    const host = server.reading('1', undefined, { ownerLevel: 1 });
    await host.atLeast(200);
    await all(reread(access(), optionsFor('1', 0n, 199n)));
    expect(host.errors).toEqual([]);
    await host.close();
  });
});

describe('what the hub no longer has', () => {
  test('is not waited for: the beginning is told, and reading starts there', async () => {
    now = CREATED;
    const mine = await startHub(hub('old', 1, { retentionMs: 60_000, consumerGroups: ['lake-repair'] }), {
      now: () => now,
    });
    await using closing = mine;
    expect(closing.name).toBe('old');
    const producer = mine.producer();
    const send = (count: number) =>
      producer.sendBatch(
        Array.from({ length: count }, () => ({ body: Buffer.from('{}') })),
        { partitionId: '0' },
      );
    await send(10);
    now = CREATED + 59_000;
    await send(5);
    now = CREATED + 61_000;
    const reader = hubReader(accessTo(mine.hubs.port), 'lake-repair', TIMEOUT_MS);
    expect(await reader.facts('old', '0')).toEqual({ createdAt: CREATED, begin: 10n, last: 14n });
    const { signal } = new AbortController();
    const events = await all(reader.read({ hub: 'old', partition: '0', from: 3n, to: 12n }, signal));
    expect(events.map(({ sequence }) => sequence)).toEqual([10n, 11n, 12n]);
    expect(await all(reader.read({ hub: 'old', partition: '0', from: 3n, to: 9n }, signal))).toEqual([]);
    now = CREATED + 600_000;
    expect(await reader.facts('old', '0')).toMatchObject({ begin: 15n, last: 14n });
    expect(await all(reader.read({ hub: 'old', partition: '0', from: 3n, to: 12n }, signal))).toEqual([]);
    now = CREATED;
  });
});

describe('a hub that cannot be read', () => {
  test('the group is not there: told by its name and its setting', async () => {
    await publish('1', 1);
    const reading = all(reread(access(), { ...optionsFor('1', 0n, 0n), group: 'nobody' }));
    await expect(reading).rejects.toMatchObject({ code: 'EVENT_HUBS_FAILED', retryable: false });
    await expect(all(reread(access(), { ...optionsFor('1', 0n, 0n), group: 'nobody' }))).rejects.toThrow(
      /found no consumer group nobody; .*EVENTHUB_REPAIR_CONSUMER_GROUP/,
    );
  });

  test('the hub is not there', async () => {
    await expect(hubReaderOf().facts('nowhere', '0')).rejects.toThrow(/hub nowhere: found no such hub/);
  });

  test('whoever listens never answers', async () => {
    await using deaf = await silent();
    const reader = hubReader(accessTo(deaf.port), 'lake-repair', 300);
    await expect(reader.facts('changes', '0')).rejects.toThrow(/no answer within 0.3 s/);
    const { signal } = new AbortController();
    const range = { hub: 'changes', partition: '0', from: 0n, to: 1n };
    await expect(all(reader.read(range, signal))).rejects.toThrow(/no answer within 0.3 s/);
  });

  test('the connection is cut in the middle: an error, or all that was wanted; never an end that leaves any out', async () => {
    await publish('1', 100);
    const numbers: number[] = [];
    const read = async (): Promise<string> => {
      for await (const batch of reread(access(), { ...optionsFor('1', 0n, 250n), timeoutMs: 2_000 })) {
        if (numbers.length === 0) server.hubs.faults.cutConnections();
        numbers.push(...batch.map(({ sequence }) => Number(sequence)));
      }
      return 'ended';
    };
    const outcome = await read().catch((error: unknown) => (error as { code?: string }).code);
    const whole = Array.from({ length: 251 }, (_, i) => i);
    expect(['ended', 'EVENT_HUBS_FAILED']).toContain(outcome);
    expect(numbers).toEqual(whole.slice(0, outcome === 'ended' ? 251 : numbers.length));
  });

  test('it is told to stop', async () => {
    const aborting = new AbortController();
    const read = async () => {
      for await (const batch of reread(access(), { ...optionsFor('1', 0n, 250n), signal: aborting.signal })) {
        if (batch.length > 0) aborting.abort(new Error('enough'));
      }
    };
    await expect(read()).rejects.toThrow('enough');
  });
});

describe('what is handed over', () => {
  const { signal } = new AbortController();
  const late = () => new Error('late');

  test('is taken one at a time, and its producer waits until it is', async () => {
    const handover = new Handover<number>();
    const told: string[] = [];
    const producing = handover.offer(1).then(() => told.push('taken'));
    await Promise.resolve();
    expect(told).toEqual([]);
    expect(await handover.take(1_000, late, signal)).toBe(1);
    await producing;
    expect(told).toEqual(['taken']);
  });

  test('ends with a failure, what was offered before it first', async () => {
    const handover = new Handover<number>();
    void handover.offer(1);
    handover.fail(new Error('broken'));
    expect(await handover.take(1_000, late, signal)).toBe(1);
    await expect(handover.take(1_000, late, signal)).rejects.toThrow('broken');
  });

  test('is late, or no longer wanted', async () => {
    const handover = new Handover<number>();
    await expect(handover.take(1, late, signal)).rejects.toThrow('late');
    await expect(handover.take(1_000, late, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
    const waiting = handover.offer(1);
    handover.close();
    await waiting;
    await handover.offer(2);
  });
});
