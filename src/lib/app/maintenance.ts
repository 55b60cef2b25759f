import { systemClock } from '../clock';
import { PipelineError } from '../errors';
import { azureLake } from '../lake/azure-lake';
import { type Lake } from '../ledger/port';
import { total } from '../maintenance/checkpoints/result';
import { runDailyAlone } from '../maintenance/daily/alone';
import { openDaily } from '../maintenance/daily/open';
import { type SourceReport } from '../maintenance/daily/report';
import { takenBy } from '../maintenance/lock';
import { readRun } from '../maintenance/record';
import { type OptimiseReport } from '../maintenance/optimise/report';
import { openLock, openWeekly, weeklyOptions } from '../maintenance/weekly/open';
import { failureOf, summaryOf, type Step, type WeeklyReport } from '../maintenance/weekly/report';
import { runWeekly } from '../maintenance/weekly/weekly';
import { type Telemetry } from '../observability/telemetry';
import { line, shared, type InvocationLike, type Shared } from './process';

/** The weekly timer's handler: looks after checkpoints, debris and small files. It throws when a step failed. */
export async function weeklyHandler(_timer: unknown, context: InvocationLike): Promise<void> {
  await told('weekly', context, async ({ config, clients, telemetry }) => {
    const room = openWeekly(config, clients, (action) => {
      // What stays as it is, is the rule; the summary counts it.
      if (action.did !== 'left') context.log(line({ message: 'checkpoint', ...action }));
    });
    const report = await runWeekly(room, weeklyOptions(config));
    if (report === 'taken') return { outcome: 'taken', detail: await takenBy(room.lock, 'weekly') };
    measureWeekly(telemetry, report);
    const failure = failureOf(report);
    return { outcome: report.outcome, detail: summaryOf(report), ...(failure === null ? {} : { failure }) };
  });
}

/** The daily timer's handler: fills gaps, proves and marks. It throws when something is missing, so that an alert need only look at failures. */
export async function dailyHandler(_timer: unknown, context: InvocationLike): Promise<void> {
  await told('daily', context, async ({ config, clients, telemetry }) => {
    const lock = openLock(config, clients);
    const lake = azureLake(clients, config.requestMs, new AbortController().signal);
    const open = (signal: AbortSignal) => openDaily(config, clients, process.env, signal);
    const report = await runDailyAlone(
      { lock, lake, clock: systemClock, open },
      { budgetMs: config.maintenance.runMs },
    );
    if (report === 'taken') return { outcome: 'taken', detail: await takenBy(lock, 'daily') };
    for (const one of report.sources) tellSource(one, telemetry, context);
    const outcome = report.sources.some(({ isOutOfTime }) => isOutOfTime) ? 'out_of_time' : 'done';
    telemetry.maintenance({ task: 'completeness', outcome: report.ok ? outcome : 'failed' });
    const weeklyAgeHours = await weeklyAge(lake);
    return report.ok
      ? { outcome, weeklyAgeHours }
      : { outcome: 'failed', weeklyAgeHours, failure: incomplete(report.sources) };
  });
}

/** What a run comes to, for its line. */
interface End {
  readonly outcome: string;
  readonly detail?: unknown;
  readonly failure?: PipelineError;
  readonly weeklyAgeHours?: number | null;
}

const HOUR_MS = 3_600_000;

/** How long ago the last weekly run ended, or began where it never did; null where there is none. An alert looks back two days at most. */
async function weeklyAge(lake: Lake): Promise<number | null> {
  const last = await readRun(lake, 'weekly').catch(() => null);
  return last === null ? null : (systemClock.now() - (last.endedAt ?? last.startedAt)) / HOUR_MS;
}

