import { planPath } from '../../../src/lib/ledger/names';
import { dayFolder } from '../../../src/lib/time';
import { type HubEvent } from '../../../src/lib/decode/event';
import { noteClosedGaps } from '../../../src/lib/ledger/closed-gaps';
import { mergeFolder } from '../../../src/lib/maintenance/optimise/plan';
import { formatPlan, parsePlan } from '../../../src/lib/maintenance/optimise/plan-json';
import { proveLake, proveSource, type LakeProof } from '../../../src/lib/maintenance/completeness/prove';
import { type PartitionProof } from '../../../src/lib/maintenance/completeness/judge';
import { events, NOON, openInstance, PARTITION } from '../../support/instance';
import { LakeReader } from '../../support/reader';
import { startLake, type TestLake } from '../../support/storage';

/** The proof is itself proved: on lakes that were damaged in each way that it is there to find. */

let lake: TestLake;
let reader: LakeReader;

beforeEach(async () => {
  lake = await startLake();
  reader = new LakeReader(lake.connectionString);
  slept = [];
});
afterEach(() => lake[Symbol.asyncDispose]());

let slept: number[];
const sleep = (ms: number): Promise<void> => {
  slept.push(ms);
  return Promise.resolve();
};
const prove = async (): Promise<LakeProof> => proveLake((await openInstance(lake.connectionString)).lake, { sleep });

const LEDGER = '_system/ledger/example.servicebus.windows.net/changes/1/3.json';

const onDay =
  (begin: number) =>
  (event: HubEvent): HubEvent => ({ ...event, enqueuedAt: begin + Number(event.sequence) * 1_000 });

/** A lake with events 0 to 9 in two files, one of them quarantined. */
async function fill(): Promise<void> {
  const instance = await openInstance(lake.connectionString);
  await instance.deliver(events(0, 4));
  await instance.deliver([...events(5, 6), ...events(7, 7, { body: Buffer.from('no JSON') }), ...events(8, 9)]);
}

async function only(): Promise<PartitionProof> {
  const { partitions, strangers } = await prove();
  expect([partitions.length, strangers]).toEqual([1, { count: 0, paths: [] }]);
  return partitions[0] as PartitionProof;
}

const path = async (part: string): Promise<string> => {
  const found = (await reader.visible()).find((name) => name.includes(part));
  if (found === undefined) throw new Error(`There is no ${part}.`);
  return found;
};

test('a lake that is whole', async () => {
  await fill();
  expect(await only()).toMatchObject({
    ...{ source: 'postgresql', hub: 'changes', partition: '3', start: 0n, last: 9n },
    ...{ files: 3, events: 10, quarantined: 1, pending: 0 },
    ...{ gaps: [], missing: [], uncovered: [], torn: [], doubled: [], verdict: 'whole' },
  });
});

test('an empty lake proves nothing, and nothing against it', async () => {
  expect(await prove()).toEqual({ partitions: [], strangers: { count: 0, paths: [] }, listed: 0 });
});

test('events that Event Hubs has passed over are a gap, not damage', async () => {
  const instance = await openInstance(lake.connectionString);
  await instance.deliver(events(0, 4));
  await instance.deliver(events(8, 9));
  expect(await only()).toMatchObject({ gaps: [{ first: 5n, last: 7n }], missing: [], verdict: 'gaps' });
});

test('a file that was taken away', async () => {
  await fill();
  await reader.remove(await path('_0-4_'));
  expect(await only()).toMatchObject({ missing: [{ first: 0n, last: 4n }], verdict: 'damaged' });
});

test('a quarantine file that was taken away: its run no longer adds up', async () => {
  await fill();
  await reader.remove(await path('quarantine/'));
  expect(await only()).toMatchObject({ torn: [{ first: 5n, last: 9n, found: 4 }], missing: [], verdict: 'damaged' });
});

test('a count in a name that does not add up', async () => {
  await fill();
  const name = await path('_0-4_');
  await reader.move(name, name.replace('_5.json', '_4.json'));
  expect(await only()).toMatchObject({ torn: [{ first: 0n, last: 4n, found: 4 }], verdict: 'damaged' });
});

test('a file that is there twice under two names', async () => {
  await fill();
  const name = await path('_0-4_');
  await reader.write(name.replace('_0-4_5', '_2-4_3'), await reader.bytes(name));
  expect(await only()).toMatchObject({ doubled: [{ first: 2n, last: 4n }], verdict: 'damaged' });
});

