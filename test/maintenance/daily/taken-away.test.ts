import { randomUUID } from 'node:crypto';
import { type HubProgress } from '../../../src/lib/hub/progress';
import { rebuildLedger } from '../../../src/lib/ledger/rebuild';
import { PipelineError } from '../../../src/lib/errors';
import { runDaily } from '../../../src/lib/maintenance/daily/daily';
import { type DailyRoom } from '../../../src/lib/maintenance/daily/room';
import { DAY_MS } from '../../../src/lib/time';
import { events, NOON, openInstance, PARTITION, type Instance } from '../../support/instance';
import { LakeReader } from '../../support/reader';
import { startLake, type TestLake } from '../../support/storage';

const BEGIN = NOON - 1 * DAY_MS;
const HOUR = 3_600_000;
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
const markerOf = (at: number): string => `_system/complete/postgresql/${dayOf(at).replaceAll('-', '/')}.json`;
let lake: TestLake;
let reader: LakeReader;
let instance: Instance;
let hub: HubProgress | PipelineError;
beforeEach(async () => {
  lake = await startLake();
  reader = new LakeReader(lake.connectionString);
  instance = await openInstance(lake.connectionString, { retentionDays: 7 });
});
afterEach(() => lake[Symbol.asyncDispose]());
const unreachable = new PipelineError('EVENT_HUBS_FAILED', 'nobody answers');
const room = (): DailyRoom => ({
  lake: instance.lake,
  clock: { now: () => NOON - 8 * HOUR },
  sleep: () => Promise.resolve(),
  hubs: {
    postgresql: { namespace: PARTITION.namespace, hub: PARTITION.hub },
    mongodb: { namespace: PARTITION.namespace, hub: 'documents' },
  },
  askHub: (s) => (s === 'mongodb' || hub instanceof PipelineError ? Promise.reject(unreachable) : Promise.resolve(hub)),
  checkpoints: null,
  repair: () => Promise.resolve([]),
});

test('a marker of a day whose end was taken away is not written anew as complete', async () => {
  hub = {
    createdAt: BEGIN - DAY_MS,
    partitions: [{ partition: '3', last: 9n, lastEnqueuedAt: BEGIN + HOUR, begin: 0n, isEmpty: false }],
  };
  await instance.deliver(events(0, 4, {}, BEGIN));
  await instance.deliver(events(5, 9, {}, BEGIN + HOUR));
  await runDaily(room());
  expect(await reader.json(markerOf(BEGIN))).toMatchObject({ complete: true, events: 10 });
  const path = (await reader.visible()).find((p) => p.includes('_5-9_')) as string;
  await reader.remove(path);
  await rebuildLedger(
    instance.lake,
    { ...PARTITION, incarnation: 1, source: 'postgresql' },
    { clock: { now: () => Date.now() }, newId: randomUUID },
  );
  await runDaily(room());
  expect(await reader.json(markerOf(BEGIN))).not.toMatchObject({ complete: true });
  // and stays so until the hub's events are there again
  await runDaily(room());
  expect(await reader.json(markerOf(BEGIN))).not.toMatchObject({ complete: true });
  await instance.deliver(events(5, 9, {}, BEGIN + HOUR)).catch(() => undefined);
  instance = await openInstance(lake.connectionString, { retentionDays: 7 });
  await instance.deliver(events(5, 9, {}, BEGIN + HOUR));
  await runDaily(room());
  expect(await reader.json(markerOf(BEGIN))).toMatchObject({ complete: true, events: 10 });
});

test('a hub that cannot be asked may have partitions without a ledger: no day is marked as complete', async () => {
  // Partition 4 of the hub has events of BEGIN, and no ledger: its function is stuck.
  await instance.deliver(events(0, 4, {}, BEGIN - DAY_MS));
  await instance.deliver(events(5, 9, {}, BEGIN + HOUR));
  hub = unreachable;
  await runDaily(room());
  expect(await reader.paths('_system/complete')).not.toContain(markerOf(BEGIN - DAY_MS));
});
