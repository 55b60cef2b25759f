import { setImmediate as nextTurn } from 'node:timers/promises';
import { type SweepReport } from '../../../src/lib/maintenance/sweep/report';
import { checkEnd, Violation } from '../../simulation/oracle';
import { Chance } from '../../simulation/random';
import { type Fate } from '../../simulation/wire';
import { World } from './world';

export interface Outcome {
  /** Files that were swept while others were at work. */
  readonly swept: number;
  readonly leaps: number;
}

const FAULTS: readonly Fate[] = ['lost', 'refused', 'late', 'repeated', 'crash_before', 'crash_after'];
const MAX_STEPS = 8_000;

/**
 * Writers, optimisers and sweepers at once, with requests that are struck, processes that die or sleep for a day between two
 * requests, and files of every age. Then all faults stop, all is delivered once more, and a last sweep ends it.
 *
 * @throws Violation when an event that was promised cannot be read at any moment, one is not there once at the end, or
 * debris is left
 */
export async function simulate(seed: number): Promise<Outcome> {
  const chance = new Chance(seed);
  const world = new World();
  const fate = (): Fate => (chance.in(0.88) ? 'answered' : chance.pick(FAULTS));
  const batches = [[0, 1], [2], [3, 4, 5], [6, 7], [10, 11], [8], [12, 13, 14, 15], [9]];
  const waiting = batches.map((batch, i) => () => world.write(`W${i}`, batch));
  let leaps = 0;
  for (let i = 0; i < 9; i += 1) {
    waiting.splice(chance.between(0, waiting.length), 0, () => world.sweep(`S${i}`));
    if (i % 3 === 0) waiting.splice(chance.between(0, waiting.length), 0, () => world.optimise(`O${i}`));
  }
  for (let step = 0; step < MAX_STEPS; step += 1) {
    await turn(world);
    if (waiting.length > 0 && (world.working === 0 || chance.in(0.05))) waiting.shift()?.();
    else if (chance.in(0.05)) leaps += world.leap() ? 1 : 0;
    else if (world.wire.hasLate && chance.in(0.1)) world.wire.applyLate(chance.between(0, 9));
    else if (world.wire.busy) world.wire.deliver(chance.between(0, 9), fate());
    else if (world.working === 0) break;
  }
  const { swept } = world;
  // Everything once more, by one who is not disturbed: the host delivers what no handler returned for.
  for (const batch of [...batches].sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0))) {
    world.write('last', batch);
    await quiet(world);
  }
  world.leap();
  world.optimise('last');
  await quiet(world);
  world.write('again', [15]);
  await quiet(world);
  world.leap();
  const reports: SweepReport[] = [];
  world.sweep('last', reports);
  await quiet(world);
  checkEnd(world.store, world.wire.trace);
  const debris = world.store.list('_system/staging');
  const first = reports[0]?.spared;
  if (debris.length > 0) {
    throw new Violation(`left lying about: ${debris[0]?.path}, ${JSON.stringify(first)}`, world.wire.trace);
  }
  return { swept, leaps };
}

async function turn(world: World): Promise<void> {
  await nextTurn();
  world.look();
  if (world.violation !== null) throw world.violation;
}

async function quiet(world: World): Promise<void> {
  for (let step = 0; step < MAX_STEPS; step += 1) {
    await turn(world);
    if (world.wire.hasLate) world.wire.applyLate(0);
    else if (world.wire.busy) world.wire.deliver(0, 'answered');
    else if (world.working === 0) return;
  }
  throw new Violation('the run does not come to its end', world.wire.trace);
}
