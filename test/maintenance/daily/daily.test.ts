import { type HubEvent, type HubPartition } from '../../../src/lib/decode/event';
import { PipelineError } from '../../../src/lib/errors';
import { type HubProgress } from '../../../src/lib/hub/progress';
import { noteClosedGaps } from '../../../src/lib/ledger/closed-gaps';
import { runDaily } from '../../../src/lib/maintenance/daily/daily';
import { type SourceReport } from '../../../src/lib/maintenance/daily/report';
import { type DailyOptions, type DailyRoom, type RepairSummary } from '../../../src/lib/maintenance/daily/room';
import { readSummary } from '../../../src/lib/maintenance/daily/summary';
import { DAY_MS } from '../../../src/lib/time';
import { events, NOON, openInstance, PARTITION, type Instance } from '../../support/instance';
import { LakeReader } from '../../support/reader';
import { startLake, type TestLake } from '../../support/storage';

/** The daily run on a lake that the app wrote; the hub says what the test has it say. */

const HOUR = 3_600_000;
/** The day before yesterday: what is asked today is well after it. */
const BEGIN = NOON - 3 * DAY_MS;
const NOW = NOON;
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
const markerOf = (at: number, source = 'postgresql'): string =>
  `_system/complete/${source}/${dayOf(at).replaceAll('-', '/')}.json`;
const SUMMARY = '_system/complete/postgresql.json';
const LEDGER = '_system/ledger/example.servicebus.windows.net/changes/1/3.json';

let lake: TestLake;
let reader: LakeReader;
let instance: Instance;
let hub: HubProgress | PipelineError;
let repaired: RepairSummary[];
let asked: string[];
let now: number;

beforeEach(async () => {
  lake = await startLake();
  reader = new LakeReader(lake.connectionString);
  instance = await openInstance(lake.connectionString, { retentionDays: 7 });
  hub = hubAt('3', 9);
  [repaired, asked, now] = [[], [], NOW];
});
afterEach(() => lake[Symbol.asyncDispose]());

const hubAt = (partition: string, last: number): HubProgress => ({
  createdAt: BEGIN - DAY_MS,
  partitions: [
    { partition, last: BigInt(last), lastEnqueuedAt: BEGIN, begin: 0n, isEmpty: false },
    { partition: '9', last: null, lastEnqueuedAt: null, begin: null, isEmpty: true },
  ],
});
const unreachable = new PipelineError('EVENT_HUBS_FAILED', 'nobody answers');

function room(changes: Partial<DailyRoom> = {}): DailyRoom {
  return {
    lake: instance.lake,
    clock: { now: () => now },
    sleep: () => Promise.resolve(),
    hubs: {
      postgresql: { namespace: PARTITION.namespace, hub: PARTITION.hub },
      mongodb: { namespace: PARTITION.namespace, hub: 'documents' },
    },
    askHub: (source) => {
      asked.push(`hub ${source}`);
      if (source === 'mongodb') return Promise.reject(unreachable);
      return hub instanceof PipelineError ? Promise.reject(hub) : Promise.resolve(hub);
    },
    checkpoints: null,
    repair: () => {
      asked.push('repair');
      return Promise.resolve(repaired);
    },
    ...changes,
  };
}

async function run(options: Partial<DailyOptions> = {}, changes: Partial<DailyRoom> = {}): Promise<SourceReport> {
  const { sources, ok } = await runDaily(room(changes), options);
  const [postgresql, mongodb] = sources as [SourceReport, SourceReport];
  expect(mongodb).toMatchObject({ source: 'mongodb', ok: true });
  expect(ok).toBe(postgresql.ok);
  return postgresql;
}

const at = (begin: number, first: number, last: number, changes: Partial<HubEvent> = {}): HubEvent[] =>
  events(first, last, changes, begin);
const other = (changes: Partial<HubPartition>): { partition: HubPartition } => ({
  partition: { ...PARTITION, ...changes },
});

