import { randomUUID } from 'node:crypto';
import { hold, status } from '../../../local/storage/faults';
import { systemClock } from '../../../src/lib/clock';
import { Secret } from '../../../src/lib/config/secret';
import { PipelineError } from '../../../src/lib/errors';
import { serviceTime } from '../../../src/lib/lake/azure-clock';
import { azureLake } from '../../../src/lib/lake/azure-lake';
import { azureLedgerMover } from '../../../src/lib/lake/azure-ledger-mover';
import { azureLock } from '../../../src/lib/lake/azure-lock';
import { azureMaintenanceLake } from '../../../src/lib/lake/azure-maintenance-lake';
import { openClients } from '../../../src/lib/lake/clients';
import { type CheckpointBlobs, type Namespace } from '../../../src/lib/maintenance/checkpoints/port';
import { withLock } from '../../../src/lib/maintenance/lock';
import { readRun } from '../../../src/lib/maintenance/record';
import { failureOf, type WeeklyReport } from '../../../src/lib/maintenance/weekly/report';
import { type WeeklyOptions, type WeeklyRoom } from '../../../src/lib/maintenance/weekly/room';
import { runWeekly } from '../../../src/lib/maintenance/weekly/weekly';
import { DAY_MS } from '../../../src/lib/time';
import { events, NOON, openInstance } from '../../support/instance';
import { LakeReader, numbers } from '../../support/reader';
import { startLake, type TestLake } from '../../support/storage';

/** The weekly run as a whole, on a lake of ten days ago, through the real SDKs. The namespace is told what to answer. */

let lake: TestLake;
let reader: LakeReader;

const BEGIN = NOON - 10 * DAY_MS;
const LEDGER = '_system/ledger/example.servicebus.windows.net/changes/1/3.json';
const ARCHIVED = LEDGER.replace('ledger/', 'ledger-archive/');
const DEBRIS =
  '_system/staging/example.servicebus.windows.net/changes/1/3/dead-0_bronze_data_20261122T000000000Z_3_900-901_2.json';
const LOCK = '_system/maintenance/weekly.lock';
const RECORD = '_system/maintenance/weekly.json';

beforeAll(async () => {
  lake = await startLake();
  reader = new LakeReader(lake.directConnectionString);
});
afterAll(() => lake.dispose());

beforeEach(async () => {
  lake.proxy.clear();
  await reader.clear();
});

const OPTIONS: WeeklyOptions = {
  ...{ dryRun: false, budgetMs: 600_000, targetBytes: 128 << 20, closedAfterMs: DAY_MS },
  ...{ retentionMs: 7 * DAY_MS, confirmAfterMs: 0 },
};

const GONE: Namespace = {
  hub: (hub) => Promise.resolve(hub === 'other' ? { answer: 'there', partitions: ['0'] } : { answer: 'gone' }),
  group: () => Promise.resolve({ answer: 'there' }),
};

async function openRoom(changes: Partial<WeeklyRoom> = {}): Promise<WeeklyRoom> {
  const access = { kind: 'connectionString', connectionString: new Secret(lake.connectionString) } as const;
  const clients = await openClients(access, 'data', () => Promise.reject(new Error('no identity is needed here')));
  const blobs: CheckpointBlobs = {
    ...({ async *pages() {} } as Pick<CheckpointBlobs, 'pages'>),
  } as CheckpointBlobs;
  return {
    lock: azureLock(clients, { requestMs: 10_000, holder: { host: 'test', processId: 1 }, now: () => Date.now() }),
    toolsWithin: (signal) => ({
      lake: azureLake(clients, 10_000, signal),
      files: azureMaintenanceLake(clients, 10_000, signal),
      mover: azureLedgerMover(clients, 10_000, signal),
      serviceNow: async () => (await serviceTime(clients, 10_000, signal)) + 3 * DAY_MS,
      openCheckpoints: () => Promise.resolve(blobs),
    }),
    namespace: GONE,
    scope: { namespace: 'example.servicebus.windows.net', hubs: ['changes', 'other'], consumerGroup: 'lake' },
    clock: systemClock,
    newId: randomUUID,
    sleep: () => Promise.resolve(),
    tell: () => undefined,
    ...changes,
  };
}

