import { type HubEvent } from '../../../src/lib/decode/event';
import { settle } from '../../../src/lib/ledger/settle';
import { OF, range, RETENTION_MS, Rig, nothing } from './rig';

/** Gaps of a hub that is another one, or gone, or cannot be asked: nothing is read from the wrong one. */

let rig: Rig;

beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(() => rig.dispose());
beforeEach(() => rig.reset());

describe('a hub that is not the one whose events are in the lake', () => {
  test('made anew: nothing is touched until its ledger knows, then the gaps are expired', async () => {
    const before = await rig.withGap();
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
    await rig.withGap();
    let asked = 0;
    const reader = rig.lacking([12], {
      facts: async (hub, partition) => {
        const facts = await rig.hubReader.facts(hub, partition);
        // Asked where it begins, and before the reading.
        return (asked += 1) <= 2 ? facts : { ...facts, createdAt: facts.createdAt + 1 };
      },
    });
    expect(await rig.repairOne({}, { reader })).toMatchObject({
      ...nothing,
      ...{ filled: 9, absent: [], open: [{ ...range(12), reason: 'hub_made_anew' }] },
    });
  });

  test('proven gone: expired', async () => {
    await rig.withGap();
    rig.server.hubs.deleteHub('changes');
    expect(await rig.repairOne()).toMatchObject({ ...nothing, expired: [range(10, 19)] });
    expect(await rig.closed()).toMatchObject([{ ...range(10, 19), outcome: 'expired' }]);
  });

  test('not found, and no other hub answers: that proves nothing', async () => {
    await rig.withGap();
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
    await rig.withGap();
    const { partitions } = await rig.repair({}, {}, scope);
    expect(partitions).toMatchObject([{ filled: 0, open: [{ ...range(10, 19), reason }] }]);
    expect(await rig.proof()).toMatchObject({ gaps: [range(10, 19)] });
  });
});
