import { MongoClient, type Document, type Timestamp } from 'mongodb';
import { takeSnapshot } from '../../../src/lib/capture/mongodb/snapshot';
import { snapshotAt } from '../../../src/lib/capture/mongodb/state';
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
  ] as const)('goes on behind the last document when %s', async (_what, kind) => {
    const fault = faults().add({ kind, on: 'getMore', code: 43, collection: 'orders', times: 2 });
    const run = rig.run({ snapshot: 'initial' });
    await Promise.race([rig.progress.until(({ snapshot }) => snapshot === null), run.ended]);
    await run.stop();
    expect(fault.hits).toBe(2);
    expect(reads(rig.hub.seen)).toHaveLength(2_500);
  });

  test('that fails again and again keeps what Event Hubs has accepted each time, and goes on there', async () => {
    for (const documents of [1_000, 2_000]) {
      const fault = faults().add({ kind: 'refuse', on: 'getMore', code: 8, collection: 'orders' });
      await expect(rig.run({ snapshot: 'initial' }).ended).rejects.toMatchObject({ code: 'SOURCE_FAILED' });
      fault.remove();
      expect(rig.progress.kept?.snapshot).toMatchObject({ documents });
    }
    const last = rig.run({ snapshot: 'initial' });
    await rig.progress.until(({ snapshot }) => snapshot === null);
    await last.stop();
    expect(reads(rig.hub.seen)).toHaveLength(2_500);
  });

  test('is kept after some time, and after some bytes, not only after many documents', async () => {
    let ms = 0;
    const kept: (number | undefined)[] = [];
    rig.hub.onPut = () => {
      kept.push(rig.progress.kept?.snapshot?.documents);
      if (rig.hub.puts === 700) ms += 5_000;
      return undefined;
    };
    const run = rig.run({ snapshot: 'initial' }, { now: () => ms });
    await rig.progress.until(({ snapshot }) => snapshot === null);
    await run.stop();
    expect(new Set(kept)).toEqual(new Set([0, 700]));
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

test('a copy reads nothing that is older than its own time, and from the primary, whatever the address says', async () => {
  await using rig = await Rig.openStandIn({ secondary: true });
  await rig.db.collection<{ _id: number }>('orders').insertOne({ _id: 1 });
  const { client, uri } = rig.deployment;
  await using watched = await new MongoClient(`${uri}&readPreference=secondary`, { monitorCommands: true }).connect();
  const finds: Document[] = [];
  watched.on('commandStarted', ({ commandName, command }) => {
    if (commandName === 'find') finds.push(command);
  });
  const { operationTime } = await client.db('admin').command({ ping: 1 });
  const { t, i } = operationTime as Timestamp;
  const startTime = { seconds: t, increment: i };
  const snapshot = {
    ...{ client: watched, database: { ...rig.database, snapshot: 'initial' as const }, sink: rig.hub },
    ...{ source: { name: 'shop', history: 1 }, keep: () => Promise.resolve(), now: () => 0 },
    ...{ onProgress: () => undefined, onSlow: () => undefined, readWindow: () => Promise.resolve(null) },
  };
  const begun = { deployment: 'rs0', watched: '', startTime, resume: null, snapshot: snapshotAt(startTime, null) };
  const { signal } = new AbortController();
  await takeSnapshot(snapshot, begun, { stop: signal, abort: signal });
  expect(finds.length).toBeGreaterThan(1);
  for (const find of finds) {
    const { level, afterClusterTime } = find['readConcern'] as { level: string; afterClusterTime: Timestamp };
    expect([level, afterClusterTime.gte(operationTime as Timestamp)]).toEqual(['majority', true]);
    expect((find['$readPreference'] as Document | undefined)?.['mode'] ?? 'primary').toMatch(/^primary/);
  }
});
