import { cut, hold, loseAnswer } from '../../../local/storage/faults';
import { type HubEvent } from '../../../src/lib/decode/event';
import { settle } from '../../../src/lib/ledger/settle';
import { type HubReader } from '../../../src/lib/maintenance/repair/port';
import { needsAttention } from '../../../src/lib/maintenance/repair/report';
import { numbers } from '../../support/reader';
import { LEDGER, nothing, OF, range, RETENTION_MS, Rig } from './rig';

/** Gaps are filled from the hub, over real SDKs, storage and a hub that has what the lake lacks. */

let rig: Rig;

beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(() => rig.dispose());
beforeEach(() => rig.reset());

/** Publishes 30 events; 10 to 19 are never handed over. */
async function withGap(): Promise<HubEvent[]> {
  const events = await rig.publish(30);
  await rig.deliver(events.slice(0, 10), events.slice(20));
  return events;
}

/** A reader of the real hub that lacks some numbers, as no stand-in can be made to. */
function lacking(missing: readonly number[], changes: Partial<HubReader> = {}): HubReader {
  const real = rig.hubReader;
  return {
    facts: (hub, partition) => real.facts(hub, partition),
    async *read(of, signal) {
      for await (const batch of real.read(of, signal)) {
        yield batch.filter(({ sequence }) => !missing.includes(Number(sequence)));
      }
    },
    ...changes,
  };
}

describe('a gap that the hub still has', () => {
  test('is filled, and the proof is whole; a second run does nothing', async () => {
    await withGap();
    expect(await rig.proof()).toMatchObject({ gaps: [range(10, 19)], verdict: 'gaps' });
    expect(await rig.repairOne()).toMatchObject({
      ...nothing,
      ...OF,
      source: 'postgresql',
      incarnation: 1,
      filled: 10,
    });
    expect(await rig.reader.sequences()).toEqual(numbers(0, 29));
    expect(await rig.proof()).toMatchObject({ gaps: [], verdict: 'whole' });
    expect(await rig.closed()).toEqual([]);
    // What the last commit published is settled by the next run; after that there is nothing.
    await rig.repair();
    const before = await rig.versions();
    expect(await rig.repair()).toEqual({ isDryRun: false, partitions: [], isOutOfTime: false });
    expect(await rig.versions()).toEqual(before);
  });

  test('several in one run', async () => {
    const events = await rig.publish(200);
    await rig.deliver(events.slice(0, 5), events.slice(6, 8), events.slice(9, 90), events.slice(150));
    expect(await rig.repairOne()).toMatchObject({ ...nothing, filled: 62 });
    expect(await rig.reader.sequences()).toEqual(numbers(0, 199));
  });

  test('is filled with the very lines that the trigger would have brought', async () => {
    const events = await rig.publish(30, (number) => (number % 2 === 0 ? `{"n":${number}.0}` : 'no JSON'));
    await rig.deliver(events.slice(0, 10), events.slice(20));
    await rig.repair();
    const repaired = (await rig.reader.lines()).map(({ raw }) => raw).sort();
    await rig.reader.clear();
    await rig.deliver(events);
    expect((await rig.reader.lines()).map(({ raw }) => raw).sort()).toEqual(repaired);
  });

  test('while a writer goes on: every event once', async () => {
    const events = await rig.publish(90);
    const writer = await rig.deliver(events.slice(0, 10), events.slice(20, 30), events.slice(40, 50));
    const write = async (): Promise<void> => {
      for (let first = 50; first < 90; first += 4) {
        await writer.deliver(events.slice(first, first + 4), { partition: OF });
      }
    };
    const [told] = await Promise.all([rig.repairOne(), write()]);
    expect(told).toMatchObject({ filled: 20, open: [], failure: null });
    expect(await rig.reader.sequences()).toEqual(numbers(0, 89));
    expect(await rig.proof()).toMatchObject({ missing: [], doubled: [], gaps: [] });
  });

  test('two that repair at once: every event once', async () => {
    await withGap();
    const told = await Promise.all([rig.repairOne(), rig.repairOne()]);
    expect(told.reduce((sum, { filled = 0 }) => sum + filled, 0)).toBe(10);
    expect(await rig.reader.sequences()).toEqual(numbers(0, 29));
  });

  test('storage fails on the way: told, and the next run fills it', async () => {
    await withGap();
    await rig.repair({ isTimeUp: () => true });
    rig.lake.proxy.add({ operation: 'putBlob', path: '_system/staging/', times: Infinity, action: cut() });
    const told = await rig.repairOne();
    expect(told).toMatchObject({ filled: 0, open: [{ ...range(10, 19), reason: 'failed' }] });
    expect(told.failure).toMatch(/STORAGE_FAILED/);
    rig.lake.proxy.clear();
    expect(await rig.repairOne()).toMatchObject({ ...nothing, filled: 10 });
    expect(await rig.reader.sequences()).toEqual(numbers(0, 29));
  });

  test('the time is up: before it begins, or between two batches; the next run goes on', async () => {
    const events = await rig.publish(200);
    await rig.deliver(events.slice(0, 10), events.slice(190));
    const late = { reason: 'out_of_time', detail: null };
    expect(await rig.repairOne({ isTimeUp: () => true })).toMatchObject({
      ...nothing,
      open: [{ ...range(10, 189), ...late }],
      isOutOfTime: true,
    });
    let isRead = false;
    const onProgress = (): void => void (isRead = true);
    const told = await rig.repairOne({ isTimeUp: () => isRead, onProgress });
    const filled = told.filled ?? 0;
    expect([filled > 0, filled < 180]).toEqual([true, true]);
    expect(told).toMatchObject({ absent: [], open: [{ ...range(10 + filled, 189), ...late }], isOutOfTime: true });
    expect(await rig.repairOne()).toMatchObject({ ...nothing, filled: 180 - filled });
    expect(await rig.reader.sequences()).toEqual(numbers(0, 199));
  });
});

