import { type Source } from '../../decode/event';
import { PipelineError } from '../../errors';
import { DAY_MS } from '../../time';
import { archiveLedgers, type ArchiveReport } from '../archive/archive';
import { cleanCheckpoints } from '../checkpoints/clean';
import { type CleanUp } from '../checkpoints/result';
import { withLock } from '../lock';
import { optimise } from '../optimise/optimise';
import { type OptimiseReport } from '../optimise/report';
import { type RunRecord, writeRun } from '../record';
import { sweep } from '../sweep/sweep';
import { outcomeOf, summaryOf, type Step, type WeeklyReport, type WeeklySteps } from './report';
import { type WeeklyOptions, type WeeklyRoom, type WeeklyTools } from './room';

/** Questions, and requests to storage, under way at once while checkpoints and ledgers of gone hubs are put away. */
const AT_ONCE = 4;

/** The archive moves few files: what optimising leaves it of the time when that is up. */
const ARCHIVE_MS = 60_000;

/**
 * The weekly run, one at a time but for dry runs, which take no lock: puts away what nobody needs, then merges the files of closed days in the time that is
 * left, then archives the ledgers of hubs that are gone, which merging still asks for. A step that fails is told and stops
 * no other; whoever calls ends with {@link failureOf} the report. Killed at any point, the next run goes on.
 *
 * @returns what came of each step; `'taken'` when another run is under way
 * @throws PipelineError STORAGE_FAILED when the lock or the record cannot be written
 */
export async function runWeekly(room: WeeklyRoom, options: WeeklyOptions): Promise<WeeklyReport | 'taken'> {
  const run = async (lost: AbortSignal): Promise<WeeklyReport> => {
    const { clock } = room;
    const { dryRun, budgetMs } = options;
    const startedAt = clock.now();
    // Its requests are few, and not those of a run that has lost its lock.
    const { lake } = room.toolsWithin(new AbortController().signal);
    const note = async (record: RunRecord): Promise<void> => {
      // Who has lost the lock may find another run's record there.
      if (!dryRun && !lost.aborted) await writeRun(lake, 'weekly', record);
    };
    await note({ startedAt, endedAt: null, outcome: 'running', summary: {} });
    const steps = await takeSteps(room, room.toolsWithin(lost), options, startedAt + budgetMs, lost);
    const report = { dryRun, startedAt, endedAt: clock.now(), outcome: outcomeOf(steps), ...steps };
    await note({ startedAt, endedAt: report.endedAt, outcome: report.outcome, summary: summaryOf(steps) });
    return report;
  };
  return options.dryRun ? await run(new AbortController().signal) : await withLock(room.lock, 'weekly', run);
}

async function takeSteps(
  room: WeeklyRoom,
  tools: WeeklyTools,
  options: WeeklyOptions,
  until: number,
  lost: AbortSignal,
): Promise<WeeklySteps> {
  const { clock } = room;
  const { dryRun, budgetMs, closedAfterMs, retentionMs } = options;
  const leftMs = (): number => Math.max(0, until - clock.now());
  const third = (): number => Math.min(budgetMs / 3, leftMs());
  const step = <R>(act: () => Promise<R>, isOutOfTime: (report: R) => boolean): Promise<Step<R>> =>
    takeStep(act, isOutOfTime, lost);

  const cleaned = await step<CleanUp>(
    async () => clean(room, tools, dryRun, third(), options.confirmAfterMs),
    ({ complete }) => !complete,
  );
  const swept = await step(
    () => sweep({ ...tools, clock }, { dryRun, budgetMs: third() }),
    (report) => report.isOutOfTime,
  );
  const merge = (source: Source, ms: number): Promise<Step<OptimiseReport>> => {
    const { targetBytes } = options;
    const mergingRoom = { ...tools, clock, newId: room.newId, sleep: room.sleep };
    return step(
      () => optimise(source, mergingRoom, { dryRun, targetBytes, closedAfterMs, budgetMs: ms }),
      (report) => report.isOutOfTime,
    );
  };
  // Half for each; what the first leaves is the second's.
  const optimisePostgresql = await merge('postgresql', leftMs() / 2);
  const optimiseMongodb = await merge('mongodb', leftMs());
  const isOptimised = (source: Source): boolean =>
    isThrough(source === 'postgresql' ? optimisePostgresql : optimiseMongodb);
  const archive: Step<ArchiveReport> =
    cleaned.did === 'done'
      ? await step(
          () => {
            const eventMs = Math.max(retentionMs, closedAfterMs + DAY_MS);
            const ask = { dryRun, budgetMs: ARCHIVE_MS, atOnce: AT_ONCE, eventMs, isOptimised };
            return archiveLedgers({ ...tools, clock }, cleaned.report.toArchive, ask);
          },
          ({ kept }) => kept.some(({ why }) => why === 'out_of_time'),
        )
      : { did: 'skipped', why: 'which hubs are gone was not asked' };
  return { cleanCheckpoints: cleaned, sweep: swept, optimisePostgresql, optimiseMongodb, archive };
}

async function clean(
  room: WeeklyRoom,
  tools: WeeklyTools,
  dryRun: boolean,
  budgetMs: number,
  confirmAfterMs: number,
): Promise<CleanUp> {
  const { namespace, clock, tell, scope } = room;
  const blobs = await tools.openCheckpoints();
  return await cleanCheckpoints({ blobs, namespace, clock, tell }, scope, {
    ...{ dryRun, budgetMs, confirmAfterMs },
    atOnce: AT_ONCE,
  });
}

/** One step's trouble holds up no other; a lock that is lost holds up all that come after. */
async function takeStep<R>(
  act: () => Promise<R>,
  isOutOfTime: (report: R) => boolean,
  lost: AbortSignal,
): Promise<Step<R>> {
  try {
    lost.throwIfAborted();
    const report = await act();
    lost.throwIfAborted();
    return { did: 'done', report, isOutOfTime: isOutOfTime(report) };
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    return { did: 'failed', error: error.message };
  }
}

/** Whether nothing of a source's closed days waits to be merged, or to be settled by somebody. */
function isThrough(step: Step<OptimiseReport>): boolean {
  if (step.did !== 'done' || step.isOutOfTime) return false;
  return !step.report.left.some(({ reason }) => WAITING.has(reason));
}

const WAITING: ReadonlySet<string> = new Set<OptimiseReport['left'][number]['reason']>([
  ...(['failed', 'out_of_time', 'changed_meanwhile', 'ledger_busy'] as const),
  ...(['plan_unreadable', 'plan_broken'] as const),
]);
