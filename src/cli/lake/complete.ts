import { systemClock } from '../../lib/clock';
import { runDailyAlone } from '../../lib/maintenance/daily/alone';
import { runDaily } from '../../lib/maintenance/daily/daily';
import { openDaily } from '../../lib/maintenance/daily/open';
import { type DailyReport } from '../../lib/maintenance/daily/report';
import { type DailyRoom } from '../../lib/maintenance/daily/room';
import { takenBy } from '../../lib/maintenance/lock';
import { openLock } from '../../lib/maintenance/weekly/open';
import { linesOf, reportJson } from './complete-lines';
import { EXIT_MISSING, openLake, type Common, type Opened } from './room';

export interface CompleteOptions extends Common {
  readonly dryRun: boolean;
  readonly minutes: string;
}

/** What the daily timer does, at once. */
export async function complete(command: CompleteOptions): Promise<void> {
  const report = await run(await openLake(), command);
  if (command.json) console.log(JSON.stringify(reportJson(report)));
  else for (const line of linesOf(report)) console.log(line);
  if (!report.ok) process.exitCode = EXIT_MISSING;
}

async function run({ config, clients, lake }: Opened, { dryRun, minutes }: CompleteOptions): Promise<DailyReport> {
  const budgetMs = Number(minutes) * 60_000;
  const open = (signal: AbortSignal): Promise<DailyRoom> => openDaily(config, clients, process.env, signal);
  // It changes nothing, so nobody need wait for it.
  if (dryRun) return await runDaily(await open(new AbortController().signal), { dryRun, budgetMs });
  const lock = openLock(config, clients);
  const report = await runDailyAlone({ lock, lake, clock: systemClock, open }, { budgetMs });
  if (report === 'taken') throw new Error(await takenBy(lock, 'daily'));
  return report;
}
