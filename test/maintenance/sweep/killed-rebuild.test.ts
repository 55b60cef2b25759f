import { parseLedger } from '../../../src/lib/ledger/ledger-json';
import { rebuildLedger } from '../../../src/lib/ledger/rebuild';
import { World } from './world';
import { lakeOver } from '../../simulation/wire';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Lake } from '../../../src/lib/ledger/port';

/** Killed rebuild, raced by a writer; a day later the sweep. */
test('what a killed rebuild renamed is not swept as long as its ledger commits it', async () => {
  const world = new World();
  const { wire, store } = world;
  const run = async (until: () => boolean): Promise<void> => {
    for (let i = 0; i < 2000 && !until(); i += 1) {
      await nextTurn();
      if (wire.busy) wire.deliver(0, 'answered');
    }
  };
  world.write('A', [0, 1]);
  await run(() => !wire.busy && world.working === 0);
  // A second writer stages, and its swap is not sent yet.
  world.write('B', [2, 3]);
  const stagedThere = () => store.list('_system/staging/ns').length > 0;
  await run(stagedThere);
  // The rebuild renames what is staged, and is killed before its own swap.
  const direct = lakeOver(
    { send: (_s: unknown, _w: string, apply: () => unknown) => Promise.resolve(apply()) } as never,
    { name: 'R', alive: true },
    store,
  );
  let ids = 0;
  const killed: Lake = { ...direct, swap: () => Promise.reject(new Error('killed')) };
  await rebuildLedger(
    killed,
    { source: 'postgresql', namespace: 'ns', hub: 'changes', incarnation: 1, partition: '0' },
    { clock: { now: () => world.now }, newId: () => `re-${(ids += 1)}` },
  ).catch((e: unknown) => e);
  // B's swap goes through: committed, and its file is under a name that only the rebuild knew. B is told so and dies.
  const ledgerOf = () => parseLedger(store.read('_system/ledger/ns/changes/1/0.json')?.bytes ?? Buffer.alloc(0), '');
  for (let i = 0; i < 50 && ledgerOf().last < 3n; i += 1) {
    await nextTurn();
    if (wire.busy) wire.deliver(0, 'answered');
  }
  // B is told that its file is missing, again and again, and dies.
  for (let i = 0; i < 40 && wire.busy; i += 1) {
    wire.deliver(0, i < 6 ? 'answered' : 'crash_before');
    await nextTurn();
  }
  world.violation = null;
  expect(ledgerOf().last).toBe(3n);
  world.now += 30 * 3_600_000;
  world.sweep('S');
  await run(() => !wire.busy && world.working === 0);
  expect(store.list('_system/staging').length).toBeGreaterThan(0);
});
