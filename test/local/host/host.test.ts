import { EventHubProducerClient } from '@azure/event-hubs';
import { Stage, TAKING, until, type Instance, type Taken } from './support';

/** The host in processes of its own, over real sockets, with small apps through the real `@azure/functions`. */

let stage: Stage;
let taking: string;

beforeAll(async () => {
  stage = await Stage.open();
  taking = await stage.app(TAKING);
});
afterEach(() => stage.clear());
afterAll(() => stage[Symbol.asyncDispose]());

const taken = (instance: Instance): Taken[] => instance.logged<Taken>();

/** The sequence numbers handed over so far, in their order. */
const sequences = (instance: Instance): number[] => taken(instance).flatMap(({ sequences: numbers }) => numbers);

test('a batch is handed over byte for byte, with its metadata, and its checkpoint is in the blob of the real host', async () => {
  stage.hub('delivery', 2);
  const app = await stage.app(`
    const { app } = require('@azure/functions');
    app.generic('take', {
      trigger: {
        type: 'eventHubTrigger', name: 'events', dataType: 'binary', cardinality: 'many',
        connection: 'HUBS', eventHubName: 'delivery', consumerGroup: 'lake',
      },
      handler: (bodies, context) => context.log(JSON.stringify({
        bodies: bodies.map((body) => body.toString('hex')), metadata: context.triggerMetadata,
      })),
    });
  `);
  const instance = await stage.instance(app);
  const producer = new EventHubProducerClient(stage.hubs.connectionString, 'delivery');
  const sentAt = new Date(Date.UTC(2026, 10, 22));
  await producer.sendBatch(
    [
      {
        body: Buffer.from([0xff, 0x00]),
        contentType: 'application/json',
        messageId: 'm-1',
        correlationId: 'c-1',
        properties: { Tenant: 'a', sentAt },
      },
      { body: Buffer.from('{"id":9007199254740993}') },
    ],
    { partitionId: '1' },
  );
  await producer.close();
  await until(() => instance.of('checkpointed').length > 0, 'a checkpoint');
  const [batch] = instance.logged<{ bodies: string[]; metadata: Record<string, unknown> }>();
  expect(batch?.bodies).toEqual(['ff00', Buffer.from('{"id":9007199254740993}').toString('hex')]);
  expect(batch?.metadata).toMatchObject({
    partitionContext: {
      isCheckpointingAfterInvocation: true,
      fullyQualifiedNamespace: 'localhost',
      eventHubName: 'delivery',
      consumerGroup: 'lake',
      partitionId: '1',
    },
    sequenceNumberArray: [0, 1],
    propertiesArray: [{ tenant: 'a', sentAt: '2026-11-22T00:00:00Z' }, {}],
    systemPropertiesArray: [
      { 'content-type': 'application/json', 'message-id': 'm-1', 'correlation-id': 'c-1', sequenceNumber: 0 },
      { 'x-opt-sequence-number': 1 },
    ],
  });
  const { offsetString } = (batch?.metadata['systemPropertiesArray'] as { offsetString: string }[])[1] ?? {};
  const { instanceId } = await instance.host.ready();
  expect(await stage.records('delivery')).toEqual({
    'checkpoint/1': { offset: offsetString, sequencenumber: '1' },
    'ownership/0': { ownerid: instanceId },
    'ownership/1': { ownerid: instanceId },
  });
  expect(instance.of('invoked')).toEqual([
    {
      ...{ kind: 'invoked', function: 'take', hub: 'delivery', partition: '1', first: '0', last: '1', count: 2 },
      ...{ attempt: 1, error: null, invocationId: expect.any(String) as string, ms: expect.any(Number) as number },
    },
  ]);
});

test('without a policy a batch that throws is checkpointed and lost', async () => {
  stage.hub('lossy', 1);
  const instance = await stage.instance(taking, { HUB: 'lossy' });
  await stage.send('lossy', '0', ['throw']);
  await until(() => instance.of('checkpointed').length === 1, 'the checkpoint');
  await stage.send('lossy', '0', ['next']);
  await until(() => instance.of('checkpointed').length === 2, 'the next checkpoint');
  expect(sequences(instance)).toEqual([0, 1]);
  expect(instance.of('invoked').map(({ error }) => error)).toEqual(['Error: as told', null]);
});

