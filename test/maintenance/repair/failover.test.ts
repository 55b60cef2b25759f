import { type HubReader } from '../../../src/lib/maintenance/repair/port';
import { Rig } from './rig';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(() => rig.dispose());
beforeEach(() => rig.reset());

test('a namespace that is failed over while its gaps are read closes none of them', async () => {
  const sent = await rig.publish(30);
  await rig.deliver(sent.slice(0, 10), sent.slice(20));
  const real = rig.hubReader;
  let asked = 0;
  // The secondary lags: its last number is 5, and reread ends at once where `end < from`, with nothing read.
  const reader: HubReader = {
    facts: async (hub, partition) => ({
      ...(await real.facts(hub, partition)),
      ...((asked += 1) > 2 ? { last: 5n } : {}),
    }),
    async *read() {
      // Its end lies before what is asked for.
    },
  };
  await rig.repairOne({}, { reader });
  expect((await rig.proof()).absent).toEqual([]);
  await rig.repairOne();
  expect((await rig.reader.sequences()).length).toBe(30);
});