/** Numbers 0 to 9 in three files: two on the first day, one of them quarantined, and one two days later. */
async function fill(): Promise<void> {
  await instance.deliver(at(BEGIN, 0, 4));
  await instance.deliver(at(BEGIN + HOUR, 5, 6, { body: Buffer.from('no JSON') }));
  await instance.deliver(at(BEGIN + 2 * DAY_MS, 7, 9));
}

async function pathOf(part: string): Promise<string> {
  const found = (await reader.visible()).find((name) => name.includes(part));
  if (found === undefined) throw new Error(`There is no ${part}.`);
  return found;
}

test('each day that is over has its marker, a day without events, too, and the source is complete up to now', async () => {
  await fill();
  const report = await run();
  const [first, second, third] = [dayOf(BEGIN), dayOf(BEGIN + DAY_MS), dayOf(BEGIN + 2 * DAY_MS)];
  expect(report).toMatchObject({
    ...{ ok: true, completeThrough: NOW - 60_000, why: [], faults: [], failures: [], isLate: false },
    daysMarked: [first, second, third],
    totals: { events: 10, quarantined: 2, files: 3, missing: 0, lost: 0, gaps: 0 },
  });
  expect(report.recent.map(({ events: count, state }) => [count, state])).toEqual([
    [7, 'complete'],
    [0, 'complete'],
    [3, 'complete'],
    [0, 'open'],
  ]);
  const place = { namespace: PARTITION.namespace, hub: 'changes', incarnation: 1, partition: '3' };
  expect(await reader.json(markerOf(BEGIN))).toEqual({
    ...{ format: 1, source: 'postgresql', day: first, complete: true, events: 7, quarantined: 2 },
    ...{ missing: { count: 0, partitions: [] }, lost: { count: 0, partitions: [] } },
    partitions: [{ ...place, first: '0', last: '6', events: 7, quarantined: 2 }],
    provedTime: new Date(NOW).toISOString(),
  });
  expect(await reader.json(markerOf(BEGIN + DAY_MS))).toMatchObject({ complete: true, events: 0, partitions: [] });
  expect(await reader.json(SUMMARY)).toMatchObject({
    ...{ format: 1, completeThrough: new Date(NOW - 60_000).toISOString(), why: [] },
    ...{ computedTime: new Date(NOW).toISOString(), totals: { events: 10 } },
  });
  const summary = await readSummary(instance.lake, 'postgresql');
  expect(summary).toMatchObject({ through: { at: NOW - 60_000, why: [] }, computedAt: NOW, totals: report.totals });
  expect(await readSummary(instance.lake, 'mongodb')).toBeNull();
  expect(await reader.paths('_system/complete')).toHaveLength(4);
});

test('the repair comes before the hub is asked, and the hub is asked before the ledgers are read', async () => {
  await fill();
  hub = hubAt('3', 11);
  const delivering = async (source: string): Promise<HubProgress> => {
    if (source === 'mongodb') throw unreachable;
    // What is committed once the hub was asked is counted all the same.
    await instance.deliver(at(BEGIN + 2 * DAY_MS, 10, 11));
    return hub as HubProgress;
  };
  expect(await run({}, { askHub: delivering })).toMatchObject({ ok: true, why: [], completeThrough: NOW - 60_000 });
  expect(asked).toEqual(['repair']);
});

test('a second run writes no marker anew, and a third that finds other figures does', async () => {
  await fill();
  await run();
  const before = await reader.bytes(markerOf(BEGIN));
  now += HOUR;
  expect((await run()).daysMarked).toEqual([]);
  expect(await reader.bytes(markerOf(BEGIN))).toEqual(before);
  await reader.write(markerOf(BEGIN), 'somebody wrote this');
  expect((await run()).daysMarked).toEqual([dayOf(BEGIN)]);
  expect(await reader.json(markerOf(BEGIN))).toMatchObject({ complete: true, events: 7 });
  await reader.write(markerOf(BEGIN), '{"format":2}');
  expect(await run()).toMatchObject({
    daysMarked: [],
    daysLeft: [{ day: dayOf(BEGIN), why: 'written_by_newer_version' }],
  });
});

