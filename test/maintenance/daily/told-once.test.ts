import { type HubProgress } from '../../../src/lib/hub/progress';
import { PipelineError } from '../../../src/lib/errors';
import { closeOpen } from '../../../src/lib/maintenance/repair/close';
import { runDaily } from '../../../src/lib/maintenance/daily/daily';
import { type DailyRoom } from '../../../src/lib/maintenance/daily/room';
import { DAY_MS } from '../../../src/lib/time';
import { events, NOON, openInstance, PARTITION } from '../../support/instance';
import { startLake } from '../../support/storage';

test('a loss whose closing was not told, because its run was killed, is told by the next', async () => {
  const lake = await startLake();
  const instance = await openInstance(lake.connectionString, { retentionDays: 7 });
  const BEGIN = NOON - 3 * DAY_MS;
  const hub: HubProgress = {
    createdAt: BEGIN - DAY_MS,
    partitions: [{ partition: '3', last: 9n, lastEnqueuedAt: BEGIN + 9_000, begin: 0n, isEmpty: false }],
  };
  let die = false;
  const clock = { now: () => NOON };
  const room: DailyRoom = {
    lake: instance.lake,
    clock,
    sleep: () => Promise.resolve(),
    hubs: {
      postgresql: { namespace: PARTITION.namespace, hub: PARTITION.hub },
      mongodb: { namespace: PARTITION.namespace, hub: 'documents' },
    },
    askHub: (s) =>
      s === 'mongodb' ? Promise.reject(new PipelineError('EVENT_HUBS_FAILED', 'nobody')) : Promise.resolve(hub),
    checkpoints: null,
    repair: async () => {
      if (!die) return [];
      await closeOpen(
        instance.lake,
        { ...PARTITION, incarnation: 1 },
        [{ outcome: 'expired', ranges: [{ first: 3n, last: 5n }] }],
        clock,
      );
      throw new Error('killed');
    },
  };
  await instance.deliver(events(0, 2, {}, BEGIN));
  await instance.deliver(events(6, 9, {}, BEGIN));
  await runDaily(room);
  die = true;
  await runDaily(room).catch(() => undefined);
  die = false;
  const next = await runDaily(room);
  expect(next.ok).toBe(false);
  expect((await runDaily(room)).ok).toBe(true);
  await lake[Symbol.asyncDispose]();
});
