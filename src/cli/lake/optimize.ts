import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../lib/clock';
import { azureMaintenanceLake } from '../../lib/lake/azure-maintenance-lake';
import { optimise } from '../../lib/maintenance/optimise/optimise';
import { type OptimiseReport } from '../../lib/maintenance/optimise/report';
import { openLake, type Common } from './room';

export interface OptimizeOptions extends Common {
  /** MiB. */
  readonly target: string;
  readonly minutes: string;
}

export async function optimize({ json, target, minutes }: OptimizeOptions): Promise<void> {
  const { config, clients, lake } = await openLake();
  const files = azureMaintenanceLake(clients, config.requestMs, new AbortController().signal);
  const room = { lake, files, clock: systemClock, newId: randomUUID, sleep: (ms: number) => sleep(ms) };
  const options = { targetBytes: Number(target) * 1024 * 1024, budgetMs: Number(minutes) * 60_000 };
  const reports: OptimiseReport[] = [];
  for (const source of ['postgresql', 'mongodb'] as const) reports.push(await optimise(source, room, options));
  if (json) console.log(JSON.stringify({ sources: reports }));
  else for (const line of reports.flatMap(linesOf)) console.log(line);
}

function linesOf({ source, days, files, merged, left, isOutOfTime, longestDoubledMs }: OptimiseReport): string[] {
  const inputs = merged.reduce((sum, one) => sum + one.inputs, 0);
  const outputs = merged.reduce((sum, one) => sum + one.outputs.length, 0);
  return [
    `${source}: ${days} closed days, ${files} files; ${inputs} files became ${outputs}` +
      (merged.length === 0 ? '' : `, visible twice for ${longestDoubledMs} ms at most`) +
      (isOutOfTime ? '; the time is up, the next run goes on' : ''),
    ...left
      .filter(({ reason }) => reason !== 'good')
      .map(
        ({ day, partition, reason, files: count, detail }) =>
          `  left: ${day}, partition ${partition ?? '?'}: ${count} files, ${reason}${detail === null ? '' : `: ${detail}`}`,
      ),
  ];
}
