/** What became of a check. `warning`: the app works, but somebody should look; `skipped`: it could not be tried. */
export type Outcome = 'ok' | 'warning' | 'failed' | 'skipped';

/** What a check found, in sentences without a secret, and what to do about it: null where nothing needs doing. */
export interface Finding {
  readonly outcome: Outcome;
  readonly found: string;
  readonly fix: string | null;
}

/** One check and what became of it. */
export interface Check extends Finding {
  readonly id: string;
  readonly title: string;
}

/** How long things may take. */
export interface Patience {
  /** A check that takes longer has failed. */
  readonly checkMs: number;
  /** One request or connection: less, so that its check still tells what came instead of an answer. */
  readonly requestMs: number;
  /** What is not done by then has failed, or is skipped. */
  readonly totalMs: number;
}

/** A check that is to be tried. */
export interface Trial {
  readonly id: string;
  readonly title: string;
  /** Ids of checks that must not have failed before: it is skipped when one has, or was itself skipped. */
  readonly needs: readonly string[];
  /** Ids of checks that are to be done before, whatever became of them. */
  readonly after?: readonly string[];
  /**
   * Never throws for what it looks for; what it throws all the same is told by its kind alone.
   *
   * @param signal aborted when the time is up
   */
  readonly run: (signal: AbortSignal) => Promise<Finding>;
  /** What to do when the time is up. */
  readonly onTimeout: string;
}

export const ok = (found: string): Finding => ({ outcome: 'ok', found, fix: null });
export const warning = (found: string, fix: string): Finding => ({ outcome: 'warning', found, fix });
export const failed = (found: string, fix: string): Finding => ({ outcome: 'failed', found, fix });
export const skipped = (why: string): Finding => ({ outcome: 'skipped', found: why, fix: null });
