import { type WholeRun } from './runs';

export interface GroupLimits {
  /** No merged file becomes larger than this. */
  readonly targetBytes: number;
  /** Runs in one group at most: a plan lists them all. */
  readonly maxRuns: number;
}

/** Runs that follow each other without a hole. */
export type Group = readonly [WholeRun, ...WholeRun[]];

/**
 * Packs runs, in order, into groups of which no file outgrows the target; a group never spans a hole, or two
 * incarnations. Of a run alone in its group nothing is to be done.
 *
 * Done once, it finds nothing more to do: a group ends where the next run does not fit, and the group that this run begins
 * fits even less. (Groups that end at `maxRuns` are merged further next time.)
 */
export function groupRuns(runs: readonly WholeRun[], limits: GroupLimits): Group[] {
  const groups: [WholeRun, ...WholeRun[]][] = [];
  for (const run of runs) {
    const group = groups.at(-1);
    if (group !== undefined && follows(group, run) && fits(group, run, limits)) group.push(run);
    else groups.push([run]);
  }
  return groups;
}

function follows(group: Group, run: WholeRun): boolean {
  const before = group[group.length - 1] as WholeRun;
  return run.incarnation === before.incarnation && run.first === before.last + 1n;
}

function fits(group: Group, run: WholeRun, { targetBytes, maxRuns }: GroupLimits): boolean {
  const within = (shelf: 'bronze' | 'quarantine'): boolean =>
    group.reduce((total, each) => total + (each[shelf]?.bytes ?? 0), run[shelf]?.bytes ?? 0) <= targetBytes;
  return group.length < maxRuns && within('bronze') && within('quarantine');
}
