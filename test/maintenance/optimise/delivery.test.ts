import { cut, hold, late, loseAnswer, status, type FaultAction, type Operation } from '../../../local/storage/faults';
import { optimise } from '../../../src/lib/maintenance/optimise/optimise';
import { type MaintenanceLake } from '../../../src/lib/maintenance/port';
import { type OptimiseReport } from '../../../src/lib/maintenance/optimise/report';
import { type OptimiseOptions, type OptimiseRoom } from '../../../src/lib/maintenance/optimise/room';
import { DAY_MS, dayFolder } from '../../../src/lib/time';
import { events, NOON, openInstance, PARTITION, type Instance } from '../../support/instance';
import { LakeReader, numbers } from '../../support/reader';
import { startLake, type TestLake } from '../../support/storage';
import { openOptimiseRoom } from './rig';

/** Optimising through the real SDKs, over a wire that fails. */

let lake: TestLake;
let reader: LakeReader;
let writer: Instance;

const BEGIN = NOON - 3 * DAY_MS;
const DAY = dayFolder(BEGIN);

beforeAll(async () => {
  lake = await startLake();
  reader = new LakeReader(lake.directConnectionString);
});

afterAll(() => lake.dispose());

beforeEach(async () => {
  lake.proxy.clear();
  await reader.clear();
  writer = await openInstance(lake.connectionString, { retentionDays: 7 });
});

const openRoom = (changes: Partial<OptimiseRoom> = {}): Promise<OptimiseRoom> =>
  openOptimiseRoom(lake.connectionString, changes);

const run = async (changes: Partial<OptimiseOptions> = {}): Promise<OptimiseReport> =>
  optimise('postgresql', await openRoom(), changes);

const deliver = (first: number, last: number, changes: Parameters<typeof events>[2] = {}): Promise<unknown> =>
  writer.deliver(events(first, last, changes, BEGIN));

/** Six small runs, one of them quarantined, one half, and a hole. */
async function fill(): Promise<void> {
  await deliver(0, 2);
  await deliver(3, 4, { body: Buffer.from('no JSON') });
  const [first, ...rest] = events(5, 7, {}, BEGIN);
  if (first === undefined) throw new Error('three events were asked for');
  await writer.deliver([{ ...first, body: Buffer.from('no JSON') }, ...rest]);
  await deliver(8, 9);
  await deliver(12, 13);
  await deliver(14, 19);
}

const FILLED = [...numbers(0, 9), ...numbers(12, 19)];

const names = async (): Promise<string[]> => (await reader.visible()).map((path) => path.replace(/_\d+T\d+Z_/, '_'));

const MERGED = [
  `bronze/postgresql/${DAY}/data_3_0-9_7.json`,
  `bronze/postgresql/${DAY}/data_3_12-19_8.json`,
  `quarantine/postgresql/${DAY}/data_3_0-9_3.json`,
];

/** Everything is there once, under the merged names, and nothing is left lying about. */
async function expectMerged(): Promise<void> {
  expect(await reader.sequences()).toEqual(FILLED);
  expect(await names()).toEqual(MERGED);
  expect(await reader.paths('_system/optimise')).toEqual([]);
}

