import { type Source } from '../../decode/event';
import { forEachOf } from '../../parallel';
import { listDay } from './day-listing';
import { DayPlan, type PartitionPlan } from './day-plan';
import { LeftCounts } from './left-counts';
import { all, Outcome } from './outcome';
import { optimisePartition } from './partition';
import { type OptimiseOptions, type OptimiseRoom } from './room';
import { countFiles } from './runs';
import { type Tallies } from './tallies';

/** How often a day is listed: as long as there was something to do, others merging beside us included. */
const MAX_LISTINGS = 5;

/** Files between two looks at the clock. */
const FILES_A_LOOK = 1_000;

/** A closed day, and who in it is left alone. */
export interface Day {
  readonly source: Source;
  readonly day: string;
  /** Partitions with a plan that a dry run must not finish. */
  readonly planned: ReadonlySet<string>;
}

/** Optimises one day of a source, listing it again as long as something comes of it. */
export async function optimiseDay(
  room: OptimiseRoom,
  of: Day,
  options: OptimiseOptions,
  deadline: number,
  tallies: Tallies,
): Promise<void> {
  let wanted: ReadonlySet<string> | null = null;
  for (let listing = 1; ; listing += 1) {
    const { outcomes, strangers } = await passOver(room, of, options, deadline, tallies, wanted);
    if (wanted === null) tallies.left(strangers.all);
    const again = new Set<string>();
    const mayListAgain = listing < MAX_LISTINGS && room.clock.now() < deadline;
    for (const [partition, outcome] of outcomes) {
      if (outcome.again && mayListAgain) again.add(partition);
      else tallies.left(outcome.left.all);
    }
    if (again.size === 0) return;
    wanted = again;
  }
}

/**
 * One listing of a day. Whenever enough of it is in memory, what is planned so far is carried out before the listing goes on.
 *
 * @param wanted the partitions to look at; null for all
 */
async function passOver(
  room: OptimiseRoom,
  { source, day, planned }: Day,
  options: OptimiseOptions,
  deadline: number,
  tallies: Tallies,
  wanted: ReadonlySet<string> | null,
): Promise<{ readonly outcomes: ReadonlyMap<string, Outcome>; readonly strangers: LeftCounts }> {
  const outcomes = new Map<string, Outcome>();
  const strangers = new LeftCounts(day, null);
  const plan = new DayPlan(options);
  const outcomeOf = (partition: string): Outcome => {
    const outcome = outcomes.get(partition) ?? new Outcome(day, partition, tallies);
    if (planned.has(partition)) outcome.stopped ??= all('plan_unfinished');
    outcomes.set(partition, outcome);
    return outcome;
  };
  const carryOut = (plans: readonly PartitionPlan[]): Promise<void> =>
    forEachOf(plans, options.partitionsAtOnce, (of) =>
      optimisePartition(room, { source, day, ...of }, options, deadline, outcomeOf(of.partition)),
    );
  let listed = 0;
  for await (const file of listDay(room.files, source, day)) {
    listed += 1;
    if (wanted === null) tallies.files += 1;
    if (listed % FILES_A_LOOK === 0) {
      room.tell?.({ day, days: tallies.days, files: tallies.files, plans: tallies.plans });
      if (room.clock.now() >= deadline) {
        // What was not listed to its end is not to be told as incomplete.
        for (const of of plan.finish()) leaveUnfinished(outcomeOf(of.partition), of);
        return { outcomes, strangers };
      }
    }
    if (file === 'stranger') strangers.add('stranger', 1);
    else if (wanted?.has(file.file.partition) !== false) plan.add(file);
    if (plan.heldFiles >= options.maxHeldFiles) await carryOut(plan.take(options.maxHeldFiles / 2));
  }
  await carryOut(plan.finish());
  return { outcomes, strangers };
}

function leaveUnfinished({ left }: Outcome, { good, incomplete, overlapping, groups }: PartitionPlan): void {
  left.add(
    'out_of_time',
    groups.reduce((total, group) => total + countFiles(group), good + incomplete + overlapping),
  );
}
