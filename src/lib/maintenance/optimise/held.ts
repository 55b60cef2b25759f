import { planPath } from '../../ledger/names';
import { parsePlan, formatPlan } from './plan-json';
import { type HeldPlan, type Plan } from './plan';
import { type OptimiseRoom } from './room';

/** A plan as found in the lake, or what is wrong with it; null when there is none. */
export async function readPlan(room: OptimiseRoom, path: string): Promise<HeldPlan | string | null> {
  const found = await room.lake.read(path);
  if (found === null) return null;
  const plan = parsePlan(found.bytes, path);
  return typeof plan === 'string' ? plan : { plan, path, etag: found.etag };
}

/** Puts a plan, unless there is one of its partition's day: that is to be finished first. */
export async function putPlan(room: OptimiseRoom, plan: Plan): Promise<HeldPlan | 'overtaken'> {
  const path = planPath(plan.source, plan.day, plan.partition);
  const put = await room.lake.swap(path, formatPlan(plan), null);
  return put === 'overtaken' ? 'overtaken' : { plan, path, etag: put.etag };
}

/** Whether the plan is still there. */
export async function isHeld(room: OptimiseRoom, held: HeldPlan): Promise<boolean> {
  return (await room.lake.read(held.path))?.etag === held.etag;
}

/** Takes back a plan of which nothing has come: no output is in its place, and none can be any more. */
export async function discard(room: OptimiseRoom, held: HeldPlan): Promise<{ readonly kind: 'discarded' }> {
  // The staged files first: whoever carries out this plan at the same time can then rename none of them.
  for (const { staged } of held.plan.outputs) await room.lake.remove(staged);
  await room.files.removeVersion(held.path, held.etag);
  return { kind: 'discarded' };
}