describe('a closed day', () => {
  test('is merged, line for line, across no hole, bronze and quarantine with the same boundaries', async () => {
    await fill();
    const before = (await reader.lines()).map(({ raw }) => raw).sort();
    const report = await run();
    expect(report).toMatchObject({ days: 1, files: 7, finishedForOthers: 0, isOutOfTime: false });
    expect(report.merged.map(({ first, last, inputs }) => ({ first, last, inputs }))).toEqual([
      { first: '0', last: '9', inputs: 5 },
      { first: '12', last: '19', inputs: 2 },
    ]);
    expect((await reader.lines()).map(({ raw }) => raw).sort()).toEqual(before);
    await expectMerged();
    expect(await reader.paths('_system/staging')).toEqual([]);
  });

  test('that is merged is left as it is: a second run lists and asks no more', async () => {
    await fill();
    await run();
    lake.proxy.forgetRequests();
    expect(await run()).toMatchObject({
      merged: [],
      left: [{ reason: 'good', files: 3 }],
    });
    expect(new Set(lake.proxy.requests.map(({ operation }) => operation))).toEqual(new Set<Operation>(['list']));
    await expectMerged();
  });

  test('takes late events in, the next time', async () => {
    await fill();
    await run();
    await deliver(10, 11);
    await run();
    expect(await names()).toEqual([MERGED[0]?.replace('0-9_7', '0-19_17'), MERGED[2]?.replace('0-9', '0-19')]);
    expect(await reader.sequences()).toEqual(numbers(0, 19));
  });

  test('an open day is not looked at', async () => {
    await writer.deliver(events(0, 2));
    await writer.deliver(events(3, 4));
    expect(await run()).toMatchObject({ days: 0, merged: [] });
  });

  test('other partitions and incarnations are merged apart, other hubs and strangers left', async () => {
    await fill();
    await writer.deliver(events(0, 2, {}, BEGIN), { partition: { ...PARTITION, partition: '7' } });
    await writer.deliver(events(3, 4, {}, BEGIN), { partition: { ...PARTITION, partition: '7' } });
    // Just behind this hub's events, those of another hub with the same partition.
    await writer.deliver(events(20, 22, {}, BEGIN), { partition: { ...PARTITION, hub: 'other' } });
    await reader.write(`bronze/postgresql/${DAY}/notes.txt`, 'a stranger');
    const report = await run();
    expect(report.left.map(({ reason, partition }) => ({ reason, partition }))).toEqual(
      expect.arrayContaining([
        { reason: 'stranger', partition: null },
        { reason: 'not_covered', partition: '3' },
        { reason: 'good', partition: '7' },
      ]),
    );
    expect(await names()).toEqual(expect.arrayContaining([...MERGED, `bronze/postgresql/${DAY}/data_7_0-4_5.json`]));
  });

  test.each<[string, (path: string, bytes: Buffer) => Promise<void>, string]>([
    ['a line too few', (path, bytes) => reader.write(path, bytes.subarray(bytes.indexOf(0x0a) + 1)), 'file_damaged'],
    ['a last line that is cut', (path, bytes) => reader.write(path, bytes.subarray(0, -1)), 'file_damaged'],
    [
      'lines of another hub',
      (path, bytes) => reader.write(path, bytes.toString().replaceAll('"changes"', '"others"')),
      'another_hub',
    ],
    [
      'lines of a newer format',
      (path, bytes) => reader.write(path, bytes.toString().replaceAll('{"format":1,', '{"format":2,')),
      'newer_format',
    ],
  ])('a file with %s is left, and told, and its neighbours merged', async (_, damage, reason) => {
    await fill();
    await deliver(20, 24);
    await deliver(25, 29);
    const path = (await reader.visible()).find((each) => each.includes('_14-19_')) ?? '';
    await damage(path, await reader.bytes(path));
    expect((await run()).left).toContainEqual(expect.objectContaining({ reason, files: 1, detail: path }));
    expect(await reader.visible()).toContain(path);
    expect(await names()).toContain(`bronze/postgresql/${DAY}/data_3_20-29_10.json`);
    expect((await run()).merged).toEqual([]);
  });

  test('whose first file has lines of a newer format is merged behind it, and that file is left, byte for byte', async () => {
    await fill();
    const path = (await reader.visible()).find((each) => each.includes('_0-2_')) ?? '';
    const newer = '{"format":2,"another":"form"}\n';
    await reader.write(path, newer);
    const report = await run();
    expect(report.left).toContainEqual(
      expect.objectContaining({ reason: 'newer_format', files: 1, detail: path, partition: '3' }),
    );
    expect((await reader.bytes(path)).toString()).toBe(newer);
    expect(await names()).toContain(`bronze/postgresql/${DAY}/data_3_3-9_4.json`);
    expect((await run()).merged).toEqual([]);
  });

  test('without its ledger, or with one that calls a number missing, it is left', async () => {
    await fill();
    const ledger = '_system/ledger/example.servicebus.windows.net/changes/1/3.json';
    const text = (await reader.bytes(ledger)).toString();
    await reader.remove(ledger);
    expect((await run()).left).toContainEqual(expect.objectContaining({ reason: 'ledger_missing', files: 7 }));
    await reader.write(ledger, text.replace('"first": "10"', '"first": "9"'));
    expect((await run()).left).toContainEqual(expect.objectContaining({ reason: 'not_covered', files: 1 }));
    expect(await names()).toContain(`bronze/postgresql/${DAY}/data_3_0-7_5.json`);
    expect(await reader.sequences()).toEqual(FILLED);
  });
});

