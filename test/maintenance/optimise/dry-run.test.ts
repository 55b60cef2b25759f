import { status, type Operation } from '../../../local/storage/faults';
import { optimise } from '../../../src/lib/maintenance/optimise/optimise';
import { type OptimiseReport } from '../../../src/lib/maintenance/optimise/report';
import { type OptimiseOptions } from '../../../src/lib/maintenance/optimise/room';
import { DAY_MS, dayFolder } from '../../../src/lib/time';
import { events, NOON, openInstance, type Instance } from '../../support/instance';
import { LakeReader } from '../../support/reader';
import { startLake, type TestLake } from '../../support/storage';
import { openOptimiseRoom } from './rig';

/** A dry run tells what a run would do, and touches nothing. */

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

const run = async (changes: Partial<OptimiseOptions> = {}): Promise<OptimiseReport> =>
  optimise('postgresql', await openOptimiseRoom(lake.connectionString), changes);

const deliver = (first: number, last: number, text?: string): Promise<unknown> =>
  writer.deliver(events(first, last, text === undefined ? {} : { body: Buffer.from(text) }, BEGIN));

/** Every file of the lake with its bytes. */
async function everything(): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  for (const folder of ['bronze', 'quarantine', '_system']) {
    for (const path of await reader.paths(folder)) all.set(path, (await reader.bytes(path)).toString());
  }
  return all;
}

const READING = new Set<Operation>(['list', 'getBlob', 'getBlobProperties']);

test('what is told is what is done, and until then nothing is written, a pending file included', async () => {
  await deliver(0, 2);
  await deliver(3, 4, 'no JSON');
  await deliver(5, 9);
  await deliver(12, 13);
  const before = await everything();
  expect([...before].some(([path, text]) => path.includes('_system/ledger') && text.includes('staged'))).toBe(true);
  lake.proxy.forgetRequests();
  const dry = await run({ dryRun: true });
  expect(lake.proxy.requests.filter(({ operation }) => !READING.has(operation))).toEqual([]);
  expect(await everything()).toEqual(before);
  expect(dry).toMatchObject({ dryRun: true, days: 1, files: 4, merged: [], unfinished: [], isOutOfTime: false });
  expect(dry.left).toMatchObject([{ reason: 'good', files: 1 }]);

  const { merged, totals, planned } = await run();
  expect(planned).toEqual([]);
  expect(merged).toEqual(dry.planned.map((one) => ({ ...one, doubledMs: expect.any(Number) as number })));
  expect(dry.totals).toEqual(totals);
  expect(dry.totals).toMatchObject({ plans: 1, inputs: 3, outputs: 2 });
  expect((await run({ dryRun: true })).planned).toEqual([]);
});

test('a plan that a run has left is told, and its partition is not planned over it', async () => {
  await deliver(0, 2);
  await deliver(3, 4);
  lake.proxy.add({ operation: 'rename', path: 'optimise', times: Infinity, action: status(403) });
  await run();
  lake.proxy.clear();
  const before = await everything();
  const dry = await run({ dryRun: true });
  expect(dry.unfinished).toMatchObject([{ day: DAY, partition: '3', first: '0', last: '4', inputs: 2 }]);
  expect(dry.planned).toEqual([]);
  expect(dry.left).toMatchObject([{ reason: 'plan_unfinished', files: 2 }]);
  expect(await everything()).toEqual(before);
  expect((await run()).finishedForOthers).toBe(1);
});

test('a plan that cannot be read, files without a ledger and strangers are told as a run tells them', async () => {
  await deliver(0, 2);
  await deliver(3, 4);
  await reader.write(`bronze/postgresql/${DAY}/notes.txt`, 'a stranger');
  await reader.remove((await reader.paths('_system/ledger'))[0] ?? '');
  expect((await run({ dryRun: true })).left).toMatchObject([
    { reason: 'stranger' },
    { reason: 'ledger_missing', files: 2 },
  ]);
  await reader.write(`_system/optimise/postgresql/${DAY.replaceAll('/', '-')}/3.json`, '{"format":1}');
  expect((await run({ dryRun: true })).left).toMatchObject([
    { reason: 'plan_unreadable' },
    { reason: 'stranger' },
    { reason: 'plan_unfinished', files: 2 },
  ]);
});

test('of a thousand mergings and more, the first thousand are told one by one, and all are counted', async () => {
  const room = await openOptimiseRoom(lake.connectionString);
  // Pairs of files with a hole behind each.
  await deliver(0, 0);
  const head = await reader.bytes((await reader.visible())[0] ?? '');
  const ledger = (await reader.json((await reader.paths('_system/ledger'))[0] ?? '')) as object;
  await reader.write(
    (await reader.paths('_system/ledger'))[0] ?? '',
    JSON.stringify({ ...ledger, last: '9999', pending: [], gaps: [] }),
  );
  const stamp = (sequence: number): string => new Date(BEGIN + sequence).toISOString().replace(/[-:.]/g, '');
  const files = {
    ...room.files,
    async *list(folder: string) {
      if (!folder.startsWith('bronze')) return;
      for (let i = 0; i < 1_200; i += 1) {
        for (const first of [i * 3, i * 3 + 1]) {
          const path = `${folder}/data_${stamp(first)}_3_${first}-${first}_1.json`;
          yield await Promise.resolve({ path, bytes: 10, etag: '"e"', modifiedAt: 0 });
        }
      }
    },
  };
  const lakeOfHeads = { ...room.lake, readHead: () => Promise.resolve(head) };
  const dry = await optimise('postgresql', { ...room, files, lake: lakeOfHeads }, { dryRun: true });
  expect(dry.planned).toHaveLength(1_000);
  expect(dry.totals).toEqual({ plans: 1_200, inputs: 2_400, outputs: 1_200, bytes: 24_000 });
});
