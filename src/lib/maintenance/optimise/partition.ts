import { type Source } from '../../decode/event';
import { PipelineError } from '../../errors';
import { ledgerPath, planPath } from '../../ledger/names';
import { finishPlan } from './finish';
import { groupRuns, type Group } from './groups';
import { putPlan, readPlan } from './held';
import { isRunCovered, ownerOf, SettledLedgers } from './ledgers';
import { type HeldPlan, type Plan } from './plan';
import { all, Outcome, type PartitionOutcome, type Stay } from './outcome';
import { mergedBy } from './report';
import { type OptimiseOptions, type OptimiseRoom } from './room';
import { sight, type ShelvedFile, type WholeRun } from './runs';
import { stageGroup } from './stage-group';

/** One partition's files of a closed day, as just listed. */
export interface PartitionDay {
  readonly source: Source;
  readonly day: string;
  readonly partition: string;
  readonly files: readonly ShelvedFile[];
}

/** Merged files are planned soon after they are staged: the weekly sweep takes what is older than a day and in no plan. */
const MAX_STAGED_MS = 3_600_000;

/** Merges what can be merged of one partition's day, one group at a time. */
export async function optimisePartition(
  room: OptimiseRoom,
  work: PartitionDay,
  options: OptimiseOptions,
  deadline: number,
): Promise<PartitionOutcome> {
  const outcome = new Outcome(work.day, work.partition);
  try {
    await mergeGroups(room, work, options, deadline, outcome);
  } catch (error) {
    // One partition's trouble holds up no other; a plan that was put is finished next time.
    if (!(error instanceof PipelineError) || error.code === 'ATTEMPT_TIMED_OUT') throw error;
    outcome.leave('failed', work.files.length, error.message);
  }
  return outcome;
}

async function mergeGroups(
  room: OptimiseRoom,
  work: PartitionDay,
  options: OptimiseOptions,
  deadline: number,
  outcome: Outcome,
): Promise<void> {
  const { whole, incomplete, overlapping } = sight(work.files);
  outcome.leave('run_incomplete', incomplete.length);
  outcome.leave('runs_overlap', overlapping.length);
  const ledgers = new SettledLedgers(room.lake);
  const mayGoOn = (): boolean => room.clock.now() < deadline;
  const waiting = groupRuns(whole, options);
  for (let group = waiting.shift(); group !== undefined; group = waiting.shift()) {
    if (group.length === 1) {
      outcome.leave('good', countFiles(group));
      continue;
    }
    const stay = mayGoOn()
      ? await mergeGroup(room, work, group, ledgers, options, mayGoOn, outcome)
      : all('out_of_time');
    if (stay === null) continue;
    const apart = stay.runs ?? group;
    outcome.leave(stay.reason, countFiles(apart), stay.detail);
    if (stay.reason === 'plan_unreadable' || stay.reason === 'plan_broken') return;
    // One bad file does not hold up its neighbours: they are merged up to it, and from it on.
    waiting.unshift(...groupRuns(without(group, apart), options));
  }
}

function without(group: Group, apart: readonly WholeRun[]): WholeRun[] {
  return group.filter((run) => !apart.includes(run));
}

function countFiles(runs: readonly WholeRun[]): number {
  return runs.reduce(
    (total, { bronze, quarantine }) => total + (bronze === null ? 0 : 1) + (quarantine === null ? 0 : 1),
    0,
  );
}

/** List, then settle; stage, then plan; rename, then delete. */
async function mergeGroup(
  room: OptimiseRoom,
  work: PartitionDay,
  group: Group,
  ledgers: SettledLedgers,
  options: OptimiseOptions,
  mayGoOn: () => boolean,
  outcome: Outcome,
): Promise<Stay | null> {
  const startedAt = room.clock.now();
  const [head] = group;
  const first = (head.bronze ?? head.quarantine)?.path ?? '';
  const owner = await ownerOf(room.lake, first);
  if (owner === null) return (await room.lake.exists(first)) ? damaged(head, first) : outcome.changed();
  const { source, partition, incarnation } = owner;
  if (source !== work.source || partition !== work.partition || incarnation !== head.incarnation) {
    return damaged(head, first);
  }
  const ledger = await ledgers.of(owner);
  if (typeof ledger === 'string') return { ...all(ledger), detail: ledgerPath(owner) };
  const uncovered = group.filter((run) => !isRunCovered(ledger, run));
  if (uncovered.length > 0) return { reason: 'not_covered', runs: uncovered, detail: ledgerPath(owner) };
  const staged = await stageGroup(room, owner, work.day, group, mayGoOn);
  if ('why' in staged) {
    if (staged.why === 'changed_meanwhile') return outcome.changed();
    const runs = group.filter((run) => run.bronze?.path === staged.path || run.quarantine?.path === staged.path);
    return { reason: staged.why, runs: staged.path === null ? null : runs, detail: staged.path };
  }
  if (room.clock.now() - startedAt > MAX_STAGED_MS) return all('out_of_time');
  return await carryOut(room, staged, options, outcome);
}

function damaged(run: WholeRun, path: string): Stay {
  return { reason: 'file_damaged', runs: [run], detail: path };
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
  if (typeof found === 'string') return { ...all('plan_unreadable'), detail: found };
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
      outcome.merge(mergedBy(held.plan, finished.doubledMs));
      return null;
    case 'overtaken':
    case 'discarded':
      return outcome.changed();
    case 'broken':
      return { ...all('plan_broken'), detail: finished.why };
    default:
      return finished satisfies never;
  }
}