async function run(changes: Partial<WeeklyOptions> = {}, room: Partial<WeeklyRoom> = {}): Promise<WeeklyReport> {
  const report = await runWeekly(await openRoom(room), { ...OPTIONS, ...changes });
  if (report === 'taken') throw new Error('another run is under way');
  return report;
}

/** Three small files of a closed day, of a hub that is gone, and debris. */
async function fill(): Promise<void> {
  const writer = await openInstance(lake.connectionString, { retentionDays: 14 });
  for (const [first, last] of [
    [0, 4],
    [5, 9],
    [10, 14],
  ] as const)
    await writer.deliver(events(first, last, {}, BEGIN));
  await reader.write(DEBRIS, 'debris');
}

test('debris goes, closed days are merged, the ledger of a hub that is gone is archived, and the run is on record', async () => {
  await fill();
  const report = await run();
  expect(report).toMatchObject({
    ...{ dryRun: false, outcome: 'done' },
    cleanCheckpoints: { did: 'done', report: { toArchive: [{ hub: 'changes' }] } },
    sweep: { did: 'done', report: { removed: { files: 1 } } },
    optimisePostgresql: { did: 'done', report: { totals: { inputs: 3, outputs: 1 } } },
    optimiseMongodb: { did: 'done', report: { files: 0 } },
    archive: { did: 'done', report: { archived: [ARCHIVED], kept: [] } },
  });
  expect(failureOf(report)).toBeNull();
  expect(await reader.sequences()).toEqual(numbers(0, 14));
  expect(await reader.visible()).toHaveLength(1);
  expect(await reader.paths('_system')).toEqual([ARCHIVED, RECORD, LOCK]);
  const record = await readRun((await openInstance(lake.connectionString)).lake, 'weekly');
  expect(record).toMatchObject({
    ...{ startedAt: report.startedAt, endedAt: report.endedAt, outcome: 'done' },
    summary: { sweep: { did: 'done', removed: { files: 1, bytes: 6 } }, archive: { archived: 1 } },
  });
});

test('a second run finds nothing to do', async () => {
  await fill();
  await run();
  const before = await reader.paths('');
  expect(await run()).toMatchObject({
    outcome: 'done',
    sweep: { report: { removed: { files: 0 } } },
    optimisePostgresql: { report: { totals: { inputs: 0 } } },
    archive: { report: { archived: [], kept: [] } },
  });
  expect(await reader.paths('')).toEqual(before);
});

test('a dry run tells what it would do, and changes nothing but the lock', async () => {
  await fill();
  const before = (await reader.paths('')).filter((path) => path !== LOCK);
  expect(await run({ dryRun: true })).toMatchObject({
    dryRun: true,
    sweep: { report: { dryRun: true, removed: { files: 1 } } },
    optimisePostgresql: { report: { dryRun: true } },
    archive: { report: { dryRun: true } },
  });
  expect((await reader.paths('')).filter((path) => path !== LOCK)).toEqual(before);
});

test('a step that fails is told, stops no other, and fails the run', async () => {
  await fill();
  lake.proxy.add({ operation: 'list', path: '_system/staging', times: Infinity, action: status(403) });
  const report = await run();
  expect(report).toMatchObject({
    outcome: 'failed',
    cleanCheckpoints: { did: 'done' },
    sweep: { did: 'failed', error: expect.stringContaining('STORAGE_FAILED') as string },
    optimisePostgresql: { did: 'done', report: { totals: { inputs: 3 } } },
    archive: { did: 'done', report: { archived: [ARCHIVED] } },
  });
  const failure = failureOf(report);
  expect(failure).toBeInstanceOf(PipelineError);
  expect(failure).toMatchObject({ code: 'MAINTENANCE_FAILED', retryable: true });
  expect(failure?.message).toContain('sweep: STORAGE_FAILED');
  expect(await reader.json(RECORD)).toMatchObject({ outcome: 'failed' });
});

