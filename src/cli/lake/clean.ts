import { cleanCheckpoints } from '../../lib/maintenance/checkpoints/clean';
import { type Action, type CleanUp, total } from '../../lib/maintenance/checkpoints/result';
import { openWeekly, toolsWithin } from '../../lib/maintenance/weekly/open';
import { tellHubTroubles } from './hubs';
import { tableOf } from './print';
import { openLake, type Common } from './room';
import { underLock } from './under-lock';

export async function clean({ json, dryRun }: Common & { readonly dryRun: boolean }): Promise<void> {
  const { config, clients } = await openLake();
  const tell = ({ name, did, reason, detail }: Action): void => {
    if (!json && did !== 'left') console.log(`${did}: ${name} (${reason}${detail === null ? '' : `, ${detail}`})`);
  };
  const { lock, namespace, scope, clock } = openWeekly(config, clients, tell);
  const act = async (signal: AbortSignal): Promise<CleanUp> => {
    const blobs = await toolsWithin(config, clients, signal).openCheckpoints();
    const options = { dryRun, budgetMs: Infinity, atOnce: 4, confirmAfterMs: 2_000 };
    return await cleanCheckpoints({ blobs, namespace, clock, tell }, scope, options);
  };
  const result = await underLock(lock, 'weekly', act, dryRun);
  // What the namespace does not tell is left: nothing is proven without its answers.
  await tellHubTroubles(config);
  if (json) {
    console.log(JSON.stringify(result));
    return;
  }
  const told = (what: string, counts: Readonly<Record<string, number>>): [string, string, number][] =>
    Object.entries(counts).map(([why, records]) => [what, why, records]);
  const rows = [
    ...told(dryRun ? 'to be removed' : 'removed', result.removed),
    ...told('left', result.left),
    ...told("somebody else's", result.foreign),
  ];
  console.log(tableOf(['what', 'why', 'records'], rows));
  console.log(
    `${result.lookedAt} records looked at, ${total(result.removed)} ${dryRun ? 'to be removed' : 'removed'}.`,
  );
}
