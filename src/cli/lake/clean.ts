import { systemClock } from '../../lib/clock';
import { readConfig } from '../../lib/config/read';
import { credentialFor } from '../../lib/credential';
import { hubNamespace } from '../../lib/hub/presence';
import { azureCheckpoints } from '../../lib/lake/azure-checkpoints';
import { openHostCheckpoints } from '../../lib/lake/host-storage';
import { cleanCheckpoints } from '../../lib/maintenance/checkpoints/clean';
import { total } from '../../lib/maintenance/checkpoints/result';
import { ownScope } from '../../lib/maintenance/checkpoints/scope';
import { tableOf } from './print';
import { type Common } from './room';

export async function clean({ json, dryRun }: Common & { readonly dryRun: boolean }): Promise<void> {
  const config = readConfig(process.env);
  const container = await openHostCheckpoints(process.env, credentialFor);
  const { requestMs, eventHubs } = config;
  const signal = new AbortController().signal;
  const result = await cleanCheckpoints(
    {
      blobs: azureCheckpoints(container, { requestMs, signal }),
      namespace: hubNamespace(eventHubs, requestMs),
      clock: systemClock,
      tell: ({ name, did, reason, detail }) => {
        if (!json && did !== 'left') console.log(`${did}: ${name} (${reason}${detail === null ? '' : `, ${detail}`})`);
      },
    },
    ownScope(config),
    { dryRun, budgetMs: Infinity, atOnce: 4, confirmAfterMs: 2_000 },
  );
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
