import { randomUUID } from 'node:crypto';
import { type HubReader } from '../../../src/lib/maintenance/repair/port';
import { rebuildLedger } from '../../../src/lib/ledger/rebuild';
import { numbers } from '../../support/reader';
import { OF, range, Rig } from './rig';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(() => rig.dispose());
beforeEach(() => rig.reset());

/** What the hub passes over: both gaps. */
const LACK = [...Array(10).keys()].flatMap((i) => [10 + i, 40 + i]);

/** A reader that never sees them, and tells at the end of each reading. */
function lacking(onRead: (nth: number) => Promise<void>): HubReader {
  const real = rig.hubReader;
  let nth = 0;
  return {
    facts: (hub, partition) => real.facts(hub, partition),
    async *read(of, signal) {
      for await (const batch of real.read(of, signal))
        yield batch.filter(({ sequence }) => !LACK.includes(Number(sequence)));
      await onRead((nth += 1));
    },
  };
}

test('rebuild-ledger beside the daily repair: what became a gap meanwhile, and was delivered, is not closed as absent', async () => {
  const sent = await rig.publish(60);
  await rig.deliver(sent.slice(0, 10), sent.slice(20, 40), sent.slice(50));
  await rig.repairOne(
    {},
    {
      reader: lacking(async (nth) => {
        if (nth !== 2) return;
        await rig.remove('_20-39_');
        await rebuildLedger(
          await rig.openLake(),
          { ...OF, incarnation: 1, source: 'postgresql' },
          { clock: { now: () => Date.now() }, newId: randomUUID },
        );
      }),
    },
  );
  expect((await rig.closed()).map(({ first, last }) => ({ first, last }))).not.toContainEqual(range(10, 49));
  await rig.repairOne();
  const seen = new Set((await rig.reader.sequences()).map(Number));
  expect(numbers(20, 39).filter((number) => !seen.has(number))).toEqual([]);
});

test('repair --reopen beside the daily repair: what it reopened, and was delivered, is not closed as absent', async () => {
  const sent = await rig.publish(60);
  await rig.deliver(sent.slice(0, 10), sent.slice(20, 40), sent.slice(50));
  await rig.remove('_20-39_');
  let done: () => void = () => undefined;
  const dailyDone = new Promise<void>((resolve) => (done = resolve));
  let reopening: Promise<unknown> = Promise.resolve();
  const real = rig.hubReader;
  await rig.repairOne(
    {},
    {
      reader: lacking(async (nth) => {
        if (nth !== 2) return;
        await new Promise<void>((started) => {
          reopening = rig.repairOne(
            { reopen: true },
            {
              reader: {
                facts: (hub, partition) => real.facts(hub, partition),
                async *read(of, signal) {
                  started();
                  await dailyDone;
                  for await (const batch of real.read(of, signal))
                    yield batch.filter(({ sequence }) => !LACK.includes(Number(sequence)));
                },
              },
            },
          );
        });
      }),
    },
  );
  done();
  await reopening;
  const seen = new Set((await rig.reader.sequences()).map(Number));
  expect(numbers(20, 39).filter((number) => !seen.has(number))).toEqual([]);
});
