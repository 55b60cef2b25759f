import { events, openInstance, PARTITION, type Instance } from '../support/instance';
import { rebuildLedger } from '../../src/lib/ledger/rebuild';
import { type Lake } from '../../src/lib/ledger/port';
import { LakeReader, numbers } from '../support/reader';
import { startLake, type TestLake } from '../support/storage';
import { land } from '../../src/lib/land';

let lake: TestLake;
let reader: LakeReader;
beforeAll(async () => {
  lake = await startLake();
  reader = new LakeReader(lake.directConnectionString);
});
afterAll(() => lake.dispose());

test('rebuilding to nothing does not remove a ledger that was replaced meanwhile', async () => {
  const slow = await openInstance(lake.connectionString);
  await slow.deliver(events(0, 4));
  // All of the partition was deleted on purpose; the operator rebuilds while a writer with the cached ledger commits.
  for (const path of await reader.visible()) await reader.remove(path);
  const direct: Instance = await openInstance(lake.directConnectionString);
  let landing: Promise<unknown> = Promise.resolve();
  const racing: Lake = {
    ...direct.lake,
    remove: async (path, etag) => {
      if (path.startsWith('_system/ledger/')) {
        // The writer's swap wins; its rename is on its way.
        await new Promise<void>((swapped) => {
          const room = {
            ...slow.room,
            lakeWithin: (signal: AbortSignal) => {
              const real = slow.room.lakeWithin(signal);
              return {
                ...real,
                rename: async (from: string, to: string) => {
                  swapped();
                  await gate;
                  return await real.rename(from, to);
                },
              };
            },
          };
          landing = Promise.resolve(
            land(
              'postgresql',
              { ...PARTITION, consumerGroup: 'lake', events: events(5, 9) },
              room,
              new AbortController().signal,
            ),
          );
          landing.catch(() => undefined);
        });
      }
      return await direct.lake.remove(path, etag);
    },
  };
  let open: () => void = () => undefined;
  const gate = new Promise<void>((r) => (open = r));
  await rebuildLedger(racing, { ...PARTITION, source: 'postgresql', incarnation: 1 }, direct.room);
  // The partition goes to another instance, which is handed 5-7, then 8-9.
  const other = await openInstance(lake.directConnectionString);
  await other.deliver(events(5, 7));
  await other.deliver(events(8, 9));
  open();
  await landing.catch(() => undefined);
  expect(await reader.sequences()).toEqual(numbers(5, 9));
});