test('where it was not asked which hubs are gone, nothing is archived', async () => {
  await fill();
  const room = await openRoom();
  const openCheckpoints = (): Promise<never> => Promise.reject(new PipelineError('CONFIG_INVALID', 'no account'));
  const report = await run({}, { toolsWithin: (signal) => ({ ...room.toolsWithin(signal), openCheckpoints }) });
  expect(report).toMatchObject({ outcome: 'failed', archive: { did: 'skipped' }, sweep: { did: 'done' } });
  expect(await reader.paths('_system/ledger')).toEqual([LEDGER]);
});

test('the ledger of a hub of which files wait to be merged stays', async () => {
  await fill();
  await reader.write(
    `_system/optimise/postgresql/${new Date(BEGIN).toISOString().slice(0, 10)}/3.json`,
    '{"format":9}',
  );
  expect(await run()).toMatchObject({ archive: { report: { archived: [], kept: [{ why: 'not_optimised' }] } } });
});

test('without time all steps are begun and end at once; the next run goes on', async () => {
  await fill();
  const report = await run({ budgetMs: 0 });
  expect(report).toMatchObject({ outcome: 'out_of_time', sweep: { report: { lookedAt: 0 } } });
  expect(failureOf(report)).toBeNull();
  expect(await reader.json(RECORD)).toMatchObject({ outcome: 'out_of_time' });
  expect(await run()).toMatchObject({ outcome: 'done' });
});

test('checkpoints and debris take a third of the time each at most', async () => {
  let ms = 0;
  const clock = { now: (): number => ms };
  const room = await openRoom();
  const toolsWithin: WeeklyRoom['toolsWithin'] = (signal) => {
    const tools = room.toolsWithin(signal);
    // Every page of checkpoints takes a minute.
    const blobs = {
      async *pages() {
        for (;;) {
          ms += 60_000;
          await Promise.resolve();
          yield [];
        }
      },
    } as unknown as CheckpointBlobs;
    return { ...tools, openCheckpoints: () => Promise.resolve(blobs) };
  };
  const report = await run({ budgetMs: 30 * 60_000 }, { clock, toolsWithin });
  expect(report).toMatchObject({ outcome: 'out_of_time', cleanCheckpoints: { isOutOfTime: true } });
  expect(ms).toBe(10 * 60_000);
});

test('while one is under way another is told so, and does nothing', async () => {
  await fill();
  const room = await openRoom();
  const inside = await withLock(room.lock, 'weekly', async () => await runWeekly(await openRoom(), OPTIONS));
  expect(inside).toBe('taken');
  expect(await reader.paths('_system/staging')).toEqual([DEBRIS]);
  expect(await runWeekly(room, OPTIONS)).toMatchObject({ outcome: 'done' });
});

test('a run that loses its lock begins nothing more, and leaves the record to whoever has it', async () => {
  await fill();
  const held = lake.proxy.add({ operation: 'list', path: '_system/staging', times: 1, action: hold() });
  const abort = new AbortController();
  const lock: WeeklyRoom['lock'] = {
    take: () =>
      Promise.resolve({
        ...{ lastsMs: 60_000, renewEveryMs: 1 },
        renew: () => new Promise((resolve) => abort.signal.addEventListener('abort', () => resolve('lost'))),
        release: () => Promise.resolve(),
      }),
    holder: () => Promise.resolve(null),
  };
  const running = run({}, { lock });
  await held.reached;
  abort.abort();
  const report = await running;
  expect(report).toMatchObject({
    outcome: 'failed',
    sweep: { did: 'failed', error: expect.stringContaining('was lost') as string },
    optimisePostgresql: { did: 'failed' },
    archive: { did: 'failed' },
  });
  expect(await reader.json(RECORD)).toMatchObject({ outcome: 'running', endedTime: null });
  expect(await reader.paths('_system/staging')).toEqual([DEBRIS]);
});
