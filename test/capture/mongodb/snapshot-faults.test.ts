import { type StandIn } from '../../local/mongodb/support';
import { Rig, type Seen } from './rig';

const reads = (events: readonly Seen[]): Seen[] => events.filter(({ json }) => json.operationType === 'read');

describe('a snapshot', () => {
  let rig: Rig<StandIn>;

  beforeEach(async () => {
    rig = await Rig.openStandIn();
    const documents = Array.from({ length: 2_500 }, (_, _id) => ({ _id }));
    await rig.db.collection<{ _id: number }>('orders').insertMany(documents);
  });
  afterEach(() => rig[Symbol.asyncDispose]());

  const faults = () => rig.deployment.server.faults;

  test.each([
    ['the connection is cut', 'cutConnection'],
    ['the cursor is gone', 'refuse'],
  ] as const)('ends when %s, and the next run reads what is missing', async (_what, kind) => {
    faults().add({ kind, on: 'getMore', code: 43, collection: 'orders' });
    await expect(rig.run({ snapshot: 'initial' }).ended).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      retryable: true,
    });
    const next = rig.run({ snapshot: 'initial' });
    await rig.progress.until(({ snapshot }) => snapshot === null);
    await next.stop();
    expect(reads(rig.hub.once)).toHaveLength(2_500);
  });

  test('is not begun where the stream behind it cannot be had', async () => {
    faults().add({ kind: 'refuse', on: 'aggregate', code: 13 });
    await expect(rig.run({ snapshot: 'initial' }).ended).rejects.toMatchObject({ code: 'SOURCE_NOT_READY' });
    expect(rig.hub.puts).toBe(0);
    expect(rig.progress.kept).toBeNull();
  });

  test('that took longer than the oplog reaches back is lost, loudly, before it is read to its end', async () => {
    const first = rig.run({ snapshot: 'initial' });
    rig.hub.onPut = () => {
      if (rig.hub.puts === 100) void first.stop();
      return undefined;
    };
    await first.ended;
    await rig.db.collection('others').insertOne({});
    faults().truncateOplog();
    await expect(rig.run({ snapshot: 'initial' }).ended).rejects.toMatchObject({ code: 'SOURCE_HISTORY_LOST' });
    expect(rig.hub.puts).toBe(100);
  });

  test('whose user may not list the collections is not ready', async () => {
    faults().add({ kind: 'refuse', on: 'listCollections', code: 13 });
    await expect(rig.run({ snapshot: 'initial' }).ended).rejects.toMatchObject({ code: 'SOURCE_NOT_READY' });
  });

  test('does not need to know how many documents there are', async () => {
    faults().add({ kind: 'refuse', on: 'count', code: 13, times: Infinity });
    const run = rig.run({ snapshot: 'initial' });
    await rig.progress.until(({ snapshot }) => snapshot === null);
    await run.stop();
    expect(rig.snapshots.at(-1)).toMatchObject({ rows: 2_500, estimatedRows: null });
  });

  test('ends at what the hub refuses', async () => {
    rig.hub.onPut = () => {
      if (rig.hub.puts === 50) rig.hub.refusal = new Error('the hub is away');
      return undefined;
    };
    await expect(rig.run({ snapshot: 'initial' }).ended).rejects.toThrow(/the hub is away/);
  });

  test('is aborted while it waits for room', async () => {
    const full = new Promise<void>((heard) => {
      rig.hub.onPut = () => {
        heard();
        return new Promise(() => undefined);
      };
    });
    const run = rig.run({ snapshot: 'initial' });
    await full;
    expect(await run.abort()).toBe('stopped');
    expect(rig.hub.puts).toBe(1);
  });
});
