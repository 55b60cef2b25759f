import { type Source } from '../../decode/event';
import { PipelineError } from '../../errors';
import { finishPlan } from './finish';
import { readPlan } from './held';
import { mergedBy, type Left, type LeftReason, type Merged } from './report';
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
  const paths: string[] = [];
  for await (const { path } of room.files.list(`_system/optimise/${source}`)) paths.push(path);
  for (const path of paths) {
    const leave = (reason: LeftReason, files: number, detail: string): void => {
      left.push({ ...placeOf(path), reason, files, detail: `${path}: ${detail}` });
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
      if (finished.kind === 'finished') merged.push(mergedBy(held.plan, finished.doubledMs));
      if (finished.kind === 'broken') leave('plan_broken', held.plan.inputs.length, finished.why);
    } catch (error) {
      if (!(error instanceof PipelineError) || error.code === 'ATTEMPT_TIMED_OUT') throw error;
      leave('failed', 0, error.message);
    }
  }
  return { merged, left };
}

/** `_system/optimise/{source}/2026-11-22/{partition}.json` */
function placeOf(path: string): { readonly day: string; readonly partition: string | null } {
  const [day, name] = path.split('/').slice(3);
  return { day: (day ?? '').replaceAll('-', '/'), partition: name?.replace(/\.json$/, '') ?? null };
}
