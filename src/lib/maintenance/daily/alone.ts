import { type Clock } from '../../clock';
import { type Lake } from '../../ledger/port';
import { withLock, type MaintenanceLock } from '../lock';
import { writeRun, type RunRecord } from '../record';
import { runDaily } from './daily';
import { type DailyReport } from './report';
import { type DailyOptions, type DailyRoom } from './room';

export interface DailyTools {
  readonly lock: MaintenanceLock;
  /** For the record alone; its requests are not those of a run that has lost its lock. */
  readonly lake: Lake;
  readonly clock: Clock;
  /** Opens the room; its requests end when the signal is aborted. */
  readonly open: (signal: AbortSignal) => Promise<DailyRoom>;
}

/**
 * The daily run, one at a time, with a record of it for the status page and alerts.
 *
 * @returns `'taken'` when another run is under way
 * @throws what the lock, the record and the run throw
 */
export async function runDailyAlone(
  { lock, lake, clock, open }: DailyTools,
  options: Partial<DailyOptions>,
): Promise<DailyReport | 'taken'> {
  return await withLock(lock, 'daily', async (lost) => {
    const startedAt = clock.now();
    const note = async (outcome: RunRecord['outcome'], summary: RunRecord['summary']): Promise<void> => {
      // Who has lost the lock may find another run's record there.
      if (lost.aborted || options.dryRun === true) return;
      await writeRun(lake, 'daily', {
        startedAt,
        endedAt: outcome === 'running' ? null : clock.now(),
        outcome,
        summary,
      });
    };
    await note('running', {});
    try {
      const report = await runDaily(await open(lost), options);
      await note(report.ok ? 'done' : 'failed', summaryOf(report));
      return report;
    } catch (error) {
      // The record must not hide what failed.
      await note('failed', { error: String(error) }).catch(() => undefined);
      throw error;
    }
  });
}

/** The run in figures: small, whatever the size of the lake. */
export function summaryOf({ sources, ok }: DailyReport): Record<string, unknown> {
  const told = sources.map(({ source, completeThrough, totals, filled, newlyLost, daysMarked }) => [
    source,
    {
      completeThrough: completeThrough === null ? null : new Date(completeThrough).toISOString(),
      ...{ filled, newlyLost, daysMarked: daysMarked.length, totals },
    },
  ]);
  return { ok, sources: Object.fromEntries(told) as Record<string, unknown> };
}