describe('numbers that the hub does not have', () => {
  test('though it has later ones: absent, noted, and closed for good', async () => {
    await withGap();
    expect(await rig.repairOne({}, { reader: lacking([12, 13, 19]) })).toMatchObject({
      ...nothing,
      ...{ filled: 7, absent: [range(12, 13), range(19)] },
    });
    expect(await rig.closed()).toMatchObject([
      { ...range(12, 13), outcome: 'absent' },
      { ...range(19), outcome: 'absent' },
    ]);
    expect(await rig.proof()).toMatchObject({
      gaps: [],
      missing: [],
      absent: [range(12, 13), range(19)],
      verdict: 'whole',
    });
    await rig.repair();
    expect((await rig.repair()).partitions).toEqual([]);
  });

  test('in one reading only: they are read again before they are given up, and come back', async () => {
    await withGap();
    let readings = 0;
    const reader = lacking([], {
      read: (of, signal) => lacking((readings += 1) === 1 ? [12, 13] : []).read(of, signal),
    });
    expect(await rig.repairOne({}, { reader })).toMatchObject({ ...nothing, filled: 10 });
    expect(await rig.reader.sequences()).toEqual(numbers(0, 29));
  });

  test('any more, by its retention: expired, which is told once', async () => {
    const old = await rig.publish(15);
    rig.now += RETENTION_MS / 2;
    const young = await rig.publish(15);
    const events = [...old, ...young];
    await rig.deliver(events.slice(0, 10), events.slice(20));
    rig.now += RETENTION_MS / 2 + 1;
    const report = await rig.repair();
    expect(report.partitions).toMatchObject([{ filled: 5, absent: [], expired: [range(10, 14)], open: [] }]);
    expect(needsAttention(report)).toBe(true);
    expect(await rig.closed()).toMatchObject([{ ...range(10, 14), outcome: 'expired' }]);
    expect(await rig.proof()).toMatchObject({ gaps: [], missing: [], lost: [range(10, 14)], verdict: 'lost' });
    await rig.repair();
    expect((await rig.repair()).partitions).toEqual([]);
  });

  test('because retention passed them while they were read: expired, and not absent', async () => {
    await withGap();
    let asked = 0;
    const reader = lacking([10, 11, 12, 15], {
      facts: async (hub, partition) => {
        const facts = await rig.hubReader.facts(hub, partition);
        return (asked += 1) === 1 ? facts : { ...facts, begin: 13n };
      },
    });
    expect(await rig.repairOne({}, { reader })).toMatchObject({
      ...nothing,
      ...{ filled: 6, expired: [range(10, 12)], absent: [range(15)] },
    });
  });

  test('at the end of a reading that failed: nothing is given up', async () => {
    await withGap();
    const reader = lacking([], {
      async *read(of, signal) {
        for await (const batch of rig.hubReader.read(of, signal)) {
          yield batch.filter(({ sequence }) => sequence > 14n && sequence < 17n);
          yield* rig.hubReader.read({ ...of, hub: 'nowhere' }, signal);
        }
      },
    });
    const told = await rig.repairOne({}, { reader });
    expect(told).toMatchObject({ filled: 2, absent: [], expired: [] });
    expect(told.open).toMatchObject([
      { ...range(10, 14), reason: 'unknown' },
      { ...range(17, 19), reason: 'unknown' },
    ]);
    expect(await rig.closed()).toEqual([]);
  });

  test('it dies between the note and the ledger: harmless, and finished by the next run', async () => {
    await withGap();
    await settle(await rig.openLake(), { ...OF, incarnation: 1 });
    const reader = lacking(numbers(10, 19));
    rig.lake.proxy.add({ operation: 'putBlob', path: '_system/ledger/', times: Infinity, action: cut() });
    expect(await rig.repairOne({}, { reader })).toMatchObject({ absent: [], open: [{ reason: 'failed' }] });
    const noted = await rig.closed();
    expect(noted).toMatchObject([range(10, 19)]);
    expect(await rig.proof()).toMatchObject({ gaps: [range(10, 19)], missing: [], uncovered: [] });
    rig.lake.proxy.clear();
    expect(await rig.repairOne({}, { reader })).toMatchObject({ ...nothing, absent: [range(10, 19)] });
    expect(await rig.closed()).toEqual(noted);
    expect(await rig.proof()).toMatchObject({ gaps: [], verdict: 'whole' });
  });

  test('the answer to the swap is lost: what it closed is told all the same', async () => {
    await withGap();
    await settle(await rig.openLake(), { ...OF, incarnation: 1 });
    rig.lake.proxy.add({ operation: 'putBlob', path: '_system/ledger/', action: loseAnswer() });
    expect(await rig.repairOne({}, { reader: lacking(numbers(10, 19)) })).toMatchObject({
      ...nothing,
      absent: [range(10, 19)],
    });
  });

  test('a writer commits between the note and the ledger: it is read again, and closed', async () => {
    const events = await rig.publish(40);
    const writer = await rig.deliver(events.slice(0, 10), events.slice(20, 30));
    await settle(await rig.openLake(), { ...OF, incarnation: 1 });
    const held = rig.lake.proxy.add({ operation: 'putBlob', path: '_system/ledger/', action: hold() });
    const repairing = rig.repairOne({}, { reader: lacking(numbers(10, 19)) });
    await held.reached;
    await writer.deliver(events.slice(30), { partition: OF });
    held.release();
    expect(await repairing).toMatchObject({ ...nothing, absent: [range(10, 19)] });
    expect(await rig.proof()).toMatchObject({ last: 39n, gaps: [], missing: [], verdict: 'whole' });
  });
});