describe('a large day', () => {
  test('of many small files is doubled only between rename and the last deletion, which is measured', async () => {
    const instances = Array.from({ length: 150 }, (_, i) => i * 2);
    for (const first of instances) await deliver(first, first + 1);
    let pausedWith: number | null = null;
    const sleep = async (ms: number): Promise<void> => {
      pausedWith = ms;
      // The merged file is there, and so is every input.
      expect(await reader.sequences()).toEqual([...numbers(0, 299), ...numbers(0, 299)].sort((a, b) => a - b));
    };
    const room = await openRoom({ sleep });
    const { merged } = await optimise('postgresql', room, { pauseMs: 1_234, maxRuns: 150 });
    expect(pausedWith).toBe(1_234);
    expect(merged).toMatchObject([{ inputs: 150 }]);
    expect(merged[0]?.doubledMs).toBeGreaterThan(0);
    expect(merged[0]?.doubledMs).toBeLessThan(20_000);
    expect(await reader.sequences()).toEqual(numbers(0, 299));
  });

  test('whose merged file and inputs lie pages of a listing apart is doubled for longer: a reader has to turn them', async () => {
    for (let i = 0; i < 4; i += 1) await deliver(i * 2, i * 2 + 1);
    const paused: number[] = [];
    const sleep = (ms: number): Promise<void> => Promise.resolve(void paused.push(ms));
    const room = await openRoom({ sleep });
    // Between these four names there are 9,000 others.
    const files: MaintenanceLake = {
      ...room.files,
      async *list(folder) {
        for await (const file of room.files.list(folder)) {
          for (let i = 0; i < 3_000 && file.path.includes('bronze'); i += 1) yield { ...file, path: `${folder}/${i}` };
          yield file;
        }
      },
    };
    const { merged } = await optimise('postgresql', { ...room, files }, { pauseMs: 10 });
    expect(merged).toHaveLength(1);
    expect(paused).toEqual([20]);
    expect(await reader.sequences()).toEqual(numbers(0, 7));
  });

  test('is merged in portions where memory is short, then once more, and ends as one file', async () => {
    for (let i = 0; i < 90; i += 1) await deliver(i * 2, i * 2 + 1);
    const { merged } = await run({ maxHeldFiles: 30 });
    expect(merged.length).toBeGreaterThan(4);
    expect(await names()).toEqual([`bronze/postgresql/${DAY}/data_3_0-179_180.json`]);
    expect(await reader.sequences()).toEqual(numbers(0, 179));
  });

  test('comes after a later one: what a run has no time for is done next, not what was done before', async () => {
    await deliver(0, 1);
    await deliver(2, 3);
    await writer.deliver(events(4, 5, {}, BEGIN + DAY_MS));
    await writer.deliver(events(6, 7, {}, BEGIN + DAY_MS));
    const { merged } = await run();
    expect(merged.map(({ first }) => first)).toEqual(['4', '0']);
  });

  test('is merged in blocks, up to the target', async () => {
    const body = Buffer.from(JSON.stringify({ text: 'x'.repeat(700_000) }));
    for (let i = 0; i < 6; i += 1) await deliver(i * 6, i * 6 + 5, { body });
    lake.proxy.forgetRequests();
    const report = await run({ targetBytes: 18 << 20 });
    expect(report.merged.map(({ inputs }) => inputs)).toEqual([4, 2]);
    expect(lake.proxy.requests.filter(({ operation }) => operation === 'putBlock').length).toBeGreaterThan(2);
    expect(await reader.sequences()).toEqual(numbers(0, 35));
  });

  test('stops when the time is up, leaves no plan, and goes on the next time', async () => {
    await fill();
    let asked = 0;
    // The time is up in the midst of the first group.
    const clock = { now: () => ((asked += 1) > 8 ? Date.now() + DAY_MS : Date.now()) };
    const report = await optimise('postgresql', await openRoom({ clock }));
    expect(report.isOutOfTime).toBe(true);
    expect(report.left).toContainEqual(expect.objectContaining({ reason: 'out_of_time' }));
    expect(await reader.paths('_system/optimise')).toEqual([]);
    expect(await reader.sequences()).toEqual(FILLED);
    await run();
    await expectMerged();
  });
});

