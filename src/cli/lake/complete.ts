import { systemClock } from '../../lib/clock';
import { runDailyAlone } from '../../lib/maintenance/daily/alone';
import { runDaily } from '../../lib/maintenance/daily/daily';
import { openDaily } from '../../lib/maintenance/daily/open';
import { type DailyReport } from '../../lib/maintenance/daily/report';
import { type DailyRoom } from '../../lib/maintenance/daily/room';
import { takenBy } from '../../lib/maintenance/lock';
import { openLock } from '../../lib/maintenance/weekly/open';
import { linesOf, reportJson } from './complete-lines';
import { conclude, isOfData, tellOnce } from '../exit';
import { tellHubTroubles } from './hubs';
import { openLake, type Common, type Opened } from './room';

export interface CompleteOptions extends Common {
  readonly dryRun: boolean;
  readonly minutes: string;
}

/** What the daily timer does, at once. */
export async function complete(command: CompleteOptions): Promise<void> {
  const opened = await openLake();
  const report = await run(opened, command);
  if (command.json) console.log(JSON.stringify(reportJson(report)));
  else for (const line of linesOf(report)) console.log(line);
  const failures = report.sources.flatMap((source) => source.failures);
  tellOnce(failures.filter((failure) => !isOfHubs(failure)));
  // Each source has its own, and each partition; of the namespace they say the same.
  const ofHubs = failures.filter(isOfHubs);
  if (ofHubs.length > 0 && !(await tellHubTroubles(opened.config))) tellOnce(ofHubs);
  conclude({ isMissing: !report.ok, isUndone: !failures.every(isOfData) });
}

const isOfHubs = (failure: string): boolean => failure.includes('EVENT_HUBS_FAILED');

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
