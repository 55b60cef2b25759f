import { inspect } from 'node:util';
import { type Fault } from '../../../local/mongodb/mongodb';
import { Secret } from '../../../src/lib/config/secret';
import { PipelineError } from '../../../src/lib/errors';
import { type StandIn } from '../../local/mongodb/support';
import { ofDocuments, Rig, story, type Run } from './rig';

/** What a run ended with. */
const failure = async ({ ended }: Run): Promise<PipelineError> => {
  const error: unknown = await ended.catch((reason: unknown) => reason);
  if (!(error instanceof PipelineError)) throw new Error(`it ended with ${String(error)}`);
  return error;
};

describe('a deployment that fails', () => {
  let rig: Rig<StandIn>;

  beforeEach(async () => {
    rig = await Rig.openStandIn();
    await rig.db.createCollection('orders');
    await rig.begin();
  });
  afterEach(() => rig[Symbol.asyncDispose]());

  const orders = () => rig.db.collection<{ _id: number }>('orders');
  /** The connections of this test are cut, too. */
  const insert = async (id: number): Promise<void> => {
    const write = () => orders().replaceOne({ _id: id }, {}, { upsert: true });
    await write().catch(write);
  };
  const faults = () => rig.deployment.server.faults;
  const told = (): string[] => story(ofDocuments(rig.hub.seen));
  const arrived = (id: number): Promise<void> => rig.hub.until(() => told().includes(`insert ${id}`));

  test.each<[string, () => Fault | undefined]>([
    ['cuts every connection', () => void faults().cutConnections()],
    ['closes the cursor', () => void faults().killCursors()],
    ['answers nothing, once', () => faults().add({ kind: 'cutConnection', on: 'getMore' })],
    ['loses an answer on its way', () => faults().add({ kind: 'loseReply', on: 'getMore' })],
    ['shuts down', () => faults().add({ kind: 'refuse', on: 'getMore', code: 91 })],
    [
      'has lost its place in the oplog, but not the oplog',
      () => faults().add({ kind: 'refuse', on: 'getMore', code: 136 }),
    ],
    [
      'refuses the stream when it is opened again',
      () => {
        const fault = faults().add({ kind: 'refuse', on: 'aggregate', code: 234, times: 3 });
        faults().killCursors();
        return fault;
      },
    ],
  ])('and %s, is read on without a gap and without a repeat', async (_what, fail) => {
    const run = rig.run();
    await insert(1);
    await arrived(1);
    const fault = fail();
    await insert(2);
    await arrived(2);
    await insert(3);
    await arrived(3);
    expect(await run.stop()).toBe('stopped');
    expect(told()).toEqual(['insert 1', 'insert 2', 'insert 3']);
    expect(fault?.hits).not.toBe(0);
  });

  test('and steps down, is read on once it has a primary again', async () => {
    const run = rig.run();
    await insert(1);
    await arrived(1);
    faults().stepDown();
    faults().stepUp();
    await insert(2);
    await arrived(2);
    await run.stop();
    expect(told()).toEqual(['insert 1', 'insert 2']);
  });

  test('and goes on failing, is left after some time, for the next run', async () => {
    const run = rig.run();
    await insert(1);
    await arrived(1);
    const fault = faults().add({ kind: 'refuse', on: 'aggregate', code: 234, times: Infinity });
    faults().killCursors();
    await insert(2);
    const error = await failure(run);
    expect(error).toMatchObject({ code: 'SOURCE_FAILED', retryable: true });
    expect(error.message).toMatch(
      /^SOURCE_FAILED: MongoDB shop: could not capture its changes: 234 .*the next run goes on/,
    );
    fault.remove();
    const next = rig.run();
    await arrived(2);
    await next.stop();
    expect(new Set(told())).toEqual(new Set(['insert 1', 'insert 2']));
  }, 20_000);

  test('and goes on failing, still stops when it is told to', async () => {
    const run = rig.run();
    await insert(1);
    await arrived(1);
    const fault = faults().add({ kind: 'refuse', on: 'aggregate', code: 234, times: Infinity });
    faults().killCursors();
    await fault.reached;
    expect(await run.stop()).toBe('stopped');
  });

  test.each([
    ['stages', 40_324],
    ['options', 40_415],
    ['features', 224],
  ])('for not knowing newer %s is asked for less', async (_what, code) => {
    const fault = faults().add({ kind: 'refuse', on: 'aggregate', code, times: 2 });
    const run = rig.run();
    await insert(1);
    await arrived(1);
    await run.stop();
    expect(fault.hits).toBe(2);
  });

  test('whose oplog no longer reaches back to the token has lost changes, loudly', async () => {
    const first = rig.run();
    await insert(1);
    await arrived(1);
    await first.stop();
    await insert(2);
    faults().truncateOplog();
    const { kept } = rig.progress;
    for (const run of [rig.run(), rig.run()]) {
      const error = await failure(run);
      expect(error).toMatchObject({ code: 'SOURCE_HISTORY_LOST', retryable: false });
      expect(error.message).toContain('286 ChangeStreamHistoryLost');
      expect(error.message).toContain('npm run capture -- reset mongodb shop');
    }
    expect(rig.progress.kept).toEqual(kept);
    expect(told()).toEqual(['insert 1']);
  });

  test('whose oplog is overrun while it is read has lost changes, loudly', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const full = new Promise<void>((heard) => {
      rig.hub.onPut = () => {
        heard();
        return promise;
      };
    });
    const run = rig.run();
    await insert(1);
    await full;
    await insert(2);
    faults().truncateOplog();
    rig.hub.onPut = null;
    resolve(undefined);
    expect(await failure(run)).toMatchObject({ code: 'SOURCE_HISTORY_LOST' });
  });

  test('of another name is another history', async () => {
    await using other = await Rig.openStandIn({ replicaSet: 'rs1' });
    other.progress.kept = rig.progress.kept;
    const error = await failure(other.run());
    expect(error.code).toBe('SOURCE_HISTORY_LOST');
    expect(error.message).toContain('this is another deployment (rs1');
  });

  test('whose user may not read change streams is not ready', async () => {
    faults().add({ kind: 'refuse', on: 'aggregate', code: 13 });
    const error = await failure(rig.run());
    expect(error).toMatchObject({ code: 'SOURCE_NOT_READY', retryable: false });
    expect(error.message).toContain('the actions find, changeStream and listCollections');
  });

  test('that is asked for images it does not keep is not ready', async () => {
    const run = rig.run({ preImages: 'required' });
    await insert(1);
    await orders().deleteOne({ _id: 1 });
    const error = await failure(run);
    expect(error.code).toBe('SOURCE_NOT_READY');
    expect(error.message).toContain('changeStreamPreAndPostImages');
  });

  test('with events over 16 MB that it cannot cut up is not ready', async () => {
    await rig.db.createCollection('large', { changeStreamPreAndPostImages: { enabled: true } });
    const large = rig.db.collection<{ _id: number; text: string }>('large');
    await large.insertOne({ _id: 1, text: 'a'.repeat(9 << 20) });
    await large.updateOne({ _id: 1 }, { $set: { text: 'b'.repeat(9 << 20) } });
    faults().add({ kind: 'refuse', on: 'aggregate', code: 40_324 });
    const error = await failure(rig.run({ fullDocument: 'required', preImages: 'required' }));
    expect(error.code).toBe('SOURCE_NOT_READY');
    expect(error.message).toContain('MongoDB 6.0.9');
  });
});

