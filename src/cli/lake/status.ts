import { systemClock } from '../../lib/clock';
import { type Config } from '../../lib/config/config';
import { azureMaintenanceLake } from '../../lib/lake/azure-maintenance-lake';
import { ledgerPath } from '../../lib/ledger/names';
import { readLedgers, waitingRuns } from '../../lib/maintenance/completeness/ledgers';
import { eventsBetween } from '../../lib/maintenance/completeness/rate';
import { conclude, tellOnce } from '../exit';
import { askHubs } from './hubs';
import { fileTroubles } from '../../lib/status/files';
import { rangeText, tableOf } from './print';
import { openLake, type Common } from './room';

/** The rate is over the last hour, by the time at which the hub accepted the events: a minute's would show nothing but batches. */
const RATE_MINUTES = 60;

export async function status({ json, hub: asksHub }: Common & { readonly hub: boolean }): Promise<void> {
  const { config, clients, lake } = await openLake();
  const ends = asksHub ? await hubEnds(config) : new Map<string, bigint>();
  const writtenAt = new Map<string, number>();
  const files = azureMaintenanceLake(clients, config.requestMs, new AbortController().signal);
  for await (const { path, modifiedAt } of files.list('_system/ledger')) writtenAt.set(path, modifiedAt);
  const ledgers = await readLedgers(lake);
  const now = systemClock.now();
  const troubles: string[] = [];
  for (const source of ['postgresql', 'mongodb'] as const) {
    troubles.push(...(await fileTroubles(lake, source, () => readLedgers(lake), now)));
  }
  conclude({ isMissing: troubles.length > 0 });
  const events = await eventsBetween(lake, ledgers, now - RATE_MINUTES * 60_000, now);
  const partitions = await Promise.all(
    ledgers.map(async (ledger) => {
      const path = ledgerPath(ledger);
      const end = ends.get(`${ledger.hub}/${ledger.partition}`) ?? null;
      const counted = events.get(path) ?? null;
      return {
        ...ledger,
        lag: end === null || ledger.successor !== null ? null : Number(end > ledger.last ? end - ledger.last : 0n),
        writtenAt: writtenAt.get(path) ?? null,
        perMinute: counted === null ? null : counted / RATE_MINUTES,
        waiting: (await waitingRuns(lake, ledger)).length,
      };
    }),
  );
  if (json) {
    const told = partitions.map(
      ({ source, hub, incarnation, partition, start, last, lastEnqueuedAt, gaps, waiting, counters, lag, ...one }) => ({
        ...{ source, hub, incarnation, partition, start: String(start), last: String(last), lag },
        lastEnqueuedTime: new Date(lastEnqueuedAt).toISOString(),
        lastWriteTime: timeText(one.writtenAt) || null,
        eventsPerMinuteOfLastHour: one.perMinute,
        ...{ gaps: gaps.map(rangeText), pending: waiting, counters },
      }),
    );
    console.log(JSON.stringify({ partitions: told, troubles }));
    return;
  }
  const rows = partitions.map((one) => [
    one.hub,
    one.incarnation === 1 ? one.partition : `${one.partition} (${one.incarnation})`,
    rangeText({ first: one.start, last: one.last }),
    one.lag ?? '',
    timeText(one.lastEnqueuedAt),
    timeText(one.writtenAt),
    one.perMinute === null ? '' : Math.round(one.perMinute * 10) / 10,
    ...[one.gaps.length, one.waiting, one.counters.events, one.counters.quarantined, one.counters.files],
  ]);
  const [times, counts] = [
    ['latest event', 'last write', 'events/min (last hour)'],
    ['gaps', 'pending', 'events', 'quarantined', 'files'],
  ];
  for (const trouble of troubles) console.log(trouble);
  console.log(tableOf(['hub', 'partition', 'covered', 'behind', ...times, ...counts], rows));
}

const timeText = (at: number | null): string => (at === null ? '' : new Date(at).toISOString());

/** The last sequence number of each partition, by `hub/partition`; none of a hub that does not answer, which is told. */
async function hubEnds(config: Config): Promise<ReadonlyMap<string, bigint>> {
  const ends = new Map<string, bigint>();
  const asked = await askHubs(config);
  tellOnce(asked.troubles);
  conclude({ isUndone: asked.troubles.length > 0 });
  for (const [source, { partitions }] of asked.answers) {
    for (const { partition, last } of partitions) {
      if (last !== null) ends.set(`${config.hubs[source].toLowerCase()}/${partition}`, last);
    }
  }
  return ends;
}
