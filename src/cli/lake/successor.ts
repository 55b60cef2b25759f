import { type Source } from '../../lib/decode/event';
import { hubReader } from '../../lib/hub/reread';
import { namespaceInLake } from '../../lib/maintenance/checkpoints/scope';
import { setSuccessor, type SuccessorRefusal } from '../../lib/maintenance/successor';
import { EXIT_FAILED } from '../exit';
import { openLake, type Common } from './room';

export interface SuccessorOptions extends Common {
  readonly dryRun: boolean;
}

const WHY: Readonly<Record<SuccessorRefusal, string>> = {
  no_ledger: 'the lake has no ledger of it',
  hub_empty: 'its hub has no event that could be compared: do this again once it has one',
  same_hub: "its hub's oldest event is in the lake: it is the same hub, and its events would come in twice",
  not_covered: "the lake has no event of the number of its hub's oldest one: nothing says that it is another hub",
  too_old: "its hub's oldest event is older than the last one in the lake: events of both could not be told apart",
  overtaken: 'writers kept replacing its ledger: stop the app, and do this again',
};

/** After a failover to a hub whose numbers begin anew: what comes from it is of the next incarnation. */
export async function successor(source: Source, partition: string, { json, dryRun }: SuccessorOptions): Promise<void> {
  const { config, lake } = await openLake();
  const { eventHubs, requestMs, maintenance, hubs } = config;
  const hub = hubs[source];
  const reader = hubReader(eventHubs, maintenance.repairGroup, requestMs);
  const of = { namespace: namespaceInLake(config), hub: hub.toLowerCase(), partition };
  const report = await setSuccessor({ lake, reader }, source, of, hub, dryRun);
  if (report.did === 'refused') {
    console.error(`${hub}/${partition}: ${WHY[report.why]}. Nothing was changed.`);
    process.exitCode = EXIT_FAILED;
    return;
  }
  const since = new Date(report.since).toISOString();
  const { incarnation } = report;
  if (json) console.log(JSON.stringify({ ok: true, dryRun, hub, partition, incarnation, since }));
  else {
    const is = dryRun ? 'would be' : 'is';
    console.log(`${hub}/${partition}: what the hub accepted at ${since} or later ${is} of incarnation ${incarnation}.`);
  }
}
