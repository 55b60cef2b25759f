import { type Source } from '../../decode/event';
import { PipelineError } from '../../errors';
import { type DailyReport } from './report';
import { DAILY_DEFAULTS, type DailyOptions, type DailyRoom, type RepairSummary } from './room';
import { runSource } from './source';

const SOURCES: readonly Source[] = ['postgresql', 'mongodb'];

/**
 * What is done every day, for each source: publish what is committed, fill gaps from the hub, prove what is in the lake, mark the days that
 * are wholly in it, and tell up to when the source is complete. Any number of runs may go on at once, and each may die at any point.
 *
 * @returns also what could not be done; it throws only what is no PipelineError
 */
export async function runDaily(room: DailyRoom, changes: Partial<DailyOptions> = {}): Promise<DailyReport> {
  const options = { ...DAILY_DEFAULTS, ...changes };
  const { clock } = room;
  const startedAt = clock.now();
  const isPast = (ms: number): boolean => clock.now() >= startedAt + ms;
  const { summaries, failures } = options.dryRun
    ? NOTHING_REPAIRED
    : await repaired(room, () => isPast(options.budgetMs / 2));
  // Beside each other: a source with a great many files must not use up the other's time day after day.
  const ended = await Promise.allSettled(
    SOURCES.map((source) => {
      const before = { repaired: summaries.find((one) => one.source === source) ?? null, failures };
      return runSource(room, source, options, () => isPast(options.budgetMs), before);
    }),
  );
  const sources = ended.map((end) => {
    if (end.status === 'fulfilled') return end.value;
    throw end.reason;
  });
  return { startedAt, dryRun: options.dryRun, sources, ok: sources.every(({ ok }) => ok) };
}

interface Repaired {
  readonly summaries: readonly RepairSummary[];
  readonly failures: readonly string[];
}

const NOTHING_REPAIRED: Repaired = { summaries: [], failures: [] };

async function repaired(room: DailyRoom, isTimeUp: () => boolean): Promise<Repaired> {
  try {
    return { summaries: await room.repair(isTimeUp), failures: [] };
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    return { summaries: [], failures: [error.message] };
  }
}
