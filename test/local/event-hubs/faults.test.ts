import { earliestEventPosition } from '@azure/event-hubs';
import { BATCH_FORMAT } from '../../../local/event-hubs/published';
import { type FaultRule } from '../../../local/event-hubs/event-hubs';
import { batchOf, RawClient, raw, sendRaw } from './raw';
import { eventually, hub, quickRetries, Reading, rejection, startHub, type TestHub } from './support';

/** On a cut connection the SDK waits out the time of its try. */
const hasty = { ...quickRetries, timeoutInMs: 1000 };
const once = { maxRetries: 0, timeoutInMs: 1000 };

describe('faults', () => {
  let server: TestHub;

  beforeEach(async () => (server = await startHub(hub('Orders', 2))));
  afterEach(() => server[Symbol.asyncDispose]());

  const counts = () => (server.hubs.hub('orders')?.partitions ?? []).map(({ lastSequence }) => lastSequence + 1);

  describe('while a client publishes', () => {
    test('server-busy: refused and not stored; the SDK tries again', async () => {
      const fault = server.hubs.faults.add({ kind: 'serverBusy', on: 'send' });
      const error = await rejection(server.producer().sendBatch([{ body: 'x' }], { partitionId: '0' }));
      expect(error.code).toBe('ServerBusyError');
      await fault.reached;
      expect({ hits: fault.hits, counts: counts() }).toEqual({ hits: 1, counts: [0, 0] });
      const again = server.hubs.faults.add({ kind: 'serverBusy', on: 'any', times: 2 });
      await server.producer(quickRetries).sendBatch([{ body: 'x' }], { partitionId: '0' });
      expect({ hits: again.hits, counts: counts() }).toEqual({ hits: 2, counts: [1, 0] });
    });

    test('a lost acknowledgement: stored, but the sender is not told; trying again stores it twice', async () => {
      const fault = server.hubs.faults.add({ kind: 'loseAcknowledgement', on: 'send' });
      await rejection(server.producer(once).sendBatch([{ body: 'x' }, { body: 'y' }], { partitionId: '1' }));
      expect({ hits: fault.hits, counts: counts() }).toEqual({ hits: 1, counts: [0, 2] });
      server.hubs.faults.add({ kind: 'loseAcknowledgement', on: 'send' });
      await server.producer(hasty).sendBatch([{ body: 'z' }], { partitionId: '1' });
      expect((await server.read('1', 4)).map(({ body }) => body as unknown)).toEqual(['x', 'y', 'z', 'z']);
    });

    test('a cut connection: nothing is stored; the SDK connects again', async () => {
      server.hubs.faults.add({ kind: 'cutConnection', on: 'send' });
      await rejection(server.producer(once).sendBatch([{ body: 'x' }], { partitionId: '0' }));
      expect(counts()).toEqual([0, 0]);
      server.hubs.faults.add({ kind: 'cutConnection', on: 'send' });
      await server.producer(hasty).sendBatch([{ body: 'x' }], { partitionId: '0' });
      expect(counts()).toEqual([1, 0]);
    });

    test('a dropped link: nothing is stored, and the client is told why', async () => {
      await using client = await RawClient.connect(server);
      const { sender } = await client.sender('orders/Partitions/0');
      server.hubs.faults.add({ kind: 'dropLink', on: 'send' });
      expect(await sendRaw(sender, raw('x'))).toMatchObject({ condition: 'amqp:link:detach-forced' });
      expect(counts()).toEqual([0, 0]);
      const { sender: another } = await client.sender('orders/Partitions/0', { name: 'another' });
      expect(await sendRaw(another, raw('x'))).toBe('accepted');
    });

    test('a delay: acknowledged that much later, and what comes behind waits its turn', async () => {
      await using client = await RawClient.connect(server);
      const { sender } = await client.sender('orders/Partitions/0');
      const fault = server.hubs.faults.add({ kind: 'delay', ms: 150, on: 'send', partition: '0' });
      const began = performance.now();
      const outcomes = ['a', 'b', 'c'].map((body) => sendRaw(sender, batchOf([raw(body)]), BATCH_FORMAT));
      await fault.reached;
      expect(counts()).toEqual([0, 0]);
      expect(await Promise.all(outcomes)).toEqual(['accepted', 'accepted', 'accepted']);
      expect(performance.now() - began).toBeGreaterThan(145);
      expect((await server.read('0', 3)).map(({ body }) => body as unknown)).toEqual(['a', 'b', 'c']);
    });

    test('a rule strikes its hub, its partition and its turn alone', async () => {
      const rule: FaultRule = { kind: 'serverBusy', on: 'send', hub: 'ORDERS', partition: '1', skip: 1 };
      const fault = server.hubs.faults.add(rule);
      const producer = server.producer();
      const send = (partitionId: string) => producer.sendBatch([{ body: 'x' }], { partitionId });
      await send('0');
      await send('1');
      await rejection(send('1'));
      await send('1');
      expect({ hits: fault.hits, counts: counts() }).toEqual({ hits: 1, counts: [1, 2] });
    });

    test('rules are forgotten', async () => {
      const fault = server.hubs.faults.add({ kind: 'serverBusy', on: 'send', times: Infinity });
      server.hubs.faults.add({ kind: 'serverBusy', on: 'send', times: Infinity });
      fault.remove();
      server.hubs.faults.clear();
      await server.producer().sendBatch([{ body: 'x' }]);
      expect(fault.hits).toBe(0);
    });
  });

  describe('while a client reads', () => {
    const all = Array.from({ length: 100 }, (_, index) => index);

    beforeEach(() =>
      server.producer().sendBatch(
        all.map((body) => ({ body })),
        { partitionId: '0' },
      ),
    );

    const reading = () =>
      new Reading(server.consumer(), '0', {
        startPosition: earliestEventPosition,
        prefetchCount: 10,
        maxWaitTimeInSeconds: 1,
        maxBatchSize: 10,
      });

    test.each<FaultRule['kind']>(['serverBusy', 'dropLink', 'cutConnection', 'delay'])(
      '%s in the middle: the SDK goes on, and every event comes once and in order',
      async (kind) => {
        const fault = server.hubs.faults.add({ kind, on: 'receive', ms: 50, skip: 2, times: 2 });
        const reader = reading();
        await reader.atLeast(100);
        expect(fault.hits).toBe(2);
        expect(reader.events.map(({ sequenceNumber }) => sequenceNumber)).toEqual(all);
        await reader.close();
      },
    );

    test('links and connections are dropped at once, and come back', async () => {
      const reader = reading();
      await reader.atLeast(100);
      expect(server.hubs.faults.dropLinks({ direction: 'receive', partition: '1' })).toBe(0);
      expect(server.hubs.faults.dropLinks({ direction: 'receive', hub: 'orders', partition: '0' })).toBe(1);
      await eventually(() => server.hubs.openLinks({ direction: 'receive' }) === 1, 'the reader to return');
      await server.producer().sendBatch([{ body: 100 }], { partitionId: '0' });
      await reader.atLeast(101);
      expect(server.hubs.faults.cutConnections()).toBeGreaterThan(0);
      await server.producer().sendBatch([{ body: 101 }], { partitionId: '0' });
      await reader.atLeast(102);
      expect(reader.events.map(({ body }) => body as number)).toEqual([...all, 100, 101]);
      await reader.close();
    });
  });
});
