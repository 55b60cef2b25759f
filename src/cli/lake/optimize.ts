import { randomUUID } from 'node:crypto';
import { systemClock } from '../../lib/clock';
import { azureLake } from '../../lib/lake/azure-lake';
import { azureMaintenanceLake } from '../../lib/lake/azure-maintenance-lake';
import { optimise } from '../../lib/maintenance/optimise/optimise';
import { type OptimiseReport } from '../../lib/maintenance/optimise/report';
import { type OptimiseOptions, type Progress } from '../../lib/maintenance/optimise/room';
import { openLock } from '../../lib/maintenance/weekly/open';
import { sleep } from '../../lib/rooms';
import { exitCodeOf, linesOf } from './optimize-lines';
import { openLake, type Common, type Opened } from './room';
import { underLock } from './under-lock';

export interface OptimizeOptions extends Common {
  /** MiB; as the settings say where it is left out. */
  readonly target?: string;
  /** Hours; as the settings say where it is left out. */
  readonly after?: string;
  readonly minutes: string;
  readonly dryRun?: boolean;
}

export async function optimize(command: OptimizeOptions): Promise<void> {
  const opened = await openLake();
  const act = (signal?: AbortSignal): Promise<OptimiseReport[]> => optimiseAll(opened, command, signal);
  const reports = await underLock(openLock(opened.config, opened.clients), 'weekly', act, command.dryRun);
  if (command.json) console.log(JSON.stringify({ sources: reports }));
  else for (const line of reports.flatMap(linesOf)) console.log(line);
  process.exitCode = exitCodeOf(reports);
}

async function optimiseAll(
  { config, clients }: Opened,
  { json, target, after, minutes, dryRun = false }: OptimizeOptions,
  signal = new AbortController().signal,
): Promise<OptimiseReport[]> {
  const { requestMs, maintenance } = config;
  const endsAt = systemClock.now() + Number(minutes) * 60_000;
  const isShown = !json && process.stderr.isTTY;
  const room = {
    lake: azureLake(clients, requestMs, signal),
    files: azureMaintenanceLake(clients, requestMs, signal),
    ...{ clock: systemClock, newId: randomUUID, sleep },
    tell(progress: Progress): void {
      if (isShown) process.stderr.write(`\r\u001b[K${textOf(progress, dryRun)}`);
    },
  };
  const reports: OptimiseReport[] = [];
  for (const source of ['postgresql', 'mongodb'] as const) {
    const options: Partial<OptimiseOptions> = {
      targetBytes: target === undefined ? maintenance.targetBytes : Number(target) * 1024 * 1024,
      closedAfterMs: after === undefined ? maintenance.closedAfterMs : Number(after) * 3_600_000,
      // What one source leaves of the time is the other's.
      budgetMs: Math.max(endsAt - systemClock.now(), 0),
      dryRun,
    };
    reports.push(await optimise(source, room, options));
  }
  if (isShown) process.stderr.write('\r\u001b[K');
  return reports;
}

function textOf({ day, days, files, plans }: Progress, dryRun: boolean): string {
  const counted = [days, files, plans].map((count) => count.toLocaleString('en'));
  return `${day}: ${counted[0]} days, ${counted[1]} files listed, ${counted[2]} mergings ${dryRun ? 'to be done' : 'done'} …`;
}