test('a day that was whole and is so no longer is told, and its marker with it', async () => {
  await fill();
  await run();
  await reader.remove(await pathOf('_0-4_'));
  const report = await run();
  expect(report).toMatchObject({
    ...{ ok: false, completeThrough: null, daysNoLongerWhole: [dayOf(BEGIN)], daysMarked: [dayOf(BEGIN)] },
    ...{ why: ['changes/3: 0-4 are in no file'], totals: { missing: 5 } },
    faults: [
      'changes/3: 0-4 are covered by the ledger, and in no file: somebody has taken it away. Next: undelete it (soft delete), or npm run lake -- repair --reopen',
    ],
  });
  expect(await reader.json(markerOf(BEGIN))).toMatchObject({
    ...{ complete: false, events: 2 },
    missing: { count: 5, partitions: [{ hub: 'changes', partition: '3', ranges: ['0-4'] }] },
  });
  expect(await reader.json(SUMMARY)).toMatchObject({ completeThrough: null, why: report.why });
  // Known by then, and still not well.
  expect(await run()).toMatchObject({ ok: false, daysNoLongerWhole: [], daysMarked: [] });
});

test('a gap holds back the days from the one before it on; closed as lost, it is told on its days and holds nothing back', async () => {
  await instance.deliver(at(BEGIN, 0, 4));
  await instance.deliver(at(BEGIN + DAY_MS, 7, 9));
  expect(await run()).toMatchObject({
    ...{ ok: false, completeThrough: BEGIN, why: ['changes/3: 5-6 are a gap'], daysMarked: [], isLate: true },
    totals: { gaps: 2 },
  });
  const range = { first: 5n, last: 6n };
  await noteClosedGaps(instance.lake, { ...PARTITION, incarnation: 1 }, [
    { ...range, noticedAt: 0, closedAt: 1, outcome: 'expired' },
  ]);
  await reader.write(LEDGER, JSON.stringify({ ...(await reader.json(LEDGER)), gaps: [] }));
  repaired = [{ source: 'postgresql', filled: 0, newlyLost: 2, open: 0, failures: [] }];
  expect(await run()).toMatchObject({ ok: false, newlyLost: 2, completeThrough: NOW - 60_000, totals: { lost: 2 } });
  for (const day of [BEGIN, BEGIN + DAY_MS]) {
    expect(await reader.json(markerOf(day))).toMatchObject({
      complete: false,
      lost: { count: 2, partitions: [{ ranges: ['5-6'] }] },
    });
  }
  expect(await reader.json(markerOf(BEGIN + 2 * DAY_MS))).toMatchObject({ complete: true });
  // Told once.
  repaired = [];
  expect(await run()).toMatchObject({ ok: true, totals: { lost: 2 }, faults: [] });
});

test('a batch over midnight: each event on its own day', async () => {
  const midnight = BEGIN + DAY_MS / 2;
  await instance.deliver(at(midnight - 5_000, 0, 9));
  await run();
  expect(await reader.json(markerOf(BEGIN))).toMatchObject({ events: 5, partitions: [{ first: '0', last: '4' }] });
  expect(await reader.json(markerOf(midnight))).toMatchObject({ events: 5, partitions: [{ first: '5', last: '9' }] });
});

test('a day is marked only once it is over by the time up to which all is there', async () => {
  await fill();
  const midnight = NOW - (NOW % DAY_MS);
  now = midnight + 59_999;
  expect((await run()).daysMarked).toEqual([dayOf(BEGIN), dayOf(BEGIN + DAY_MS)]);
  now = midnight + 60_000;
  expect((await run()).daysMarked).toEqual([dayOf(BEGIN + 2 * DAY_MS)]);
});