test('with a policy the same batch comes again, told which retry it is, and is checkpointed only when the policy is exhausted', async () => {
  stage.hub('exhausted', 1);
  const RETRY = JSON.stringify({ strategy: 'fixedDelay', maxRetryCount: 2, delayInterval: { milliseconds: 600 } });
  const instance = await stage.instance(taking, { HUB: 'exhausted', RETRY });
  await stage.send('exhausted', '0', ['throw', 'beside']);
  await until(() => instance.of('invoked').length === 1, 'the first attempt');
  expect(await stage.checkpoint('exhausted', '0')).toBeNull();
  const startedAt = Date.now();
  await until(() => instance.of('checkpointed').length === 1, 'the checkpoint');
  expect(Date.now() - startedAt).toBeGreaterThan(1_900); // twice 600 ms, each rounded to a second
  expect(taken(instance)).toMatchObject([
    { bodies: ['throw', 'beside'], retry: 0, after: null },
    { bodies: ['throw', 'beside'], retry: 1, after: 'Error: as told' },
    { bodies: ['throw', 'beside'], retry: 2, after: 'Error: as told' },
  ]);
  expect(instance.of('invoked').map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  // All attempts at a batch are one invocation.
  expect(new Set(instance.of('invoked').map(({ invocationId }) => invocationId)).size).toBe(1);
  expect(await stage.checkpoint('exhausted', '0')).toBe(1);
});

test('a retry without end holds up its partition and no other', async () => {
  stage.hub('stuck', 2);
  const RETRY = JSON.stringify({
    ...{ strategy: 'exponentialBackoff', maxRetryCount: -1 },
    ...{ minimumInterval: { seconds: 1 }, maximumInterval: { seconds: 1 } },
  });
  const instance = await stage.instance(taking, { HUB: 'stuck', RETRY });
  await stage.send('stuck', '0', ['throw']);
  await until(() => instance.of('invoked').length > 0, 'the first attempt');
  await stage.send('stuck', '0', ['behind']);
  await stage.send('stuck', '1', ['free']);
  await until(async () => (await stage.checkpoint('stuck', '1')) === 0, 'the other partition');
  await until(() => instance.of('invoked').filter(({ attempt }) => attempt >= 3).length > 0, 'three attempts');
  expect(taken(instance).filter(({ bodies }) => bodies.includes('behind'))).toEqual([]);
  expect(await stage.checkpoint('stuck', '0')).toBeNull();
  await instance.host.stop(5_000);
  // What waited for its next attempt was not done, and gets no checkpoint at the end either.
  expect(await stage.checkpoint('stuck', '0')).toBeNull();
});

test('a minimum: batches are full while there is enough, and what is left goes out after the wait', async () => {
  stage.hub('minimum', 1);
  const app = await stage.app(TAKING, {
    extensions: { eventHubs: { maxEventBatchSize: 5, minEventBatchSize: 4, maxWaitTime: '00:00:01' } },
  });
  const instance = await stage.instance(app, { HUB: 'minimum' });
  await stage.send('minimum', '0', ['first']);
  await until(() => instance.of('checkpointed').length === 1, 'the first batch, which does not wait');
  await stage.send(
    'minimum',
    '0',
    Array.from({ length: 12 }, (_, i) => String(i)),
  );
  const sentAt = Date.now();
  await until(() => sequences(instance).length === 13, 'all of them');
  expect(Date.now() - sentAt).toBeGreaterThan(900);
  expect(taken(instance).map(({ sequences: numbers }) => numbers.length)).toEqual([1, 5, 5, 2]);
});

test('checkpoints come after so many batches only; a stop writes what is outstanding', async () => {
  stage.hub('seldom', 1);
  const app = await stage.app(TAKING, { extensions: { eventHubs: { batchCheckpointFrequency: 2 } } });
  const instance = await stage.instance(app, { HUB: 'seldom' });
  for (const body of ['a', 'b', 'c']) {
    const before = instance.of('invoked').length;
    await stage.send('seldom', '0', [body]);
    await until(() => instance.of('invoked').length === before + 1, `the batch of ${body}`);
  }
  expect(await stage.checkpoint('seldom', '0')).toBe(1);
  await instance.host.stop(5_000);
  expect(await stage.checkpoint('seldom', '0')).toBe(2);
});

test('without a checkpoint reading starts where initialOffsetOptions says', async () => {
  stage.hub('offset', 1);
  await stage.send('offset', '0', ['old']);
  const app = (options: object): Promise<string> =>
    stage.app(TAKING, { extensions: { eventHubs: { initialOffsetOptions: options } } });
  const fromEnd = await stage.instance(await app({ type: 'fromEnd' }), { HUB: 'offset' });
  await until(async () => {
    await stage.send('offset', '0', ['new']);
    return taken(fromEnd).length > 0;
  }, 'an event after the start');
  expect(taken(fromEnd).flatMap(({ bodies }) => bodies)).not.toContain('old');
  await fromEnd.host.kill();

  stage.hub('offset-time', 1);
  await stage.send('offset-time', '0', ['before']);
  await new Promise((resolve) => setTimeout(resolve, 5));
  const enqueuedTimeUtc = new Date().toISOString();
  await new Promise((resolve) => setTimeout(resolve, 5));
  await stage.send('offset-time', '0', ['after']);
  const fromTime = await stage.instance(await app({ type: 'fromEnqueuedTime', enqueuedTimeUtc }), {
    HUB: 'offset-time',
  });
  await until(() => taken(fromTime).length > 0, 'the event after the time');
  expect(taken(fromTime).flatMap(({ bodies }) => bodies)).toEqual(['after']);
});
