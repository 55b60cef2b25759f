import { randomUUID } from 'node:crypto';
import { systemClock } from '../../lib/clock';
import { type Source } from '../../lib/decode/event';
import { rebuildLedger } from '../../lib/ledger/rebuild';
import { namespaceInLake } from '../../lib/maintenance/checkpoints/scope';
import { finishFoundPlans } from '../../lib/maintenance/optimise/found-plans';
import { OPTIMISE_DEFAULTS } from '../../lib/maintenance/optimise/room';
import { openLock, toolsWithin } from '../../lib/maintenance/weekly/open';
import { sleep } from '../../lib/rooms';
import { partitionFault } from './hubs';
import { rangeText } from './print';
import { openLake } from './room';
import { underLock } from './under-lock';

export async function rebuild(
  source: Source,
  partition: string,
  { incarnation }: { readonly incarnation: string },
): Promise<void> {
  const { config, clients } = await openLake();
  const of = {
    ...{ source, namespace: namespaceInLake(config), hub: config.hubs[source].toLowerCase() },
    ...{ incarnation: Number(incarnation), partition },
  };
  // It commits staged files of any age, which a sweep beside it might take, and counts files, which are not to be merged meanwhile.
  const rebuilt = await underLock(openLock(config, clients), 'weekly', async (signal) => {
    const { lake, files } = toolsWithin(config, clients, signal);
    const room = { lake, files, clock: systemClock, newId: randomUUID, sleep };
    await finishFoundPlans(room, source, OPTIMISE_DEFAULTS, () => false);
    return await rebuildLedger(lake, of, { clock: systemClock, newId: randomUUID });
  });
  const { ledger, files, adopted, torn } = rebuilt;
  const fault = ledger === null ? await partitionFault(config, source, partition) : null;
  if (fault !== null) throw fault;
  if (ledger === null) console.log('The lake holds nothing of this partition: there is no ledger now.');
  else {
    const gaps = ledger.gaps.length === 0 ? 'no gaps' : `gaps ${ledger.gaps.map(rangeText).join(', ')}`;
    console.log(
      `The ledger covers ${rangeText({ first: ledger.start, last: ledger.last })}, ${gaps}, from ${files} files.`,
    );
  }
  for (const path of adopted) console.log(`published: ${path}`);
  for (const run of torn) console.log(`torn: ${run}; what its lines held is an open gap now`);
}
