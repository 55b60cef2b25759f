import { randomUUID } from 'node:crypto';
import { rebuildLedger } from '../../../src/lib/ledger/rebuild';
import { OF, Rig } from './rig';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(() => rig.dispose());
beforeEach(() => rig.reset());

test('a run that lost one file is whole again once rebuild-ledger and repair have brought its events back', async () => {
  const sent = await rig.publish(10, (n) => (n === 3 ? 'no JSON' : `{"number":${n}}`));
  await rig.deliver(sent.slice(0, 6), sent.slice(6));
  const [quarantine = ''] = (await rig.reader.visible()).filter((path) => path.startsWith('quarantine/'));
  await rig.reader.remove(quarantine);
  await rebuildLedger(
    await rig.openLake(),
    { ...OF, incarnation: 1, source: 'postgresql' },
    { clock: { now: () => Date.now() }, newId: randomUUID },
  );
  await rig.repairOne();
  expect((await rig.proof()).verdict).toBe('whole');
});
