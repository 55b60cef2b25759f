import { type Source } from '../../decode/event';
import { PipelineError } from '../../errors';
import { finishPlan } from './finish';
import { readPlan } from './held';
import { plannedBy, type Left, type LeftReason, type Merged, type Planned } from './report';
import { type OptimiseOptions, type OptimiseRoom } from './room';

/** Finishes every plan of a source that is there, whoever wrote it; those that cannot be are told. */
export async function finishFoundPlans(
  room: OptimiseRoom,
  source: Source,
  options: OptimiseOptions,
  isTimeUp: () => boolean,
): Promise<{ readonly merged: readonly Merged[]; readonly left: readonly Left[] }> {
  const merged: Merged[] = [];
  const left: Left[] = [];
  for (const path of await planPaths(room, source)) {
    const leave = (reason: LeftReason, files: number, detail: string): void => {
      left.push(leftAt(path, reason, files, detail));
    };
    if (isTimeUp()) {
      leave('out_of_time', 0, 'not looked at');
      continue;
    }
    try {
      const held = await readPlan(room, path);
      if (held === null) continue;
      if (typeof held === 'string') {
        leave('plan_unreadable', 0, held);
        continue;
      }
      const finished = await finishPlan(room, held, options.pauseMs);
      if (finished.kind === 'finished') merged.push({ ...plannedBy(held.plan), doubledMs: finished.doubledMs });
      if (finished.kind === 'broken') leave('plan_broken', held.plan.inputs.length, finished.why);
    } catch (error) {
      if (!(error instanceof PipelineError) || error.code === 'ATTEMPT_TIMED_OUT') throw error;
      leave('failed', 0, error.message);
    }
  }
  return { merged, left };
}

/** Reads every plan of a source that is there, and leaves it. */
export async function findPlans(
  room: OptimiseRoom,
  source: Source,
): Promise<{ readonly plans: readonly Planned[]; readonly left: readonly Left[] }> {
  const plans: Planned[] = [];
  const left: Left[] = [];
  for (const path of await planPaths(room, source)) {
    const held = await readPlan(room, path);
    if (typeof held === 'string') left.push(leftAt(path, 'plan_unreadable', 0, held));
    else if (held !== null) plans.push(plannedBy(held.plan));
  }
  return { plans, left };
}

/** All of them: at most one for each partition's day, and most days have none. */
async function planPaths(room: OptimiseRoom, source: Source): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of room.files.list(`_system/optimise/${source}`)) paths.push(path);
  return paths;
}

/** `_system/optimise/{source}/2026-11-22/{partition}.json` */
function leftAt(path: string, reason: LeftReason, files: number, detail: string): Left {
  const [day, name] = path.split('/').slice(3);
  const partition = name?.replace(/\.json$/, '') ?? null;
  return { day: (day ?? '').replaceAll('-', '/'), partition, reason, files, detail: `${path}: ${detail}` };
}
