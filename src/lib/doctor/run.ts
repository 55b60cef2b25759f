import { PipelineError } from '../errors';
import { failed, skipped, type Check, type Finding, type Patience, type Trial } from './check';

/**
 * Tries everything: each as soon as what it needs is done, those that need nothing of each other at once.
 *
 * @param trials those that are needed before those that need them
 * @returns in the order of `trials`
 */
export async function runTrials(
  trials: readonly Trial[],
  { checkMs, totalMs }: Omit<Patience, 'requestMs'>,
): Promise<readonly Check[]> {
  const all = AbortSignal.timeout(totalMs);
  const done = new Map<string, Promise<Finding>>();
  for (const trial of trials) done.set(trial.id, runOne(trial, done, checkMs, all));
  return Promise.all(
    trials.map(async ({ id, title }) => ({ id, title, ...((await done.get(id)) ?? skipped('it was not tried')) })),
  );
}

async function runOne(
  trial: Trial,
  before: ReadonlyMap<string, Promise<Finding>>,
  checkMs: number,
  all: AbortSignal,
): Promise<Finding> {
  // Taken before the first pause: what comes later is not before it.
  const needed = trial.needs.map((id) => ({ id, finding: before.get(id) }));
  for (const id of trial.after ?? []) await before.get(id);
  for (const { id, finding } of needed) {
    if (finding === undefined) throw new Error(`${trial.id} needs ${id}, which is not tried before it`);
    const { outcome } = await finding;
    if (outcome === 'failed') return skipped(`it needs ${id}, which failed`);
    if (outcome === 'skipped') return skipped(`it needs ${id}, which was skipped`);
  }
  if (all.aborted) return skipped('the time for all checks was up');
  const timeout = AbortSignal.timeout(checkMs);
  const signal = AbortSignal.any([timeout, all]);
  const late = failed(`no answer within ${checkMs / 1000} s`, trial.onTimeout);
  try {
    return await Promise.race([trial.run(signal), whenAborted(signal, late)]);
  } catch (error) {
    return signal.aborted
      ? late
      : failed(kindOf(error), 'This is not foreseen: the kind of the failure is all there is');
  }
}

function whenAborted(signal: AbortSignal, finding: Finding): Promise<Finding> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(finding), { once: true }));
}

/** A foreign message may quote anything, a connection string too; our own never does. */
function kindOf(error: unknown): string {
  if (error instanceof PipelineError) return error.message;
  const { name, code } = (error ?? {}) as { readonly name?: unknown; readonly code?: unknown };
  return [name, code].filter((part) => typeof part === 'string').join(' ') || 'an unknown failure';
}
