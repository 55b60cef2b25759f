import { cut, hold, loseAnswer } from '../../../local/storage/faults';
import { type HubEvent } from '../../../src/lib/decode/event';
import { settle } from '../../../src/lib/ledger/settle';
import { numbers } from '../../support/reader';
import { LEDGER, nothing, OF, range, RETENTION_MS, Rig } from './rig';

/** What somebody has taken away comes back from the hub; a dry run only tells so. */

let rig: Rig;

beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(() => rig.dispose());
beforeEach(() => rig.reset());

describe('numbers that the ledger covers and no file names', () => {
  /** Three files, 0 to 9, 10 to 19 and 20 to 29, one of which is taken away. */
  async function without(part: string): Promise<HubEvent[]> {
    const events = await rig.publish(30, (number) => (number === 15 ? 'no JSON' : `{"number":${number}}`));
    await rig.deliver(events.slice(0, 10), events.slice(10, 20), events.slice(20));
    await settle(await rig.openLake(), { ...OF, incarnation: 1 });
    await rig.remove(part);
    return events;
  }

  test('stay as they are without being asked for', async () => {
    await without('_0-9_');
    const versions = await rig.versions();
    expect((await rig.repair()).partitions).toEqual([]);
    expect(await rig.versions()).toEqual(versions);
  });

  test.each([
    ['at the beginning', '_0-9_', range(0, 9)],
    ['at the end', '_20-29_', range(20, 29)],
  ])('%s: come back from the hub, exactly once, and writers go on', async (_, part, missing) => {
    const events = await without(part);
    const before = (await rig.reader.json(LEDGER))['generation'];
    expect(await rig.repairOne({ reopen: true })).toMatchObject({ ...nothing, filled: 10, reopened: [missing] });
    expect(await rig.reader.sequences()).toEqual(numbers(0, 29));
    expect(await rig.proof()).toMatchObject({ start: 0n, last: 29n, verdict: 'whole' });
    expect((await rig.reader.json(LEDGER))['generation']).not.toBe(before);
    await rig.deliver([...events, ...(await rig.publish(5))]);
    expect((await rig.repair({ reopen: true })).partitions).toEqual([]);
    expect(await rig.reader.sequences()).toEqual(numbers(0, 34));
  });

  test('are taken back by a swap whose answer is lost: once', async () => {
    await without('_0-9_');
    rig.lake.proxy.add({ operation: 'putBlob', path: '_system/ledger/', action: loseAnswer() });
    expect(await rig.repairOne({ reopen: true })).toMatchObject({ ...nothing, filled: 10, reopened: [range(0, 9)] });
    expect(await rig.reader.sequences()).toEqual(numbers(0, 29));
  });

  test('a writer that had the ledger in memory goes on, and drops or writes nothing twice', async () => {
    const events = await rig.publish(40);
    const writer = await rig.deliver(events.slice(0, 10), events.slice(10, 20));
    await settle(await rig.openLake(), { ...OF, incarnation: 1 });
    await rig.remove('_0-9_');
    const write = async (): Promise<void> => {
      for (let first = 20; first < 40; first += 4) {
        await writer.deliver(events.slice(first, first + 4), { partition: OF });
      }
    };
    const [told] = await Promise.all([rig.repairOne({ reopen: true }), write()]);
    expect(told).toMatchObject({ reopened: [range(0, 9)], filled: 10 });
    expect(await rig.reader.sequences()).toEqual(numbers(0, 39));
  });

  test('a writer that committed them, and wakes after they were taken back, judges its batch again', async () => {
    const events = await rig.publish(30);
    await rig.deliver(events.slice(0, 10));
    await settle(await rig.openLake(), { ...OF, incarnation: 1 });
    const slow = await rig.instance();
    const held = rig.lake.proxy.add({ operation: 'rename', path: 'bronze/', action: hold() });
    const writing = slow.deliver(events.slice(10, 20), { partition: OF });
    await held.reached;
    await rig.deliver(events.slice(20));
    await settle(await rig.openLake(), { ...OF, incarnation: 1 });
    await rig.remove('_10-19_');
    // The hub does not answer for now, so that they stay open.
    const reader = rig.lacking([], { read: (of, signal) => rig.hubReader.read({ ...of, hub: 'nowhere' }, signal) });
    const told = await rig.repairOne({ reopen: true }, { reader });
    expect(told).toMatchObject({ reopened: [range(10, 19)], filled: 0, open: [{ reason: 'unknown' }] });
    held.release();
    await expect(writing).rejects.toMatchObject({ code: 'LEDGER_REBUILT', retryable: true });
    expect(await slow.deliver(events.slice(10, 20), { partition: OF })).toMatchObject({ written: 10 });
    expect(await rig.reader.sequences()).toEqual(numbers(0, 29));
  });

  test('of a run whose other file is there are left: its lines cannot be told', async () => {
    await without('quarantine/');
    const versions = await rig.versions();
    expect(await rig.repairOne({ reopen: true })).toMatchObject({ isOutOfTime: false });
    expect(await rig.versions()).toEqual(versions);
    expect(await rig.proof()).toMatchObject({ verdict: 'damaged', torn: [{ ...range(10, 19), found: 9 }] });
  });

  test('while their files are being merged nothing is touched', async () => {
    await without('_0-9_');
    await rig.reader.write('_system/optimise/postgresql/2026-11-22/3.json', '{}');
    const versions = await rig.versions();
    expect(await rig.repairOne({ reopen: true })).toMatchObject({
      ...nothing,
      open: [{ ...range(0, 9), reason: 'optimise_plan' }],
    });
    expect(await rig.versions()).toEqual(versions);
  });

  test('and the hub no longer has: noted as lost, told once', async () => {
    await without('_0-9_');
    rig.now += RETENTION_MS + 1;
    expect(await rig.repairOne({ reopen: true })).toMatchObject({ ...nothing, expired: [range(0, 9)] });
    expect(await rig.proof()).toMatchObject({ missing: [], lost: [range(0, 9)], verdict: 'lost' });
    expect((await rig.repair({ reopen: true })).partitions).toEqual([]);
  });

  test('all of them: there is nothing to go on from', async () => {
    await rig.deliver(await rig.publish(10));
    await settle(await rig.openLake(), { ...OF, incarnation: 1 });
    await rig.remove('_0-9_');
    const versions = await rig.versions();
    expect(await rig.repairOne({ reopen: true })).toMatchObject({ ...nothing, open: [{ reason: 'nothing_left' }] });
    expect(await rig.versions()).toEqual(versions);
  });
});

