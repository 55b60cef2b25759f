import { RETENTION_MS, Rig } from './rig';

/** A new lake beside a host with an old checkpoint: what comes before the first event that it was handed is still in the hub. */

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(() => rig.dispose());
beforeEach(() => rig.reset());

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

test('is read from the hub and lands', async () => {
  const sent = await rig.publish(30);
  await rig.deliver(sent.slice(20));
  expect(await rig.repairOne({ dryRun: true })).toMatchObject({ filled: 20 });
  expect(await rig.reader.sequences()).toHaveLength(10);
  expect(await rig.repairOne()).toMatchObject({ filled: 20, open: [] });
  expect((await rig.reader.sequences()).sort((a, b) => a - b)).toEqual(numbers(30));
  expect(await rig.proof()).toMatchObject({ verdict: 'whole', start: 0n, last: 29n });
});

test('and what has expired by the time it was to be read is told as lost', async () => {
  const sent = await rig.publish(30);
  await rig.deliver(sent.slice(20));
  // The hub is asked once before its oldest events go, and again when they have gone.
  const real = rig.hubReader;
  let asked = 0;
  await rig.repairOne(
    {},
    {
      reader: {
        facts: async (hub, partition) => {
          const facts = await real.facts(hub, partition);
          return (asked += 1) > 1 ? { ...facts, begin: 12n } : facts;
        },
        async *read(range, signal) {
          for await (const events of real.read(range, signal)) yield events.filter(({ sequence }) => sequence >= 12n);
        },
      },
    },
  );
  expect(await rig.proof()).toMatchObject({ start: 0n, lost: [{ first: 0n, last: 11n }], gaps: [] });
});

test('what had expired before the lake knew of the partition is none of its', async () => {
  await rig.publish(10);
  rig.now += RETENTION_MS + 1;
  const sent = await rig.publish(10);
  await rig.deliver(sent);
  expect((await rig.repair()).partitions).toEqual([]);
  expect(await rig.proof()).toMatchObject({ verdict: 'whole', start: 10n });
});
