import { takenBy } from '../../lib/maintenance/lock';
import { failureOf } from '../../lib/maintenance/weekly/report';
import { runWeekly } from '../../lib/maintenance/weekly/weekly';
import { openWeekly, weeklyOptions } from '../../lib/maintenance/weekly/open';
import { tellHubTroubles } from './hubs';
import { openLake, type Common } from './room';
import { weeklyLines } from './weekly-lines';

export interface WeeklyCommand extends Common {
  readonly dryRun: boolean;
  /** As the settings have it where it is left out. */
  readonly minutes?: string;
}

export async function weekly({ json, dryRun, minutes }: WeeklyCommand): Promise<void> {
  const { config, clients } = await openLake();
  const room = openWeekly(config, clients, () => undefined);
  const options = weeklyOptions(config);
  const budgetMs = minutes === undefined ? options.budgetMs : Number(minutes) * 60_000;
  const report = await runWeekly(room, { ...options, dryRun, budgetMs });
  if (report === 'taken') throw new Error(await takenBy(room.lock, 'weekly'));
  if (json) console.log(JSON.stringify(report));
  else for (const line of weeklyLines(report)) console.log(line);
  await tellHubTroubles(config);
  const failure = failureOf(report);
  if (failure !== null) throw failure;
}