test('a standalone server is not ready', async () => {
  await using rig = await Rig.openStandIn({ replicaSet: null });
  const error = await failure(rig.run());
  expect(error).toMatchObject({ code: 'SOURCE_NOT_READY', retryable: false });
  expect(error.message).toContain('rs.initiate()');
});

describe('a connection string', () => {
  test('with a password that the server refuses is shown to nobody', async () => {
    await using rig = await Rig.openStandIn();
    const uri = rig.deployment.uri.replace('mongodb://', 'mongodb://capture:s%40crecy@');
    const error = await failure(rig.run({ connectionString: new Secret(uri) }));
    expect(error).toMatchObject({ code: 'SOURCE_FAILED', retryable: true });
    expect(error.message).toContain('could not connect');
    expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/s%40crecy|s@crecy/);
  });

  test('that cannot be read is shown to nobody', async () => {
    await using rig = await Rig.openStandIn();
    for (const uri of [
      'mongodb://capture:s%40crecy@',
      'postgres://capture:s%40crecy@host',
      'mongodb://u:s%40crecy@h/?tls=x',
    ]) {
      const error = await failure(rig.run({ connectionString: new Secret(uri) }));
      expect(error).toMatchObject({ code: 'SOURCE_NOT_READY', retryable: false });
      expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/s%40crecy|s@crecy/);
    }
  });

  test('that leads nowhere does not keep a run from stopping', async () => {
    await using rig = await Rig.openStandIn();
    const nowhere = new Secret('mongodb://127.0.0.1:1/?replicaSet=rs0');
    for (const end of ['stop', 'abort'] as const) {
      const before = performance.now();
      expect(await rig.run({ connectionString: nowhere })[end]()).toBe('stopped');
      expect(performance.now() - before).toBeLessThan(1_500);
    }
  });
});
