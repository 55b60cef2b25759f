import { type Config } from '../../lib/config/config';
import { hubProgress } from '../../lib/hub/progress';
import { readLedgers } from '../../lib/maintenance/completeness/prove';
import { rangeText, tableOf } from './print';
import { openLake, type Common } from './room';

export async function status({ json, hub: asksHub }: Common & { readonly hub: boolean }): Promise<void> {
  const { config, lake } = await openLake();
  const ends = asksHub ? await hubEnds(config) : new Map<string, bigint>();
  const partitions = (await readLedgers(lake)).map((ledger) => {
    const end = ends.get(`${ledger.hub}/${ledger.partition}`) ?? null;
    const isCurrent = ledger.successor === null;
    return { ...ledger, lag: end === null || !isCurrent ? null : Number(end - ledger.last) };
  });
  if (json) {
    const told = partitions.map(
      ({ source, hub, incarnation, partition, start, last, lastEnqueuedAt, gaps, pending, counters, lag }) => ({
        ...{ source, hub, incarnation, partition, start: String(start), last: String(last), lag },
        lastEnqueuedTime: new Date(lastEnqueuedAt).toISOString(),
        ...{ gaps: gaps.map(rangeText), committed: pending.length, counters },
      }),
    );
    console.log(JSON.stringify({ partitions: told }));
    return;
  }
  const rows = partitions.map((one) => [
    one.hub,
    one.incarnation === 1 ? one.partition : `${one.partition} (${one.incarnation})`,
    rangeText({ first: one.start, last: one.last }),
    one.lag ?? '',
    new Date(one.lastEnqueuedAt).toISOString(),
    one.gaps.length,
    one.counters.events,
    one.counters.quarantined,
    one.counters.files,
  ]);
  console.log(
    tableOf(['hub', 'partition', 'covered', 'behind', 'latest event', 'gaps', 'events', 'quarantined', 'files'], rows),
  );
}

/** The last sequence number of each partition, by `hub/partition`. */
async function hubEnds({ eventHubs, hubs, requestMs }: Config): Promise<ReadonlyMap<string, bigint>> {
  const ends = new Map<string, bigint>();
  for (const hub of Object.values(hubs)) {
    for (const { partition, last } of await hubProgress(eventHubs, hub, requestMs)) {
      if (last !== null) ends.set(`${hub.toLowerCase()}/${partition}`, last);
    }
  }
  return ends;
}