describe('a hub that is not the one whose events are in the lake', () => {
  test('made anew: nothing is touched until its ledger knows, then the gaps are expired', async () => {
    const before = await withGap();
    rig.now = (before.at(-1)?.enqueuedAt ?? 0) + 60_000;
    const later = rig.now;
    rig.server.hubs.deleteHub('changes');
    await rig.repair({ isTimeUp: () => true });
    rig.server.hubs.createHub({
      name: 'Changes',
      partitionCount: 4,
      consumerGroups: ['lake-repair'],
      retentionMs: RETENTION_MS,
    });
    await settle(await rig.openLake(), { ...OF, incarnation: 1 });
    const versions = await rig.versions();
    expect(await rig.repairOne()).toMatchObject({ ...nothing, open: [{ ...range(10, 19), reason: 'hub_made_anew' }] });
    expect(await rig.versions()).toEqual(versions);
    rig.now = later + 1_000;
    await rig.server.producer().sendBatch([{ body: Buffer.from('{}') }], { partitionId: OF.partition });
    const events: HubEvent[] = [];
    for await (const batch of rig.hubReader.read({ ...OF, from: 0n, to: 0n }, new AbortController().signal))
      events.push(...batch);
    await rig.deliver(events);
    const { partitions } = await rig.repair();
    expect(partitions.filter(({ expired }) => expired.length > 0)).toMatchObject([
      { incarnation: 1, expired: [range(10, 19)], filled: 0, open: [] },
    ]);
    expect(await rig.closed(1)).toMatchObject([{ ...range(10, 19), outcome: 'expired' }]);
    expect(await rig.proof(2)).toMatchObject({ verdict: 'whole' });
  });

  test('made anew while it is read: what was read is not judged by it', async () => {
    await withGap();
    let asked = 0;
    const reader = lacking([12], {
      facts: async (hub, partition) => {
        const facts = await rig.hubReader.facts(hub, partition);
        return (asked += 1) === 1 ? facts : { ...facts, createdAt: facts.createdAt + 1 };
      },
    });
    expect(await rig.repairOne({}, { reader })).toMatchObject({
      ...nothing,
      ...{ filled: 9, absent: [], open: [{ ...range(12), reason: 'hub_made_anew' }] },
    });
  });

  test('proven gone: expired', async () => {
    await withGap();
    rig.server.hubs.deleteHub('changes');
    expect(await rig.repairOne()).toMatchObject({ ...nothing, expired: [range(10, 19)] });
    expect(await rig.closed()).toMatchObject([{ ...range(10, 19), outcome: 'expired' }]);
  });

  test('not found, and no other hub answers: that proves nothing', async () => {
    await withGap();
    const namespace = {
      hub: () => Promise.resolve({ answer: 'gone' } as const),
      group: () => Promise.resolve({ answer: 'gone' } as const),
    };
    rig.server.hubs.deleteHub('changes');
    const told = await rig.repairOne({}, { namespace });
    expect(told).toMatchObject({ ...nothing, open: [{ ...range(10, 19), reason: 'unknown' }] });
    expect(told.open?.[0]?.detail).toMatch(/no such hub/);
    expect(await rig.closed()).toEqual([]);
  });

  test.each([
    ['another namespace', { namespace: 'elsewhere.servicebus.windows.net' }, 'unknown'],
    ['a hub that is none of the settings', { hubs: { postgresql: 'third', mongodb: 'other' } }, 'other_hub'],
  ])('%s: the gaps stay open', async (_, scope, reason) => {
    await withGap();
    const { partitions } = await rig.repair({}, {}, scope);
    expect(partitions).toMatchObject([{ filled: 0, open: [{ ...range(10, 19), reason }] }]);
    expect(await rig.proof()).toMatchObject({ gaps: [range(10, 19)] });
  });
});

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
    expect(await rig.repairOne({ reopen: true })).toMatchObject(nothing);
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
    const reader = lacking([], { read: (of, signal) => rig.hubReader.read({ ...of, hub: 'nowhere' }, signal) });
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
    const reader = lacking([33, 34]);
    const versions = await rig.versions();
    const told = await rig.repair({ dryRun: true }, { reader });
    expect(told).toMatchObject({ isDryRun: true, isOutOfTime: false });
    const expected = { filled: 13, absent: [range(33, 34)], expired: [range(10, 14)], reopened: [], open: [] };
    expect(told.partitions).toMatchObject([{ ...expected, settled: 1 }]);
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
