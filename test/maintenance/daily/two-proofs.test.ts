import { type HubProgress } from '../../../src/lib/hub/progress';
import { type Lake } from '../../../src/lib/ledger/port';
import { PipelineError } from '../../../src/lib/errors';
import { runDaily } from '../../../src/lib/maintenance/daily/daily';
import { type DailyReport } from '../../../src/lib/maintenance/daily/report';
import { DAY_MS } from '../../../src/lib/time';
import { events, NOON, openInstance, PARTITION, type Instance } from '../../support/instance';
import { LakeReader } from '../../support/reader';
import { startLake, type TestLake } from '../../support/storage';

/** Two daily runs at once, as where one has lost its lock: the one that looked first ends last. */

const HOUR_MS = 3_600_000;
const BEGIN = NOON - 3 * DAY_MS;
const DAY = new Date(BEGIN).toISOString().slice(0, 10);
const MARKER = `_system/complete/postgresql/${DAY.replaceAll('-', '/')}.json`;
const SUMMARY = '_system/complete/postgresql.json';

let lake: TestLake;
let reader: LakeReader;
let instance: Instance;

beforeEach(async () => {
  lake = await startLake();
  reader = new LakeReader(lake.connectionString);
  instance = await openInstance(lake.connectionString, { retentionDays: 7 });
  await instance.deliver(events(0, 4, {}, BEGIN));
  await instance.deliver(events(5, 9, {}, BEGIN));
  await run(instance.lake, NOON - HOUR_MS);
});
afterEach(() => lake[Symbol.asyncDispose]());

const HUB: HubProgress = {
  createdAt: BEGIN - DAY_MS,
  partitions: [{ partition: '3', last: 9n, lastEnqueuedAt: BEGIN, begin: 0n, isEmpty: false }],
};

const run = (through: Lake, now: number): Promise<DailyReport> =>
  runDaily({
    lake: through,
    clock: { now: () => now },
    sleep: () => Promise.resolve(),
    hubs: {
      postgresql: { namespace: PARTITION.namespace, hub: PARTITION.hub },
      mongodb: { namespace: PARTITION.namespace, hub: 'documents' },
    },
    askHub: (source) =>
      source === 'postgresql' ? Promise.resolve(HUB) : Promise.reject(new PipelineError('EVENT_HUBS_FAILED', 'none')),
    checkpoints: null,
    repair: () => Promise.resolve([]),
  });

/** The lake as a run sees it in which `act` happens just before it looks for what is told of the day: its proof is made by then. */
function interrupted(act: () => Promise<void>): Lake {
  let isDone = false;
  return {
    ...instance.lake,
    read: async (path) => {
      if (path === MARKER && !isDone) {
        isDone = true;
        await act();
      }
      return await instance.lake.read(path);
    },
  };
}

async function removeFirstFile(): Promise<void> {
  const [path = ''] = await reader.visible();
  await reader.remove(path);
}

test('the older proof leaves the marker and the summary of the newer one', async () => {
  const older = await run(
    interrupted(async () => {
      await removeFirstFile();
      await run(instance.lake, NOON + 60_000);
    }),
    NOON,
  );
  expect(older.sources[0]?.daysLeft).toContainEqual({ day: DAY, why: 'overtaken' });
  expect(await reader.json(MARKER)).toMatchObject({ complete: false, missing: { count: 5 } });
  expect(await reader.json(SUMMARY)).toMatchObject({ completeThrough: null });
});

test('also where the newer one has told nothing new of a day that is not whole', async () => {
  const [path = ''] = await reader.visible();
  await reader.move(path, 'set-aside');
  await run(instance.lake, NOON - 60_000);
  await reader.move('set-aside', path);
  // The older proof is of the moment at which the file was back.
  await run(
    interrupted(async () => {
      await reader.remove(path);
      await run(instance.lake, NOON + 60_000);
    }),
    NOON,
  );
  expect(await reader.json(MARKER)).toMatchObject({ complete: false, missing: { count: 5 } });
});
