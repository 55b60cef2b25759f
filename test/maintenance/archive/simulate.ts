import { setImmediate as nextTurn } from 'node:timers/promises';
import { PipelineError } from '../../../src/lib/errors';
import { parseLedger } from '../../../src/lib/ledger/ledger-json';
import { archiveLedgers } from '../../../src/lib/maintenance/archive/archive';
import { DAY_MS } from '../../../src/lib/time';
import { checkEnd, Violation } from '../../simulation/oracle';
import { Chance } from '../../simulation/random';
import { type Fate } from '../../simulation/wire';
import { World } from '../../simulation/world';
import { lakeOver, type Sender } from '../../simulation/wire';
import { moverOver, timedFilesOver, TimedStore } from '../sweep/timed-store';

export interface Outcome {
  readonly archived: number;
  /** How often a ledger was brought back. */
  readonly restored: number;
}

const FAULTS: readonly Fate[] = ['lost', 'refused', 'late', 'repeated', 'crash_before', 'crash_after'];
/** What is begun when nothing is under way. */
const QUIET = ['settle', 'settle', 'archive', 'archive', 'steal'] as const;

const MAX_STEPS = 8_000;
const ARCHIVE = '_system/ledger-archive/';

/** The world of ingestion with archivers in it, which care little for whether the hub is gone. */
class ArchiveWorld extends World {
  readonly times = { archived: 0, restored: 0 };
  override readonly store: TimedStore = new (class extends TimedStore {
    constructor(private readonly world: () => ArchiveWorld) {
      super(() => world().now);
    }
    override rename(from: string, to: string) {
      const answer = super.rename(from, to);
      if (answer === 'renamed' && to.startsWith(ARCHIVE)) this.world().times.archived += 1;
      if (answer === 'renamed' && from.startsWith(ARCHIVE)) this.world().times.restored += 1;
      return answer;
    }
  })(() => this);

  /** A process of its own archives every ledger that is old enough, once. */
  archive(name: string): void {
    const sender: Sender = { name, alive: true };
    const room = {
      lake: lakeOver(this.wire, sender, this.store),
      files: timedFilesOver(this.wire, sender, this.store),
      mover: moverOver(this.wire, sender, this.store),
      serviceNow: () => this.wire.send(sender, 'what time is it', () => this.now),
      clock: { now: () => this.now },
    };
    const hubs = [{ namespace: 'NS', hub: 'Changes' }];
    const options = { dryRun: false, budgetMs: Infinity, atOnce: 2, eventMs: 0, isOptimised: () => true };
    archiveLedgers(room, hubs, options).then(
      ({ kept }) => {
        const bad = kept.find(({ why }) => why === 'taken' || why === 'unreadable' || why === 'foreign');
        if (bad !== undefined) this.violation ??= new Violation(`kept: ${JSON.stringify(bad)}`, this.wire.trace);
      },
      (error: unknown) => {
        if (!(error instanceof PipelineError)) this.violation ??= error as Error;
      },
    );
  }

  /** No attempt, and no request, lasts for a day: it passes only where nothing is under way. */
  leap(): void {
    if (this.wire.busy || this.wire.hasLate || this.working) return;
    this.now += DAY_MS + 60_000;
    this.wire.trace.push('a day passes');
  }

  /** A ledger at both places is one too many. */
  look(): void {
    for (let incarnation = 1; incarnation <= this.life; incarnation += 1) {
      const path = `_system/ledger/ns/changes/${incarnation}/0.json`;
      const archived = path.replace('ledger/', 'ledger-archive/');
      if (this.store.exists(path) && this.store.exists(archived)) {
        this.violation ??= new Violation(`${path} is at both places`, this.wire.trace);
      }
      // Nobody publishes what an archived ledger calls pending, and the sweep is told by nobody else.
      const put = this.store.read(archived);
      if (put !== null && parseLedger(put.bytes, archived).pending.length > 0) {
        this.violation ??= new Violation(`${archived} has pending files`, this.wire.trace);
      }
    }
    if (this.violation !== null) throw this.violation;
  }
}

/**
 * Two processes land the events of a hub that is made anew in between, while archivers take ledgers away whenever they are a
 * day old; requests are struck and processes die. Then faults stop, and a last owner finishes.
 *
 * @throws Violation when a promise is broken at any return or at the end: above all when an event of the new hub is taken for
 * one of the old, or two ledgers cover the same numbers
 */
export async function simulate(seed: number): Promise<Outcome> {
  const chance = new Chance(seed);
  const world = new ArchiveWorld(chance);
  const { wire } = world;
  const fate = (): Fate => (chance.in(0.9) ? 'answered' : chance.pick(FAULTS));
  const [events, trouble] = [chance.between(6, 20), chance.between(120, 300)];
  world.append(events);
  const anewAt = chance.between(40, trouble);
  let archivers = 0;
  for (let step = 0; step < trouble; step += 1) {
    await turn(world);
    if (step >= anewAt && world.life === 1 && world.landed && world.working) {
      world.makeHubAnew();
      world.append(chance.between(1, events + 6));
      world.steal(chance.pick(world.processes));
    }
    const isQuiet = !world.working && !wire.busy && !wire.hasLate;
    const next = isQuiet ? chance.pick(QUIET) : 'go on';
    if (next === 'settle' || chance.in(0.02)) world.settleAll(chance.pick(world.processes));
    else if (next === 'archive') {
      world.leap();
      world.archive(`R${(archivers += 1)}`);
      if (chance.in(0.3)) world.archive(`R${(archivers += 1)}`);
      // Others come while it is under way, some of them with what is in the lake already.
      if (chance.in(0.3)) world.checkpoint = 0;
      if (chance.in(0.3)) world.append(chance.between(1, 4));
      for (const process of world.processes) if (chance.in(0.5)) world.steal(process);
    } else if (next === 'steal' || chance.in(0.02)) world.steal(chance.pick(world.processes));
    else if (wire.hasLate && (!wire.busy || chance.in(0.1))) wire.applyLate(chance.between(0, 9));
    else if (wire.busy) wire.deliver(chance.between(0, 9), fate());
  }
  await finish(world, chance);
  return world.times;
}

/** Faults are over: what is under way ends, all events are delivered once more, and every ledger is brought back. */
async function finish(world: ArchiveWorld, chance: Chance): Promise<void> {
  const { wire } = world;
  const ending = [
    () => {
      world.checkpoint = 0;
      world.steal(chance.pick(world.processes));
    },
    () => world.settleAll(chance.pick(world.processes)),
  ];
  for (let step = 0; step < MAX_STEPS; step += 1) {
    await turn(world);
    if (wire.hasLate && chance.in(0.3)) wire.applyLate(chance.between(0, 9));
    else if (wire.busy) wire.deliver(chance.between(0, 9), 'answered');
    else if (world.working || wire.hasLate) continue;
    else if (ending.length > 0) ending.shift()?.();
    else {
      putBack(world.store);
      return checkEnd(world.store, wire.trace);
    }
  }
  throw new Violation('the run does not come to its end', wire.trace);
}

/** The oracle looks for ledgers at their places. */
function putBack(store: TimedStore): void {
  for (const { path } of store.list('_system/ledger-archive')) store.rename(path, path.replace('-archive', ''));
}

async function turn(world: ArchiveWorld): Promise<void> {
  await nextTurn();
  world.look();
  world.restart();
}