test('a file of numbers that the ledger does not cover', async () => {
  await fill();
  const name = await path('_0-4_');
  await reader.write(name.replace('_0-4_5', '_50-54_5'), await reader.bytes(name));
  expect(await only()).toMatchObject({ uncovered: [{ first: 50n, last: 54n }], verdict: 'damaged' });
});

test('a file in a folder of another day: readers of its day do not find it', async () => {
  await fill();
  const name = await path('_0-4_');
  const wrong = `bronze/postgresql/2001/01/01/${name.slice(name.lastIndexOf('/') + 1)}`;
  await reader.write(wrong, await reader.bytes(name));
  await reader.remove(name);
  const { strangers, partitions } = await prove();
  expect(strangers).toEqual({ count: 1, paths: [wrong] });
  expect(partitions).toMatchObject([{ missing: [{ first: 0n, last: 4n }], verdict: 'damaged' }]);
});

test.each([
  ['expired', { lost: [{ first: 5n, last: 6n }], absent: [], missing: [], verdict: 'lost' }],
  ['absent', { lost: [], absent: [{ first: 5n, last: 6n }], missing: [], verdict: 'whole' }],
] as const)('numbers of a gap that was closed as %s', async (outcome, expected) => {
  const instance = await openInstance(lake.connectionString);
  await instance.deliver(events(0, 4));
  await instance.deliver(events(7, 9));
  expect(await only()).toMatchObject({ gaps: [{ first: 5n, last: 6n }], verdict: 'gaps' });
  await noteClosedGaps(instance.lake, { ...PARTITION, incarnation: 1 }, [
    { first: 5n, last: 6n, noticedAt: 0, closedAt: 1, outcome },
  ]);
  // Closed, and not yet forgotten by the ledger: still a gap.
  expect(await only()).toMatchObject({ gaps: [{ first: 5n, last: 6n }], lost: [], absent: [], verdict: 'gaps' });
  const json = await reader.json(LEDGER);
  await reader.write(LEDGER, JSON.stringify({ ...json, gaps: [] }));
  expect(await only()).toMatchObject({ gaps: [], ...expected });
  await reader.write(LEDGER, JSON.stringify({ ...json, gaps: [], last: '12' }));
  expect(await only()).toMatchObject({ ...expected, missing: [{ first: 10n, last: 12n }], verdict: 'damaged' });
});

test('the ledger of a hub that is gone is put aside, and its files are no strangers', async () => {
  await fill();
  await reader.write(LEDGER.replace('/ledger/', '/ledger-archive/'), await reader.bytes(LEDGER));
  await reader.remove(LEDGER);
  expect(await only()).toMatchObject({ events: 10, verdict: 'whole' });
});

test('what looks damaged is listed once more, and as long as a plan is there up to three times more, with pauses', async () => {
  await fill();
  expect([(await prove()).listed, slept]).toEqual([3, []]);
  await reader.remove(await path('_0-4_'));
  expect([(await prove()).listed, slept]).toEqual([4, []]);
  await reader.write('_system/optimise/postgresql/2026-11-22/3.json', '{}');
  expect([(await prove()).listed, slept]).toEqual([8, [3_000, 3_000, 3_000]]);
});

test('a file that comes back while a plan is there was never missing', async () => {
  await fill();
  const name = await path('_0-4_');
  await reader.move(name, '_system/staging/away');
  await reader.write('_system/optimise/postgresql/2026-11-22/3.json', '{}');
  const instance = await openInstance(lake.connectionString);
  const { partitions } = await proveLake(instance.lake, {
    sleep: async () => {
      slept.push(0);
      await reader.move('_system/staging/away', name);
    },
  });
  expect(partitions).toMatchObject([{ missing: [], verdict: 'whole' }]);
  expect(slept).toEqual([0]);
});

