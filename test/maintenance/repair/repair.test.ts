import { cut, hold, loseAnswer } from '../../../local/storage/faults';
import { settle } from '../../../src/lib/ledger/settle';
import { needsAttention } from '../../../src/lib/maintenance/repair/report';
import { numbers } from '../../support/reader';
import { nothing, OF, range, RETENTION_MS, Rig } from './rig';

/** Gaps are filled from the hub, over real SDKs, storage and a hub that has what the lake lacks. */

let rig: Rig;

beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(() => rig.dispose());
beforeEach(() => rig.reset());

describe('a gap that the hub still has', () => {
  test('is filled, and the proof is whole; a second run does nothing', async () => {
    await rig.withGap();
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
    await rig.withGap();
    const told = await Promise.all([rig.repairOne(), rig.repairOne()]);
    expect(told.reduce((sum, { filled = 0 }) => sum + filled, 0)).toBe(10);
    expect(await rig.reader.sequences()).toEqual(numbers(0, 29));
  });

  test('storage fails on the way: told, and the next run fills it', async () => {
    await rig.withGap();
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
    await rig.withGap();
    expect(await rig.repairOne({}, { reader: rig.lacking([12, 13, 19]) })).toMatchObject({
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
    await rig.withGap();
    let readings = 0;
    const reader = rig.lacking([], {
      read: (of, signal) => rig.lacking((readings += 1) === 1 ? [12, 13] : []).read(of, signal),
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
    await rig.withGap();
    let asked = 0;
    const reader = rig.lacking([10, 11, 12, 15], {
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
    await rig.withGap();
    const reader = rig.lacking([], {
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
    await rig.withGap();
    await settle(await rig.openLake(), { ...OF, incarnation: 1 });
    const reader = rig.lacking(numbers(10, 19));
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
    await rig.withGap();
    await settle(await rig.openLake(), { ...OF, incarnation: 1 });
    rig.lake.proxy.add({ operation: 'putBlob', path: '_system/ledger/', action: loseAnswer() });
    expect(await rig.repairOne({}, { reader: rig.lacking(numbers(10, 19)) })).toMatchObject({
      ...nothing,
      absent: [range(10, 19)],
    });
  });

  test('a writer commits between the note and the ledger: it is read again, and closed', async () => {
    const events = await rig.publish(40);
    const writer = await rig.deliver(events.slice(0, 10), events.slice(20, 30));
    await settle(await rig.openLake(), { ...OF, incarnation: 1 });
    const held = rig.lake.proxy.add({ operation: 'putBlob', path: '_system/ledger/', action: hold() });
    const repairing = rig.repairOne({}, { reader: rig.lacking(numbers(10, 19)) });
    await held.reached;
    await writer.deliver(events.slice(30), { partition: OF });
    held.release();
    expect(await repairing).toMatchObject({ ...nothing, absent: [range(10, 19)] });
    expect(await rig.proof()).toMatchObject({ last: 39n, gaps: [], missing: [], verdict: 'whole' });
  });
});
