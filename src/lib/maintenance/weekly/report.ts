import { PipelineError } from '../../errors';
import { type ArchiveReport } from '../archive/archive';
import { type CleanUp, total } from '../checkpoints/result';
import { type OptimiseReport } from '../optimise/report';
import { type RunOutcome } from '../record';
import { type SweepReport } from '../sweep/report';

/** What came of one step; `skipped` says why it was not begun. */
export type Step<Report> =
  | { readonly did: 'done'; readonly report: Report; readonly isOutOfTime: boolean }
  | { readonly did: 'failed'; readonly error: string }
  | { readonly did: 'skipped'; readonly why: string };

export interface WeeklySteps {
  readonly cleanCheckpoints: Step<CleanUp>;
  readonly sweep: Step<SweepReport>;
  readonly optimisePostgresql: Step<OptimiseReport>;
  readonly optimiseMongodb: Step<OptimiseReport>;
  readonly archive: Step<ArchiveReport>;
}

export interface WeeklyReport extends WeeklySteps {
  readonly dryRun: boolean;
  /** UTC ms */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: Exclude<RunOutcome, 'running'>;
}

/** A step that failed makes the run fail, whatever else it did; one whose time was up is gone on with the next time. */
export function outcomeOf(steps: WeeklySteps): WeeklyReport['outcome'] {
  const all = stepsOf(steps).map(([, step]) => step);
  if (all.some(({ did }) => did === 'failed')) return 'failed';
  return all.some((step) => step.did === 'done' && step.isOutOfTime) ? 'out_of_time' : 'done';
}

/** The error to end a run with of which a step failed; null for any other. */
export function failureOf(report: WeeklyReport): PipelineError | null {
  const failed = stepsOf(report).flatMap(([name, step]) => (step.did === 'failed' ? [`${name}: ${step.error}`] : []));
  if (failed.length === 0) return null;
  return new PipelineError(
    'MAINTENANCE_FAILED',
    `the weekly run went to its end, but not all of it: ${failed.join(' ')} The next run tries again.`,
    { retryable: true },
  );
}

/** The run in figures, for its record: small, whatever the size of the lake. */
export function summaryOf(report: WeeklySteps): Record<string, unknown> {
  const { cleanCheckpoints, sweep, optimisePostgresql, optimiseMongodb, archive } = report;
  return {
    cleanCheckpoints: told(cleanCheckpoints, ({ lookedAt, removed }) => ({ lookedAt, removed: total(removed) })),
    sweep: told(sweep, ({ lookedAt, removed, spared }) => ({ lookedAt, removed, spared })),
    optimisePostgresql: told(optimisePostgresql, optimised),
    optimiseMongodb: told(optimiseMongodb, optimised),
    archive: told(archive, ({ archived, kept }) => ({ archived: archived.length, kept: kept.length })),
  };
}

function optimised({ days, files, totals, left, longestDoubledMs }: OptimiseReport): Record<string, unknown> {
  const reasons: Record<string, number> = {};
  for (const { reason, files: count } of left) reasons[reason] = (reasons[reason] ?? 0) + count;
  return { days, files, ...totals, left: reasons, longestDoubledMs };
}

function told<Report>(step: Step<Report>, figures: (report: Report) => Record<string, unknown>): unknown {
  switch (step.did) {
    case 'done':
      return { did: 'done', isOutOfTime: step.isOutOfTime, ...figures(step.report) };
    case 'failed':
    case 'skipped':
      return step;
    default:
      return step satisfies never;
  }
}

function stepsOf(steps: WeeklySteps): [keyof WeeklySteps, Step<unknown>][] {
  const { cleanCheckpoints, sweep, optimisePostgresql, optimiseMongodb, archive } = steps;
  return Object.entries({ cleanCheckpoints, sweep, optimisePostgresql, optimiseMongodb, archive }) as [
    keyof WeeklySteps,
    Step<unknown>,
  ][];
}