/** Runs it and logs one line about it, whatever it comes to. */
async function told(
  task: 'weekly' | 'daily',
  context: InvocationLike,
  run: (opened: Shared) => Promise<End>,
): Promise<void> {
  const opened = await shared();
  const startedAt = systemClock.now();
  const tell = ({ outcome, detail, weeklyAgeHours }: Omit<End, 'failure'>): void => {
    const durationMs = systemClock.now() - startedAt;
    const fields = line({
      message: 'maintenance',
      task,
      outcome,
      durationMs,
      ...(detail === undefined ? {} : { detail }),
      ...(weeklyAgeHours === undefined ? {} : { weeklyAgeHours }),
    });
    if (outcome === 'failed') context.error(fields);
    else if (outcome === 'taken') context.warn(fields);
    else context.log(fields);
  };
  try {
    const end = await run(opened);
    tell(end);
    if (end.failure !== undefined) opened.telemetry.failed({}, end.failure, context);
    if (end.failure === undefined) return;
    throw end.failure;
  } catch (error) {
    if (error instanceof PipelineError && (error.code === 'MAINTENANCE_FAILED' || error.code === 'LAKE_INCOMPLETE'))
      throw error;
    tell({ outcome: 'failed', detail: String(error) });
    opened.telemetry.failed({}, error, context);
    throw error;
  }
}

function tellSource(one: SourceReport, telemetry: Telemetry, context: InvocationLike): void {
  const { source, ok, completeThrough, totals, filled, newlyLost } = one;
  const missing = (totals?.missing ?? 0) + (totals?.torn ?? 0) + (totals?.gaps ?? 0);
  const lost = totals?.lost ?? 0;
  telemetry.completeness(source, { missing, lost, completeThrough });
  const fields = line({
    ...{ message: 'completeness', source, ok },
    completeThrough: completeThrough === null ? null : new Date(completeThrough).toISOString(),
    ...totals,
    ...{ filled, newlyLost, why: one.why, faults: one.faults, failures: one.failures },
  });
  if (ok) context.log(fields);
  else context.error(fields);
}

function incomplete(sources: readonly SourceReport[]): PipelineError {
  const said = sources
    .filter(({ ok }) => !ok)
    .map(({ source, faults, failures, why, newlyLost }) => {
      const lost = newlyLost === 0 ? [] : [`${newlyLost} events are newly lost`];
      return `${source}: ${[...lost, ...faults, ...failures, ...why].slice(0, 10).join('; ')}`;
    });
  return new PipelineError(
    'LAKE_INCOMPLETE',
    `${said.join('. ')}. npm run lake -- verify tells all of it, npm run lake -- repair fills what the hub still has.`,
    { retryable: true },
  );
}

function measureWeekly(telemetry: Telemetry, report: WeeklyReport): void {
  const outcomeOf = (step: Step<unknown>): 'done' | 'out_of_time' | 'failed' | null =>
    step.did === 'skipped' ? null : step.did === 'failed' ? 'failed' : step.isOutOfTime ? 'out_of_time' : 'done';
  const { cleanCheckpoints, sweep } = report;
  const cleaned = outcomeOf(cleanCheckpoints);
  if (cleaned !== null) {
    const figures =
      cleanCheckpoints.did === 'done'
        ? { lookedAt: cleanCheckpoints.report.lookedAt, removed: total(cleanCheckpoints.report.removed) }
        : {};
    telemetry.maintenance({ task: 'clean_checkpoints', outcome: cleaned, ...figures });
  }
  const swept = outcomeOf(sweep);
  if (swept !== null) {
    const figures =
      sweep.did === 'done' ? { lookedAt: sweep.report.lookedAt, removed: sweep.report.removed.files } : {};
    telemetry.maintenance({ task: 'sweep_staging', outcome: swept, ...figures });
  }
  const merging: readonly (readonly [SourceReport['source'], Step<OptimiseReport>])[] = [
    ['postgresql', report.optimisePostgresql],
    ['mongodb', report.optimiseMongodb],
  ];
  for (const [source, step] of merging) {
    const outcome = outcomeOf(step);
    if (outcome === null) continue;
    const figures = step.did === 'done' ? { lookedAt: step.report.files, merged: step.report.totals.inputs } : {};
    telemetry.maintenance({ task: 'optimize', outcome, source, ...figures });
  }
}