test('events that are on their way: up to the last run that is there; after a day that is late', async () => {
  await fill();
  hub = hubAt('3', 20);
  const through = BEGIN + 2 * DAY_MS + 7_000;
  now = through + DAY_MS;
  expect(await run()).toMatchObject({
    ...{ ok: true, isLate: false, completeThrough: through, why: ['changes/3: its hub has 11 more events'] },
    daysMarked: [dayOf(BEGIN), dayOf(BEGIN + DAY_MS)],
  });
  now += 1;
  expect(await run()).toMatchObject({ ok: false, isLate: true, completeThrough: through });
});

test('a hub that still has events from before the first one in the lake: no day is marked', async () => {
  await instance.deliver(at(BEGIN, 4, 9));
  expect(await run()).toMatchObject({
    ...{ ok: false, completeThrough: null, daysMarked: [] },
    why: ['changes/3: its hub still has 4 events from before the first one in the lake: npm run lake -- repair'],
  });
});

test('a hub that cannot be asked is told, and up to when all is there is not known', async () => {
  await fill();
  hub = unreachable;
  expect(await run()).toMatchObject({
    ...{ ok: false, failures: [unreachable.message], completeThrough: null },
    ...{ why: ['changes: it could not be asked'] },
  });
});

test('a partition that has events and no ledger: nothing is known', async () => {
  await fill();
  hub = { ...hubAt('3', 9), partitions: [...hubAt('3', 9).partitions, ...hubAt('4', 0).partitions.slice(0, 1)] };
  expect(await run()).toMatchObject({
    ok: false,
    completeThrough: null,
    why: ['changes/4: it has events, and no ledger'],
  });
  expect(await reader.paths('_system/complete')).toEqual([SUMMARY]);
});

test('two hubs of one source, and a hub that was made anew, are counted beside each other', async () => {
  await instance.deliver(at(BEGIN, 0, 4));
  await instance.deliver(at(BEGIN, 0, 1), other({ hub: 'former' }));
  const anew = await openInstance(lake.connectionString, {
    retentionDays: 7,
    hubFacts: { createdAt: () => Promise.resolve(BEGIN + HOUR) },
  });
  await anew.deliver(at(BEGIN + DAY_MS, 0, 2));
  hub = { ...hubAt('3', 2), createdAt: BEGIN + HOUR };
  expect(await run()).toMatchObject({ ok: true, completeThrough: NOW - 60_000, totals: { events: 10 } });
  expect(await reader.json(markerOf(BEGIN))).toMatchObject({
    ...{ complete: true, events: 7 },
    partitions: [
      { hub: 'changes', incarnation: 1, first: '0', last: '4', events: 5 },
      { hub: 'former', incarnation: 1, first: '0', last: '1', events: 2 },
    ],
  });
  expect(await reader.json(markerOf(BEGIN + DAY_MS))).toMatchObject({ partitions: [{ incarnation: 2, events: 3 }] });
});

test('a ledger that is gone does not make its days smaller', async () => {
  await fill();
  await run();
  const before = await reader.bytes(markerOf(BEGIN));
  await reader.remove(LEDGER);
  expect(await run()).toMatchObject({
    ...{ ok: false, totals: { strangers: 3 } },
    daysLeft: [
      { day: dayOf(BEGIN), why: 'ledger_gone' },
      { day: dayOf(BEGIN + 2 * DAY_MS), why: 'ledger_gone' },
    ],
  });
  expect(await reader.bytes(markerOf(BEGIN))).toEqual(before);
});

test('what a dead writer has committed is published first, and in a dry run nothing is', async () => {
  await fill();
  const name = await pathOf('_7-9_');
  const staged = '_system/staging/example.servicebus.windows.net/changes/1/3/waiting';
  await reader.move(name, staged);
  await reader.write(LEDGER, JSON.stringify({ ...(await reader.json(LEDGER)), pending: [{ staged, final: name }] }));
  const before = await reader.paths('');
  const dry = await run({ dryRun: true });
  expect(dry).toMatchObject({ why: ['changes/3: 7-9 are committed, and not published yet'], totals: { pending: 1 } });
  expect([await reader.paths(''), asked]).toEqual([before, ['hub postgresql', 'hub mongodb']]);
  expect(await run()).toMatchObject({ ok: true, why: [], totals: { pending: 0, events: 10 } });
});

