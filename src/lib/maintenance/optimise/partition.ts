import { type Source } from '../../decode/event';
import { PipelineError } from '../../errors';
import { planPath } from '../../ledger/names';
import { type PartitionPlan } from './day-plan';
import { finishPlan } from './finish';
import { groupRuns, type Group } from './groups';
import { putPlan, readPlan } from './held';
import { judgeGroup } from './judge-group';
import { KnownLedgers } from './ledgers';
import { mergedPath, mergedFile, filesOf, SHELVES, type HeldPlan, type Plan } from './plan';
import { all, type Outcome, type Stay } from './outcome';
import { plannedBy } from './report';
import { type OptimiseOptions, type OptimiseRoom } from './room';
import { countFiles, type WholeRun } from './runs';
import { stageGroup } from './stage-group';

/** What was just listed of one partition's closed day. */
export interface PartitionDay extends PartitionPlan {
  readonly source: Source;
  readonly day: string;
}

/** Merged files are planned soon after they are staged: the weekly sweep takes what is older than a day and in no plan. */
const MAX_STAGED_MS = 3_600_000;

/** Merges what can be merged of a part of one partition's day, one group at a time. */
export async function optimisePartition(
  room: OptimiseRoom,
  work: PartitionDay,
  options: OptimiseOptions,
  deadline: number,
  outcome: Outcome,
): Promise<void> {
  const { left } = outcome;
  left.add('good', work.good);
  left.add('run_incomplete', work.incomplete);
  left.add('runs_overlap', work.overlapping);
  // In order; what is left of a group that something was taken out of comes first.
  const waiting = [...work.groups].reverse();
  // Asked for anew each time: after the listing.
  const ledgers = new KnownLedgers(room.lake, !options.dryRun);
  const mayGoOn = (): boolean => room.clock.now() < deadline;
  let group = waiting.pop();
  try {
    for (; group !== undefined; group = waiting.pop()) {
      if (group.length === 1) {
        left.add('good', countFiles(group));
        continue;
      }
      const stay =
        outcome.stopped ??
        (mayGoOn() ? await mergeGroup(room, work, group, ledgers, options, mayGoOn, outcome) : all('out_of_time'));
      if (stay === null) continue;
      const apart = stay.runs ?? group;
      left.add(stay.reason, countFiles(apart), stay.detail);
      // One bad file does not hold up its neighbours: they are merged up to it, and from it on.
      waiting.push(...groupRuns(without(group, apart), options).reverse());
    }
  } catch (error) {
    // One partition's trouble holds up no other; a plan that was put is finished next time.
    if (!(error instanceof PipelineError) || error.code === 'ATTEMPT_TIMED_OUT') throw error;
    outcome.stopped = all('failed', error.message);
    for (const rest of [...waiting, group ?? []]) left.add('failed', countFiles(rest), error.message);
  }
}

function without(group: Group, apart: readonly WholeRun[]): WholeRun[] {
  const out = new Set(apart);
  return group.filter((run) => !out.has(run));
}

/** List, then settle; stage, then plan; rename, then delete. */
async function mergeGroup(
  room: OptimiseRoom,
  work: PartitionDay,
  group: Group,
  ledgers: KnownLedgers,
  options: OptimiseOptions,
  mayGoOn: () => boolean,
  outcome: Outcome,
): Promise<Stay | null> {
  const startedAt = room.clock.now();
  const judged = await judgeGroup(room, work, group, ledgers);
  if (judged === 'gone') return outcome.changed();
  if ('stay' in judged) return judged.stay;
  if (options.dryRun) return tell(work, group, outcome);
  const staged = await stageGroup(room, judged.owner, work.day, group, mayGoOn);
  if ('why' in staged) {
    if (staged.why === 'changed_meanwhile') return outcome.changed();
    const runs = group.filter((run) => run.bronze?.path === staged.path || run.quarantine?.path === staged.path);
    return { reason: staged.why, runs: staged.path === null ? null : runs, detail: staged.path };
  }
  if (room.clock.now() - startedAt > MAX_STAGED_MS) return all('out_of_time');
  return await carryOut(room, staged, options, outcome);
}

/** What {@link stageGroup} would plan, told. */
function tell({ source, day, partition }: PartitionDay, group: Group, outcome: Outcome): null {
  const files = SHELVES.flatMap((shelf) => filesOf(group, shelf));
  const [{ incarnation, first }] = group;
  outcome.plan({
    ...{ day, partition, incarnation, first: String(first), last: String(group.at(-1)?.last ?? first) },
    inputs: files.length,
    outputs: SHELVES.flatMap((shelf) => {
      const merged = mergedFile(group, shelf);
      return merged === null ? [] : [mergedPath(source, shelf, merged)];
    }),
    bytes: files.reduce((total, { bytes }) => total + bytes, 0),
  });
  return null;
}

async function carryOut(
  room: OptimiseRoom,
  plan: Plan,
  options: OptimiseOptions,
  outcome: Outcome,
): Promise<Stay | null> {
  const put = await putPlan(room, plan);
  if (put !== 'overtaken') return await finish(room, put, options, outcome);
  // Another's plan, or one's own whose answer was lost: a plan that is found is finished first.
  const found = await readPlan(room, planPath(plan.source, plan.day, plan.partition));
  const isOurs = found !== null && typeof found !== 'string' && found.plan.id === plan.id;
  if (!isOurs) for (const { staged } of plan.outputs) await room.lake.remove(staged);
  if (typeof found === 'string') return stop(outcome, all('plan_unreadable', found));
  const refused = found === null ? null : await finish(room, found, options, outcome);
  return refused ?? (isOurs ? null : outcome.changed());
}

async function finish(
  room: OptimiseRoom,
  held: HeldPlan,
  options: OptimiseOptions,
  outcome: Outcome,
): Promise<Stay | null> {
  const finished = await finishPlan(room, held, options.pauseMs);
  switch (finished.kind) {
    case 'finished':
      outcome.merge({ ...plannedBy(held.plan), doubledMs: finished.doubledMs });
      return null;
    case 'overtaken':
    case 'discarded':
      return outcome.changed();
    case 'broken':
      return stop(outcome, all('plan_broken', finished.why));
    default:
      return finished satisfies never;
  }
}

/** While such a plan is there, no other of the partition's day can be put. */
function stop(outcome: Outcome, stay: Stay): Stay {
  outcome.stopped = stay;
  return stay;
}
