import { forEachOf } from '../../parallel';
import { discard, isHeld } from './held';
import { type HeldPlan, type PlanInput, type PlanOutput } from './plan';
import { type OptimiseRoom } from './room';
import { shelvedElsewhere } from './elsewhere';
import { holds } from './tally';

/** Requests under way at once for one plan. */
const AT_ONCE = 16;

/**
 * - `finished`: the outputs are there, the inputs and the plan gone. `doubledMs`: how long, at most, both could be seen.
 * - `overtaken`: somebody else finished it.
 * - `discarded`: nothing had come of it, and nothing can: its inputs were merged by another plan before it arrived, or
 *   its staged files are lost. Its inputs are merged by a new plan if they are there.
 * - `broken`: the lake is not as any course of this program leaves it; nothing is touched, an operator decides.
 */
export type Finished =
  | { readonly kind: 'finished'; readonly doubledMs: number }
  | { readonly kind: 'overtaken' | 'discarded' }
  | { readonly kind: 'broken'; readonly why: string };

/**
 * Finishes a plan, whoever wrote it and however far it came: outputs into place, then inputs away, then the plan. Several
 * may do so at once; each may stop anywhere.
 *
 * While a plan is there, no other plan of its partition's day is, so only its own inputs are deleted, and only when all its
 * outputs are in place. Hence the order of the questions: a plan whose inputs are all there may be carried out; one of
 * which an input is missing must have its outputs in place, unless somebody finished it meanwhile.
 *
 * @param pauseMs for each page of a listing between outputs and inputs, as the options have it
 */
export async function finishPlan(room: OptimiseRoom, held: HeldPlan, pauseMs: number): Promise<Finished> {
  const { inputs, outputs, plannedAt, pages } = held.plan;
  const suspect = await suspectInputs(room, inputs);
  if (suspect.length > 0) {
    const placed = await placedOutputs(room, outputs);
    // Deletion had begun: an input that is gone is no surprise, one that holds other bytes is.
    if (placed === outputs.length) return await removeInputs(room, held, plannedAt);
    if (!(await isHeld(room, held))) return { kind: 'overtaken' };
    return placed === 0 && (await shelvedElsewhere(room, held.plan, suspect))
      ? await discard(room, held)
      : { kind: 'broken', why: `${suspect[0]?.path ?? ''} is missing or holds other bytes than planned` };
  }
  const beganAt = room.clock.now();
  let renamed = 0;
  for (const output of outputs) {
    const answer = await place(room, output);
    if (answer === 'renamed') renamed += 1;
    if (answer === 'taken') return { kind: 'broken', why: `${output.path} holds other bytes than planned` };
    if (answer !== 'lost') continue;
    if (!(await isHeld(room, held))) return { kind: 'overtaken' };
    return (await placedOutputs(room, outputs)) === 0
      ? await discard(room, held)
      : { kind: 'broken', why: `${output.staged} is missing` };
  }
  await room.sleep(pauseMs * pages);
  return await removeInputs(room, held, renamed === outputs.length ? beganAt : plannedAt);
}

/** The inputs that are not there with the bytes that were planned. */
async function suspectInputs(room: OptimiseRoom, inputs: readonly PlanInput[]): Promise<PlanInput[]> {
  const suspect: PlanInput[] = [];
  await forEachOf(inputs, AT_ONCE, async (input) => {
    const found = await room.files.look(input.path);
    // Another version may be the same bytes: somebody changed the file's properties.
    const isThere = found?.etag === input.etag || (found !== null && (await holds(room.files, input.path, input)));
    if (isThere !== true) suspect.push(input);
  });
  return suspect;
}

/** How many outputs are in their places. */
async function placedOutputs(room: OptimiseRoom, outputs: readonly PlanOutput[]): Promise<number> {
  let placed = 0;
  for (const output of outputs) if ((await holds(room.files, output.path, output)) === true) placed += 1;
  return placed;
}

/** Puts an output into its place, or finds it there. What was not renamed here is read before it is believed. */
async function place(room: OptimiseRoom, output: PlanOutput): Promise<'renamed' | 'there' | 'taken' | 'lost'> {
  const answer = await room.lake.rename(output.staged, output.path);
  switch (answer) {
    case 'renamed':
      return 'renamed';
    case 'source_gone':
    case 'name_taken':
    case 'parent_missing': {
      const isThere = await holds(room.files, output.path, output);
      if (isThere === null) return 'lost';
      if (!isThere) return 'taken';
      await room.lake.remove(output.staged);
      return 'there';
    }
    default:
      return answer satisfies never;
  }
}

/** Deletes the inputs, each only in the version whose bytes are in an output, and then the plan. */
async function removeInputs(room: OptimiseRoom, held: HeldPlan, doubledSince: number): Promise<Finished> {
  const other: PlanInput[] = [];
  await forEachOf(held.plan.inputs, AT_ONCE, async (input) => {
    if (!(await removeInput(room, input))) other.push(input);
  });
  if (other[0] !== undefined) return { kind: 'broken', why: `${other[0].path} holds other bytes than planned` };
  const doubledMs = room.clock.now() - doubledSince;
  await room.files.removeVersion(held.path, held.etag);
  return { kind: 'finished', doubledMs };
}

async function removeInput(room: OptimiseRoom, input: PlanInput): Promise<boolean> {
  if ((await room.files.removeVersion(input.path, input.etag)) !== 'changed') return true;
  const found = await room.files.look(input.path);
  if (found === null) return true;
  if ((await holds(room.files, input.path, input)) !== true) return false;
  return (await room.files.removeVersion(input.path, found.etag)) !== 'changed';
}