test('a day of which files are there twice keeps its marker', async () => {
  await fill();
  await run();
  const before = await reader.bytes(markerOf(BEGIN));
  const name = await pathOf('_0-4_');
  await reader.write(name.replace('_0-4_5', '_2-4_3'), await reader.bytes(name));
  expect(await run()).toMatchObject({
    ...{ ok: false, totals: { doubled: 3 } },
    daysLeft: [{ day: dayOf(BEGIN), why: 'unsettled' }],
  });
  expect(await reader.bytes(markerOf(BEGIN))).toEqual(before);
});

test("the host's checkpoints are looked at before the hub is asked, and those that are not of this hub are told", async () => {
  await fill();
  const record = { ...{ name: '', etag: '', bytes: 0, seenAt: NOW }, modifiedAt: NOW };
  const seen = (sequencenumber: string): Partial<DailyRoom> => ({
    checkpoints: (_, partitions) => {
      asked.push(`checkpoints of ${partitions.join(' ')}`);
      return Promise.resolve(new Map([['3', { ...record, metadata: { sequencenumber } }]]));
    },
  });
  expect(await run({}, seen('10'))).toMatchObject({
    ok: false,
    oldCheckpoints: [{ partition: '3', why: 'beyond_end', sequence: 10n }],
  });
  const order = asked.filter((what) => what !== 'hub mongodb');
  expect(order).toEqual(['repair', 'hub postgresql', 'checkpoints of 3 9', 'hub postgresql']);
  expect(await run({}, seen('9'))).toMatchObject({ ok: true, oldCheckpoints: [] });
});

test('when the time is up before all was listed, nothing is proved and nothing marked', async () => {
  await fill();
  const clock = { now: () => (asked.includes('hub postgresql') ? NOW + HOUR : NOW) };
  expect(await run({ budgetMs: HOUR }, { clock })).toMatchObject({
    ok: false,
    totals: null,
    isOutOfTime: true,
    daysMarked: [],
  });
  expect(await reader.paths('_system/complete')).toEqual([]);
});

test('a failure of one part is told, and the others go on', async () => {
  await fill();
  const failing = { repair: () => Promise.reject(new PipelineError('STORAGE_FAILED', 'no luck')) };
  const { sources } = await runDaily(room(failing));
  expect(sources[0]).toMatchObject({
    ...{ ok: false, failures: ['STORAGE_FAILED: no luck'], completeThrough: NOW - 60_000 },
    totals: { missing: 0 },
  });
  await reader.write(LEDGER, 'no ledger');
  const broken = await runDaily(room());
  expect(broken.sources[0]).toMatchObject({ ok: false, totals: null, completeThrough: null });
  expect(broken.sources[0]?.failures.join(' ')).toContain('LEDGER_DAMAGED');
});

test('two runs at once, and one after the other, tell and leave the same', async () => {
  await fill();
  const [a, b] = await Promise.all([runDaily(room()), runDaily(room())]);
  expect([a.ok, b.ok]).toEqual([true, true]);
  const written = [a, b].flatMap(({ sources }) => sources.flatMap(({ daysMarked }) => daysMarked));
  expect(written.sort()).toEqual([dayOf(BEGIN), dayOf(BEGIN + DAY_MS), dayOf(BEGIN + 2 * DAY_MS)]);
  expect(await run()).toMatchObject({ ok: true, daysMarked: [], daysLeft: [] });
});

test('an empty lake whose hub is empty is complete up to now, and has no day', async () => {
  hub = {
    createdAt: BEGIN,
    partitions: [{ partition: '3', last: null, lastEnqueuedAt: null, begin: null, isEmpty: true }],
  };
  expect(await run()).toMatchObject({ ok: true, completeThrough: NOW - 60_000, daysMarked: [], recent: [] });
});
