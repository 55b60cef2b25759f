import { Stage, TAKING, until, type Instance, type Taken } from './support';

/** What ends a partition's reading, or an instance: steals, broken links, time limits, stops. */

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

const release = async (instance: Instance): Promise<void> => {
  await fetch(await instance.url('/api/release'), { method: 'POST' });
};

test('a steal waits for nobody: both have the batch, and the late checkpoint of the old owner sets the newer one back', async () => {
  stage.hub('stolen', 1);
  const RENEWAL = { AzureFunctionsJobHost__extensions__eventHubs__loadBalancingUpdateInterval: '00:10:00' };
  const older = await stage.instance(taking, { HUB: 'stolen', ...RENEWAL });
  await stage.send('stolen', '0', ['hold']);
  await until(() => taken(older).length === 1, 'the held batch');
  await stage.send('stolen', '0', ['later']);
  const newer = await stage.instance(taking, { HUB: 'stolen', ...RENEWAL });
  await newer.host.steal('stolen', '0');
  expect(newer.of('owned')).toMatchObject([{ partition: '0', stolenFrom: (await older.host.ready()).instanceId }]);
  await until(() => taken(newer).length === 1, 'the same batch on the new owner');
  await release(newer);
  await until(async () => (await stage.checkpoint('stolen', '0')) === 1, "the new owner's checkpoint");
  expect(older.of('lost')).toEqual([]);
  await release(older);
  await until(async () => (await stage.checkpoint('stolen', '0')) === 0, "the old owner's checkpoint");
  await until(() => older.of('lost').length === 1, 'the old owner knows');
  expect(sequences(older)).toEqual([0]);
  expect(sequences(newer)).toEqual([0, 1]);
  // And it is not taken back.
  expect(newer.of('lost')).toEqual([]);
});

test('an owner that knows of its loss goes on with its batch until it succeeds, and sets the newer checkpoint back', async () => {
  stage.hub('known', 1);
  const RETRY = JSON.stringify({ strategy: 'fixedDelay', maxRetryCount: 2, delayInterval: { seconds: 3 } });
  const owner = await stage.instance(taking, { HUB: 'known', RETRY });
  await until(() => owner.owned().length === 1, 'the owner');
  const thief = await stage.instance(taking, { HUB: 'known' });
  await stage.send('known', '0', ['throw']);
  await until(() => taken(owner).length === 1, 'the batch on the old owner');
  await thief.host.steal('known', '0');
  await until(() => owner.of('lost').length === 1, 'the loss');
  await stage.send('known', '0', ['later']);
  await until(async () => (await stage.checkpoint('known', '0')) === 1, "the new owner's checkpoint");
  await until(async () => (await stage.checkpoint('known', '0')) === 0, 'the checkpoint set back');
  expect(taken(owner).map(({ sequences: numbers, retry }) => [numbers, retry])).toEqual([0, 1, 2].map((n) => [[0], n]));
  // It has given the partition up, and does not take it back.
  expect(owner.owned()).toEqual([]);
  expect(thief.of('lost')).toEqual([]);
});

test('dropped links and cut connections are survived: every event is handed over', async () => {
  stage.hub('broken', 2);
  const instance = await stage.instance(taking, { HUB: 'broken' });
  await until(() => instance.owned().length === 2, 'both partitions');
  for (const [i, trouble] of [
    () => stage.hubs.faults.dropLinks({ hub: 'broken', direction: 'receive' }),
    () => stage.hubs.faults.cutConnections(),
  ].entries()) {
    trouble();
    for (const partition of ['0', '1']) await stage.send('broken', partition, [`after ${i}`]);
    await until(
      async () => (await stage.checkpoint('broken', '0')) === i && (await stage.checkpoint('broken', '1')) === i,
      'both checkpoints after the trouble',
    );
  }
});

test('a function that runs too long gets another worker, which has the batch again beside the old one; the host lives on', async () => {
  stage.hub('slow', 1);
  const app = await stage.app(TAKING, { functionTimeout: '00:00:01' });
  const RETRY = JSON.stringify({ strategy: 'fixedDelay', maxRetryCount: -1, delayInterval: { seconds: 1 } });
  const instance = await stage.instance(app, { HUB: 'slow', RETRY });
  await stage.send('slow', '0', ['hold']);
  await until(() => taken(instance).length === 2, 'the batch again');
  expect(instance.of('timeout')[0]).toEqual({ kind: 'timeout', function: 'take', ms: 1000 });
  expect(taken(instance).map(({ retry }) => retry)).toEqual([0, 1]);
  expect(await stage.checkpoint('slow', '0')).toBeNull();
  expect(instance.of('lost')).toEqual([]);
});

test('a worker that crashes is started again, and its batch comes again there: the host, its partitions and its ports stay', async () => {
  stage.hub('crashing', 1);
  const RETRY = JSON.stringify({ strategy: 'fixedDelay', maxRetryCount: 1, delayInterval: { seconds: 1 } });
  const instance = await stage.instance(taking, { HUB: 'crashing', RETRY });
  await stage.send('crashing', '0', ['crash']);
  await until(() => instance.of('checkpointed').length === 1, 'the end of the policy');
  expect(taken(instance)).toMatchObject([
    { retry: 0, after: null },
    { retry: 1, after: 'Error: The worker died.' },
  ]);
  await stage.send('crashing', '0', ['after it']);
  await until(() => instance.of('checkpointed').length === 2, 'the next batch');
  await release(instance);
  expect(instance.of('lost')).toEqual([]);
});

test('a graceful stop lets the running batch end, cuts what begins meanwhile, leaves the checkpoint at the end, runs the terminate hooks and gives ownership up', async () => {
  stage.hub('graceful', 2);
  const app = await stage.app(`${TAKING}
    app.hook.appTerminate(() => console.log('terminated'));`);
  const instance = await stage.instance(app, { HUB: 'graceful' });
  await stage.send('graceful', '0', ['hold']);
  await until(() => taken(instance).length === 1, 'the running batch');
  await stage.send('graceful', '0', ['hold what begins']);
  const stopping = instance.host.stop(10_000);
  await until(async () => {
    // Once the batch is let go the host may be gone before its event is heard.
    await release(instance).catch(() => undefined);
    return instance.of('checkpointed').length === 1;
  }, 'the end of the batch');
  await stopping;
  expect(await stage.records('graceful')).toMatchObject({
    'checkpoint/0': { sequencenumber: '0' },
    'ownership/0': { ownerid: '' },
    'ownership/1': { ownerid: '' },
  });
  expect(instance.output).toEqual(['terminated']);
  const next = await stage.instance(taking, { HUB: 'graceful' });
  await until(() => sequences(next).length === 1, 'the rest, at once');
  expect(sequences(next)).toEqual([1]);
});

test('a grace that is too short leaves the batch without a checkpoint', async () => {
  stage.hub('graceless', 1);
  const instance = await stage.instance(taking, { HUB: 'graceless' });
  await stage.send('graceless', '0', ['hold']);
  await until(() => taken(instance).length === 1, 'the running batch');
  await instance.host.stop(200);
  expect(await stage.records('graceless')).toEqual({ 'ownership/0': { ownerid: '' } });
});
