import { setImmediate as nextTurn } from 'node:timers/promises';
import { type OptimiseReport } from '../../../src/lib/maintenance/optimise/report';
import { DAY_MS } from '../../../src/lib/time';
import { checkEnd, Violation } from '../../simulation/oracle';
import { Chance } from '../../simulation/random';
import { type Fate } from '../../simulation/wire';
import { World } from './world';

/** Who takes part, in which order requests are answered, and which of them is struck. */
export interface Schedule {
  /** 0: one after another; else which request is next is chance. */
  readonly seed: number;
  readonly fateOf?: (request: number) => Fate;
}

export interface Outcome {
  readonly requests: number;
  /** The most events that could be seen twice at one moment. */
  readonly doubled: number;
  /** What the lake holds at the end, by name. */
  readonly files: readonly string[];
}

const MAX_STEPS = 5_000;

/**
 * A closed day of small files with a hole. Two optimisers, a writer who lands the late events and one who gets everything
 * again work at once while requests are struck; a reader looks after each. Then faults stop, and one more run of each ends it.
 *
 * @throws Violation when an event cannot be read at any moment, or is not there once at the end, or a further run finds more to do
 */
export async function simulate({ seed, fateOf = () => 'answered' }: Schedule): Promise<Outcome> {
  const chance = new Chance(seed);
  const world = new World();
  const answered = (): Fate => 'answered';
  for (const batch of [[0, 1], [2], [3], [4, 5, 6], [7], [10, 11], [12], [13, 14, 15]]) {
    world.write('before', batch);
    await run(world, 0, chance, answered);
  }
  world.now += 3 * DAY_MS;
  const before = world.wire.decided;
  // The writers come at different times: the late events may be there before the first listing or long after.
  const parts = [
    // In one portion, or in several.
    () => world.optimise('O1', [], seed % 2 === 0 ? 50_000 : 5),
    () => world.write('late', [8]),
    () => world.optimise('O2', [], seed % 3 === 0 ? 50_000 : 3),
    () => world.write('later', [9]),
    () => world.write('again', [0, 1, 2, 3, 8]),
  ];
  if (seed === 0)
    for (const begin of parts) {
      begin();
      await run(world, seed, chance, (request) => fateOf(request - before));
    }
  else await run(world, seed, chance, (request) => fateOf(request - before), parts);
  const requests = world.wire.decided - before;

  world.write('late', [8]);
  await run(world, 0, chance, answered);
  world.write('later', [9]);
  await run(world, 0, chance, answered);
  while (world.wire.hasLate) world.wire.applyLate(0);
  world.look();
  const last = await optimised(world, chance);
  world.write('again', [10, 11, 12, 13, 14, 15]);
  await run(world, 0, chance, answered);
  checkEnd(world.store, world.wire.trace);
  const files = visible(world);
  const more = await optimised(world, chance);
  if (more.merged.length > 0 || String(visible(world)) !== String(files)) {
    throw new Violation(`a further run merges ${JSON.stringify(more.merged)}`, world.wire.trace);
  }
  if (last.left.some(({ reason }) => reason !== 'good')) {
    throw new Violation(`the last run leaves ${JSON.stringify(last.left)}`, world.wire.trace);
  }
  const plans = world.store.list('_system/optimise');
  if (plans.length > 0) throw new Violation('a plan is left', world.wire.trace);
  return { requests, doubled: world.doubled, files };
}

/** Answers requests until nobody waits; begins `parts` by and by. */
async function run(
  world: World,
  seed: number,
  chance: Chance,
  fateOf: (request: number) => Fate,
  parts: (() => void)[] = [],
): Promise<void> {
  const { wire } = world;
  for (let step = 0; step < MAX_STEPS; step += 1) {
    await nextTurn();
    if (world.violation !== null) throw world.violation;
    if (parts.length > 0 && (world.working === 0 || chance.in(0.08))) parts.shift()?.();
    else if (wire.hasLate && chance.in(0.05)) wire.applyLate(chance.between(0, 9));
    else if (wire.busy) wire.deliver(seed === 0 ? 0 : chance.between(0, 9), fateOf(wire.decided));
    else if (world.working === 0) return;
    world.look();
  }
  throw new Violation('the run does not come to its end', wire.trace);
}

async function optimised(world: World, chance: Chance): Promise<OptimiseReport> {
  const reports: OptimiseReport[] = [];
  world.optimise('last', reports);
  await run(world, 0, chance, () => 'answered');
  const [report] = reports;
  if (report === undefined) throw new Violation('the last run does not end', world.wire.trace);
  return report;
}

function visible(world: World): string[] {
  return [...world.store.list('bronze'), ...world.store.list('quarantine')].map(({ path }) => path);
}