describe('a dry run', () => {
  test('tells what would be done, and leaves every file of the lake in its version', async () => {
    const old = await rig.publish(15);
    rig.now += RETENTION_MS / 2;
    const events = [...old, ...(await rig.publish(45))];
    await rig.deliver(events.slice(0, 10), events.slice(20, 30), events.slice(40, 50), events.slice(50));
    rig.now += RETENTION_MS / 2 + 1;
    const reader = rig.lacking([33, 34]);
    const versions = await rig.versions();
    const told = await rig.repair({ dryRun: true }, { reader });
    expect(told).toMatchObject({ isDryRun: true, isOutOfTime: false });
    const expected = { filled: 13, absent: [range(33, 34)], expired: [range(10, 14)], reopened: [], open: [] };
    expect(told.partitions).toMatchObject([{ ...expected, settled: 0 }]);
    expect(await rig.versions()).toEqual(versions);
    expect((await rig.repair({}, { reader })).partitions).toMatchObject([expected]);
  });

  test('and so with what no file names', async () => {
    const events = await rig.publish(30);
    await rig.deliver(events.slice(0, 10), events.slice(10, 20), events.slice(20));
    await settle(await rig.openLake(), { ...OF, incarnation: 1 });
    await rig.remove('_0-9_');
    await rig.remove('_20-29_');
    const versions = await rig.versions();
    const expected = { ...nothing, filled: 20, reopened: [range(0, 9), range(20, 29)] };
    expect(await rig.repairOne({ reopen: true, dryRun: true })).toMatchObject(expected);
    expect(await rig.versions()).toEqual(versions);
    expect(await rig.repairOne({ reopen: true })).toMatchObject(expected);
    expect(await rig.reader.sequences()).toEqual(numbers(0, 29));
  });
});

describe('what is committed and not published', () => {
  test('is published by every run', async () => {
    const events = await rig.publish(10);
    rig.lake.proxy.add({ operation: 'rename', times: Infinity, action: cut() });
    await expect(rig.deliver(events)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    rig.lake.proxy.clear();
    expect(await rig.reader.visible()).toEqual([]);
    expect((await rig.repair()).partitions).toMatchObject([{ settled: 1, filled: 0 }]);
    expect(await rig.reader.sequences()).toEqual(numbers(0, 9));
  });
});
