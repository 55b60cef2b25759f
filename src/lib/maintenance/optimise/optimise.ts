import { type Source } from '../../decode/event';
import { optimiseDay } from './day';
import { closedDays } from './days';
import { findPlans, finishFoundPlans } from './found-plans';
import { type OptimiseReport } from './report';
import { OPTIMISE_DEFAULTS, type OptimiseOptions, type OptimiseRoom } from './room';
import { Tallies } from './tallies';

/**
 * Merges the small files of a source's closed days into files near the target size: each hub partition and incarnation in
 * sequence order, never across a hole, bronze and quarantine with the same boundaries. Plans that are found are finished
 * first. When the time is up it stops, and goes on the next time; any number may run at once, and each may die at any point.
 *
 * The latest day comes first: where there is too much for one run, what the next one lists in vain are days that are done.
 *
 * @throws PipelineError when the lake cannot be listed; trouble of one partition is told in the report
 */
export async function optimise(
  source: Source,
  room: OptimiseRoom,
  changes: Partial<OptimiseOptions> = {},
): Promise<OptimiseReport> {
  const options = { ...OPTIMISE_DEFAULTS, ...changes };
  const deadline = room.clock.now() + options.budgetMs;
  const isTimeUp = (): boolean => room.clock.now() >= deadline;
  const tallies = new Tallies();
  const planned = await settleFound(room, source, options, isTimeUp, tallies);
  const days = await closedDays(room.files, source, room.clock.now() - options.closedAfterMs);
  for (const day of days.reverse()) {
    if (isTimeUp()) break;
    tallies.days += 1;
    room.tell?.({ day, days: tallies.days, files: tallies.files, plans: tallies.plans });
    await optimiseDay(room, { source, day, planned: planned.get(day) ?? new Set() }, options, deadline, tallies);
  }
  return tallies.report(source, options.dryRun, isTimeUp());
}

/** Finishes the plans that are there; in a dry run, tells them. @returns those that stay, partitions by day */
async function settleFound(
  room: OptimiseRoom,
  source: Source,
  options: OptimiseOptions,
  isTimeUp: () => boolean,
  tallies: Tallies,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  if (!options.dryRun) {
    const { merged, left } = await finishFoundPlans(room, source, options, isTimeUp);
    tallies.finished(merged);
    tallies.left(left);
    return new Map();
  }
  const found = await findPlans(room, source);
  tallies.unfinished(found.plans);
  tallies.left(found.left);
  const staying = new Map<string, Set<string>>();
  for (const { day, partition } of [...found.plans, ...found.left]) {
    if (partition !== null) staying.set(day, (staying.get(day) ?? new Set()).add(partition));
  }
  return staying;
}
