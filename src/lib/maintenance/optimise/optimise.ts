import { type Source } from '../../decode/event';
import { dayPath } from '../../ledger/names';
import { forEachOf } from '../../parallel';
import { closedDays } from './days';
import { finishFoundPlans } from './found-plans';
import { type PartitionOutcome } from './outcome';
import { optimisePartition, type PartitionDay } from './partition';
import { SHELVES } from './plan';
import { type Left, type Merged, type OptimiseReport } from './report';
import { OPTIMISE_DEFAULTS, type OptimiseOptions, type OptimiseRoom } from './room';
import { shelved, type ShelvedFile } from './runs';

/** How often a day is listed: as long as there was something to do, others merging beside us included. */
const MAX_LISTINGS = 5;

/**
 * Merges the small files of a source's closed days into files near the target size: each hub partition and incarnation in
 * sequence order, never across a hole, bronze and quarantine with the same boundaries. Plans that are found are finished
 * first. When the time is up it stops, and goes on where it was the next time; any number may run at once, and each may
 * die at any point.
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
  const found = await finishFoundPlans(room, source, options, isTimeUp);
  const merged: Merged[] = [...found.merged];
  const left: Left[] = [...found.left];
  let [days, files] = [0, 0];
  for (const day of await closedDays(room.files, source, room.clock.now() - options.closedAfterMs)) {
    if (isTimeUp()) break;
    const looked = await optimiseDay(room, source, day, options, deadline);
    merged.push(...looked.merged);
    left.push(...looked.left);
    days += 1;
    files += looked.files;
  }
  const longestDoubledMs = merged.reduce((longest, { doubledMs }) => Math.max(longest, doubledMs), 0);
  const finishedForOthers = found.merged.length;
  return { source, days, files, merged, finishedForOthers, left, isOutOfTime: isTimeUp(), longestDoubledMs };
}

interface LookedAt {
  readonly files: number;
  readonly merged: readonly Merged[];
  readonly left: readonly Left[];
}

async function optimiseDay(
  room: OptimiseRoom,
  source: Source,
  day: string,
  options: OptimiseOptions,
  deadline: number,
): Promise<LookedAt> {
  const merged: Merged[] = [];
  const left: Left[] = [];
  let files = 0;
  let wanted: (partition: string) => boolean = () => true;
  for (let listing = 1; ; listing += 1) {
    const listed = await listDay(room, source, day);
    if (listing === 1) {
      files = listed.files.length + listed.strangers;
      if (listed.strangers > 0) {
        left.push({ day, partition: null, reason: 'stranger', files: listed.strangers, detail: null });
      }
    }
    const work = [...Map.groupBy(listed.files, ({ file }) => file.partition)]
      .filter(([partition]) => wanted(partition))
      .map(([partition, of]): PartitionDay => ({ source, day, partition, files: of }));
    const again = new Set<string>();
    const mayListAgain = listing < MAX_LISTINGS && room.clock.now() < deadline;
    await forEachOf(work, options.partitionsAtOnce, async (of) => {
      const outcome: PartitionOutcome = await optimisePartition(room, of, options, deadline);
      merged.push(...outcome.merged);
      if (outcome.again && mayListAgain) again.add(of.partition);
      else left.push(...outcome.left);
    });
    if (again.size === 0) return { files, merged, left };
    wanted = (partition) => again.has(partition);
  }
}

/** One listing of both shelves of a day. */
async function listDay(
  room: OptimiseRoom,
  source: Source,
  day: string,
): Promise<{ readonly files: ShelvedFile[]; readonly strangers: number }> {
  const files: ShelvedFile[] = [];
  let strangers = 0;
  for (const shelf of SHELVES) {
    for await (const listed of room.files.list(dayPath(shelf, source, day))) {
      const file = shelved(shelf, listed);
      if (file === null) strangers += 1;
      else files.push(file);
    }
  }
  return { files, strangers };
}
