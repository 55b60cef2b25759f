import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../lib/clock';
import { type Source } from '../../lib/decode/event';
import { namespaceOf } from '../../lib/hub/connect';
import { azureMaintenanceLake } from '../../lib/lake/azure-maintenance-lake';
import { rebuildLedger } from '../../lib/ledger/rebuild';
import { finishFoundPlans } from '../../lib/maintenance/optimise/found-plans';
import { OPTIMISE_DEFAULTS } from '../../lib/maintenance/optimise/room';
import { rangeText } from './print';
import { openLake } from './room';

export async function rebuild(
  source: Source,
  partition: string,
  { incarnation }: { readonly incarnation: string },
): Promise<void> {
  const { config, lake, clients } = await openLake();
  // A file that is being merged would be counted twice, or not at all.
  const files = azureMaintenanceLake(clients, config.requestMs, new AbortController().signal);
  const room = { lake, files, clock: systemClock, newId: randomUUID, sleep: (ms: number) => sleep(ms) };
  await finishFoundPlans(room, source, OPTIMISE_DEFAULTS, () => false);
  const namespace = namespaceOf(config.eventHubs).replace(/:\d+$/, '').toLowerCase();
  const of = { source, namespace, hub: config.hubs[source].toLowerCase(), incarnation: Number(incarnation), partition };
  const {
    ledger,
    files: found,
    adopted,
    torn,
  } = await rebuildLedger(lake, of, { clock: systemClock, newId: randomUUID });
  if (ledger === null) console.log('The lake holds nothing of this partition: there is no ledger now.');
  else {
    const gaps = ledger.gaps.length === 0 ? 'no gaps' : `gaps ${ledger.gaps.map(rangeText).join(', ')}`;
    console.log(
      `The ledger covers ${rangeText({ first: ledger.start, last: ledger.last })}, ${gaps}, from ${found} files.`,
    );
  }
  for (const path of adopted) console.log(`published: ${path}`);
  for (const run of torn) console.log(`torn: ${run}; what its lines held is an open gap now`);
}
