import { TROUBLES, type Stage } from './troubles';

/** Rounds in which each trouble is made once with a share of the events. */
export const CHAOS_PARTS = 2 * TROUBLES.length;

/** What the demo reports of chaos; each must be above zero for the run to have shown anything. */
export interface ChaosCounts {
  readonly kills: number;
  readonly lostAnswers: number;
  readonly steals: number;
  readonly redelivered: number;
  readonly swapConflicts: number;
}

/**
 * Makes the trouble of part `part` (of {@link CHAOS_PARTS}) while its events flow.
 *
 * @param told gets what was done, in words
 */
export async function makeTrouble(part: number, stage: Stage, told: (line: string) => void): Promise<void> {
  const trouble = TROUBLES[part % TROUBLES.length];
  const line = await trouble?.(stage);
  if (line !== null && line !== undefined) told(line);
}

/** The names of what did not happen: such a run proves less than it says. */
export function notShown(counts: ChaosCounts): string[] {
  return Object.entries(counts)
    .filter(([, count]) => count === 0)
    .map(([name]) => name);
}