describe('a plan that is found', () => {
  /** An optimiser that dies at its n-th deletion of an input (or of the plan, which is the last). */
  async function dieAt(operation: Operation, skip: number): Promise<void> {
    lake.proxy.add({
      operation,
      path: operation === 'rename' ? 'optimise' : 'bronze/',
      skip,
      times: Infinity,
      action: status(403),
    });
    await run();
    lake.proxy.clear();
  }

  test.each<[Operation, number]>([
    ['rename', 0],
    ['rename', 1],
    ['deletePath', 0],
    ['deletePath', 2],
  ])('after its author failed at %s %i, is finished by the next run', async (operation, skip) => {
    await fill();
    await dieAt(operation, skip);
    expect(await reader.paths('_system/optimise')).toHaveLength(1);
    expect(new Set(await reader.sequences())).toEqual(new Set(FILLED));
    expect((await run()).finishedForOthers).toBe(1);
    await expectMerged();
  });

  test('whose staged file is lost is given up, and made anew', async () => {
    await fill();
    await dieAt('rename', 0);
    for (const path of await reader.paths('_system/staging')) await reader.remove(path);
    await run();
    await expectMerged();
  });

  test('whose input somebody deleted is left with all it has: the staged file is the last copy', async () => {
    await fill();
    await dieAt('rename', 0);
    const input = (await reader.visible()).find((path) => path.includes('_0-2_')) ?? '';
    await reader.remove(input);
    expect((await run()).left).toContainEqual(expect.objectContaining({ reason: 'plan_broken' }));
    expect(await reader.paths('_system/staging')).toHaveLength(2);
    expect(await reader.paths('_system/optimise')).toHaveLength(1);
  });

  test('whose input holds other bytes since is not carried out on that file', async () => {
    await fill();
    await dieAt('deletePath', 0);
    const input = (await reader.visible()).find((path) => path.includes('_0-2_')) ?? '';
    await reader.write(input, 'other bytes\n');
    expect((await run()).left).toContainEqual(expect.objectContaining({ reason: 'plan_broken' }));
    expect(await reader.visible()).toContain(input);
  });

  test('whose output name is taken by other bytes deletes nothing', async () => {
    await fill();
    await dieAt('rename', 0);
    const before = await reader.visible();
    const plan = (await reader.json((await reader.paths('_system/optimise'))[0] ?? '')) as {
      outputs: { path: string }[];
    };
    await reader.write(plan.outputs[0]?.path ?? '', 'a stranger\n');
    expect((await run()).left).toContainEqual(expect.objectContaining({ reason: 'plan_broken' }));
    expect(await reader.visible()).toEqual(expect.arrayContaining(before));
  });

  test('that is no plan authorises nothing', async () => {
    await fill();
    await reader.write(`_system/optimise/postgresql/${DAY.replaceAll('/', '-')}/3.json`, '{"format":1}');
    expect((await run()).left).toContainEqual(expect.objectContaining({ reason: 'plan_unreadable' }));
    expect(await reader.sequences()).toEqual(FILLED);
  });
});

describe('the wire fails', () => {
  const merging: readonly Operation[] = ['putBlock', 'putBlockList', 'putBlob', 'rename', 'deletePath', 'getBlob'];
  const faults: readonly [string, () => FaultAction][] = [
    ['the answer is lost', loseAnswer],
    ['the request never arrives', cut],
    ['the service is busy', () => status(503)],
    ['the request arrives late', late],
  ];
  const cases = merging.flatMap((operation) => faults.map(([name, action]) => [operation, name, action] as const));

  test.each(cases)('%s: %s, once each, and the day is merged', async (operation, _, action) => {
    await fill();
    const fault = lake.proxy.add({ operation, times: 1, action: action() });
    await run();
    fault.release();
    await run();
    await expectMerged();
    expect(fault.hits).toBe(1);
  });

  test('two at once, and a reader who looks all the while', async () => {
    await fill();
    const done = new AbortController();
    const looking = (async () => {
      let looks = 0;
      while (!done.signal.aborted) {
        // Names are a proof: what they cover never shrinks.
        const found = new Set<number>();
        for (const path of await reader.visible()) {
          const [, first = 0, last = 0] = (/_(\d+)-(\d+)_\d+\.json$/.exec(path) ?? []).map(Number);
          for (const number of numbers(first, last)) found.add(number);
        }
        expect([...found].sort((a, b) => a - b)).toEqual(FILLED);
        looks += 1;
      }
      return looks;
    })();
    await Promise.all([run(), run()]);
    done.abort();
    expect(await looking).toBeGreaterThan(0);
    await run();
    await expectMerged();
  });

  test('one that wakes up after its day was merged by others, and merged again, brings nothing back', async () => {
    await fill();
    const held = lake.proxy.add({ operation: 'putBlob', path: '_system/optimise/', action: hold() });
    const slow = run();
    await held.reached;
    await run();
    await deliver(10, 11);
    await run();
    held.release();
    await slow;
    expect(await reader.sequences()).toEqual(numbers(0, 19));
    expect(await reader.paths('_system/optimise')).toEqual([]);
  });
});
