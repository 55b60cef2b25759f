import { type HubEvent } from '../../../src/lib/decode/event';
import { PipelineError } from '../../../src/lib/errors';
import { runDaily } from '../../../src/lib/maintenance/daily/daily';
import { type SourceReport } from '../../../src/lib/maintenance/daily/report';
import { DAY_MS } from '../../../src/lib/time';
import { events, NOON, openInstance, PARTITION, type Instance } from '../../support/instance';
import { LakeReader } from '../../support/reader';
import { startLake, type TestLake } from '../../support/storage';

/** A promotion of the secondary that had lost the newest events: the hub uses their numbers again. */

const BEGIN = NOON - 3 * DAY_MS;

let lake: TestLake;
let instance: Instance;

beforeEach(async () => {
  lake = await startLake();
  instance = await openInstance(lake.connectionString, { retentionDays: 7 });
  await instance.deliver(events(0, 9, {}, BEGIN));
});
afterEach(() => lake[Symbol.asyncDispose]());

async function run(inHub: readonly HubEvent[]): Promise<SourceReport> {
  const last = inHub.at(-1) as HubEvent;
  const partition = { partition: '3', last: last.sequence, begin: 0n, isEmpty: false };
  const { sources } = await runDaily({
    lake: instance.lake,
    clock: { now: () => NOON },
    sleep: () => Promise.resolve(),
    hubs: { postgresql: PARTITION, mongodb: { namespace: PARTITION.namespace, hub: 'documents' } },
    askHub: (source) =>
      source === 'postgresql'
        ? Promise.resolve({
            createdAt: BEGIN - DAY_MS,
            partitions: [{ ...partition, lastEnqueuedAt: last.enqueuedAt }],
          })
        : Promise.reject(new PipelineError('EVENT_HUBS_FAILED', 'none')),
    readEvent: (_, __, sequence) => Promise.resolve(inHub.find((event) => event.sequence === sequence) ?? null),
    checkpoints: null,
    repair: () => Promise.resolve([]),
  });
  return sources[0] as SourceReport;
}

test('the same event in the hub and in the lake: all is well', async () => {
  expect(await run(events(0, 9, {}, BEGIN))).toMatchObject({ ok: true, failures: [] });
});

test('the hub ends before what is in the lake, with another event of that number: no day is complete', async () => {
  const inHub = [...events(0, 4, {}, BEGIN), ...events(5, 7, { offset: 'other' }, BEGIN - 60_000)];
  const report = await run(inHub);
  expect(report).toMatchObject({ ok: false, completeThrough: null, daysMarked: [] });
  expect(report.why).toEqual([expect.stringContaining("the hub's event 7, of ")]);
  expect(await new LakeReader(lake.connectionString).paths('_system/complete/postgresql')).toEqual([]);
});

test('the hub that ends before what is in the lake with the same event has only lost the newer ones: they are in the lake', async () => {
  expect(await run(events(0, 7, {}, BEGIN))).toMatchObject({ ok: true });
});