test('what a dead optimiser left half deleted is seen twice, and all there; without its plan nobody knows why', async () => {
  await fill();
  const [early, late, quarantined] = [await path('_0-4_5'), await path('_5-9_4'), await path('quarantine/')];
  const day = dayFolder(NOON);
  const planned = planPath('postgresql', day, '3');
  const content = { bytes: 1, sha256: 'ab'.repeat(32) };
  const bronze = { ...content, path: early.replace('_0-4_5', '_0-9_9'), count: 9, bytes: 2 };
  const quarantine = { ...content, path: quarantined.replace('_5-9_1', '_0-9_1'), count: 1 };
  const staged = ({ path: to }: { path: string }): string =>
    `${mergeFolder('postgresql', day, '3')}${to.replaceAll('/', '-')}`;
  const plan = formatPlan({
    ...{ id: 'a', source: 'postgresql', ...PARTITION, incarnation: 1, day, first: 0n, last: 9n, plannedAt: NOON },
    pages: 1,
    inputs: [
      { ...content, path: early, etag: '"1"', count: 5 },
      { ...content, path: late, etag: '"1"', count: 4 },
      { ...content, path: quarantined, etag: '"1"', count: 1 },
    ],
    outputs: [bronze, quarantine].map((output) => ({ ...output, staged: staged(output) })),
  });
  expect(parsePlan(plan, planned)).toMatchObject({ id: 'a' });
  await reader.write(planned, plan.toString());
  for (const output of [bronze, quarantine]) await reader.write(output.path, '');
  // The first of the inputs to go; the other file of its run is there still.
  await reader.remove(late);

  const twice = [expect.objectContaining({ first: 0n, last: 4n }), expect.objectContaining({ first: 5n, last: 9n })];
  const under = await only();
  expect(under).toMatchObject({ missing: [], torn: [], doubled: [], verdict: 'merging' });
  expect([under.merging.length, under.merging]).toEqual([2, expect.arrayContaining(twice)]);

  await reader.remove(planned);
  const without = await only();
  expect(without).toMatchObject({ missing: [], torn: [], merging: [], verdict: 'damaged' });
  expect(without.doubled).toEqual(expect.arrayContaining(twice));
});

test('a listing that is stopped proves nothing', async () => {
  await fill();
  const { lake: files } = await openInstance(lake.connectionString);
  let asked = 0;
  expect(await proveSource(files, 'postgresql', { sleep }, () => (asked += 1) > 2)).toBeNull();
  expect(asked).toBe(3);
});

test('two hubs of one source that have the same partition are told apart by their first lines', async () => {
  await fill();
  const instance = await openInstance(lake.connectionString);
  await instance.deliver(events(0, 2), { partition: { ...PARTITION, hub: 'others' } });
  const { partitions, strangers } = await prove();
  expect(strangers.count).toBe(0);
  expect(partitions).toMatchObject([
    { hub: 'changes', events: 10, verdict: 'whole' },
    { hub: 'others', events: 3, verdict: 'whole' },
  ]);
});

test('what lies beside a hole, and how much each day has, is known by the names', async () => {
  const instance = await openInstance(lake.connectionString);
  const midnight = NOON + 43_200_000;
  await instance.deliver(events(0, 4, {}, midnight - 3_000));
  await instance.deliver([...events(6, 6, { body: Buffer.from('no JSON') }), ...events(7, 8)].map(onDay(midnight)));
  await reader.remove(await path('_3-4_'));
  const today = midnight / 86_400_000;
  const [one] = (await prove()).partitions;
  expect(one?.holes).toEqual([
    { first: 5n, last: 5n, why: 'gap', before: midnight - 3_000, after: midnight + 6_000 },
    { first: 3n, last: 4n, why: 'missing', before: midnight - 3_000, after: midnight + 6_000 },
  ]);
  expect([...(one?.days ?? [])]).toEqual([
    [today - 1, { first: 0n, last: 2n, events: 3, quarantined: 0 }],
    [today, { first: 6n, last: 8n, events: 3, quarantined: 1 }],
  ]);
});

test('a file of nobody', async () => {
  await fill();
  await reader.write('bronze/postgresql/2026/11/22/notes.txt', 'x');
  await reader.write('bronze/mongodb/2026/11/22/data_20261122T000000000Z_3_0-4_5.json', '{}\n');
  const { strangers, partitions } = await prove();
  expect(strangers).toEqual({
    count: 2,
    paths: [
      'bronze/postgresql/2026/11/22/notes.txt',
      'bronze/mongodb/2026/11/22/data_20261122T000000000Z_3_0-4_5.json',
    ],
  });
  expect(partitions.map(({ verdict }) => verdict)).toEqual(['whole']);
});

test('a file that is committed and not published yet is pending, and no damage', async () => {
  await fill();
  const json = await reader.json(LEDGER);
  const name = await path('_0-4_');
  await reader.move(name, '_system/staging/waiting');
  await reader.write(
    LEDGER,
    JSON.stringify({ ...json, pending: [{ staged: '_system/staging/waiting', final: name }] }),
  );
  expect(await only()).toMatchObject({ pending: 1, missing: [], verdict: 'pending' });
});
