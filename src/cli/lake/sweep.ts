import { systemClock } from '../../lib/clock';
import { sweep as sweepLake } from '../../lib/maintenance/sweep/sweep';
import { type SweepReport } from '../../lib/maintenance/sweep/report';
import { openLock, toolsWithin } from '../../lib/maintenance/weekly/open';
import { openLake, type Common } from './room';
import { underLock } from './under-lock';

export async function sweep({ json, dryRun }: Common & { readonly dryRun: boolean }): Promise<void> {
  const { config, clients } = await openLake();
  const act = (signal: AbortSignal): Promise<SweepReport> =>
    sweepLake({ ...toolsWithin(config, clients, signal), clock: systemClock }, { dryRun, budgetMs: Infinity });
  const report = await underLock(openLock(config, clients), 'weekly', act, dryRun);
  if (json) console.log(JSON.stringify(report));
  else for (const line of sweepLines(report)) console.log(line);
}

export function sweepLines({ dryRun, lookedAt, removed, spared, troubles }: SweepReport): string[] {
  const reasons = Object.entries(spared).map(([why, files]) => `${files.toLocaleString('en')} ${why}`);
  const mib = (removed.bytes / 1_048_576).toLocaleString('en', { maximumFractionDigits: 1 });
  return [
    `${lookedAt.toLocaleString('en')} files looked at, ${removed.files.toLocaleString('en')} ` +
      `${dryRun ? 'to be removed' : 'removed'} (${mib} MiB)` +
      (reasons.length === 0 ? '.' : `; left: ${reasons.join(', ')}.`),
    ...troubles.map((trouble) => `  ${trouble}`),
  ];
}
