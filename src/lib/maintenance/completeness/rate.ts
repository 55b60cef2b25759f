import { type Ledger } from '../../ledger/ledger';
import { dayPath, ledgerPath, nameOf, parseName, type Shelf } from '../../ledger/names';
import { type Lake } from '../../ledger/port';
import { dayFolders } from '../../time';

const SHELVES: readonly Shelf[] = ['bronze', 'quarantine'];

/**
 * How many events of each ledger are in files that begin in the period, by ledger path: told by the names in its day folders alone. A name
 * does not tell the hub: null where two hubs of a source have such a partition.
 *
 * @param from UTC ms, as is `to`: enqueued times
 */
export async function eventsBetween(
  lake: Lake,
  ledgers: readonly Ledger[],
  from: number,
  to: number,
): Promise<ReadonlyMap<string, number | null>> {
  const counts = new Map<string, number>();
  for (const source of new Set(ledgers.map((ledger) => ledger.source))) {
    for (const day of dayFolders(from, to)) {
      for (const shelf of SHELVES) {
        for await (const { path } of lake.list(dayPath(shelf, source, day))) {
          const file = parseName(nameOf(path));
          if (file === null || file.firstEnqueuedAt < from || file.firstEnqueuedAt >= to) continue;
          const key = claimOf({ source, ...file });
          counts.set(key, (counts.get(key) ?? 0) + file.count);
        }
      }
    }
  }
  const claims = Map.groupBy(ledgers, claimOf);
  return new Map(
    ledgers.map((ledger) => {
      const isAlone = claims.get(claimOf(ledger))?.length === 1;
      return [ledgerPath(ledger), isAlone ? (counts.get(claimOf(ledger)) ?? 0) : null];
    }),
  );
}

const claimOf = ({ source, partition, incarnation }: Pick<Ledger, 'source' | 'partition' | 'incarnation'>): string =>
  `${source} ${partition} ${incarnation}`;
