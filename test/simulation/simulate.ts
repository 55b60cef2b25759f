import { setImmediate as nextTurn } from 'node:timers/promises';
import { checkEnd, Violation } from './oracle';
import { Chance } from './random';
import { type Fate } from './wire';
import { World } from './world';

/** How one run goes; everything follows from the seed. */
export interface Schedule {
  readonly seed: number;
  /** What becomes of the n-th request (from 0); by default chance decides. */
  readonly fateOf?: (request: number) => Fate;
  /** Whether the hub is deleted and made anew in mid-run. */
  readonly anew?: boolean;
}

export interface Outcome {
  /** Requests that were decided on while faults could happen. */
  readonly requests: number;
  readonly returns: number;
}

/** Enough for any run to come to its end; a run that needs more is stuck. */
const MAX_STEPS = 5_000;

/**
 * Plays one schedule: two processes with cached ledgers land the events of one partition while requests fail, processes
 * crash and ownership moves; then all faults stop, and a last owner finishes.
 *
 * @throws Violation when a promise is broken at any return or at the end
 */
export async function simulate({ seed, fateOf, anew = false }: Schedule): Promise<Outcome> {
  const chance = new Chance(seed);
  const world = new World(chance);
  const { wire } = world;
  const chanceFate = (): Fate => (chance.in(0.8) ? 'answered' : chance.pick(FAULTS));
  const events = chance.between(6, 24);
  const trouble = chance.between(40, 140);
  world.append(events);
  const anewAt = chance.between(10, trouble);
  for (let step = 0; step < trouble; step += 1) {
    await quiet(world);
    world.restart();
    // A hub that goes before anything of it has landed leaves no trace to tell its numbers by: docs/commit.md says so.
    if (anew && step >= anewAt && world.life === 1 && world.landed && world.working) {
      world.makeHubAnew();
      world.append(chance.between(1, events + 8));
      world.steal(chance.pick(world.processes));
    }
    if (!world.working || chance.in(0.06)) world.steal(chance.pick(world.processes));
    else if (chance.in(0.02)) world.settleAll(chance.pick(world.processes));
    else if (wire.hasLate && chance.in(0.1)) wire.applyLate(chance.between(0, 9));
    else if (chance.in(0.05)) world.append(chance.between(1, 5));
    else if (wire.busy) wire.deliver(chance.between(0, 9), (fateOf ?? chanceFate)(wire.decided));
  }
  const requests = wire.decided;
  await finish(world, chance);
  return { requests, returns: world.returns };
}

const FAULTS: readonly Fate[] = ['lost', 'refused', 'late', 'repeated', 'crash_before', 'crash_after'];

/** Faults are over: what is under way ends, requests given up arrive after all, a last owner lands the rest, and the daily run comes by. */
async function finish(world: World, chance: Chance): Promise<void> {
  const { wire } = world;
  const ending = [() => world.steal(chance.pick(world.processes)), () => world.settleAll(chance.pick(world.processes))];
  for (let step = 0; step < MAX_STEPS; step += 1) {
    await quiet(world);
    world.restart();
    if (wire.hasLate && chance.in(0.3)) wire.applyLate(chance.between(0, 9));
    else if (wire.busy) wire.deliver(chance.between(0, 9), 'answered');
    else if (world.working || wire.hasLate) continue;
    else if (ending.length === 0) return checkEnd(world.store, wire.trace);
    else ending.shift()?.();
  }
  throw new Violation('the run does not come to its end', wire.trace);
}

/** Lets every process run until it waits for an answer. */
async function quiet(world: World): Promise<void> {
  await nextTurn();
  if (world.violation !== null) throw world.violation;
}
