import { type Source } from '../decode/event';
import { type Ledger } from '../ledger/ledger';
import { dayPath, nameOf, parseName, type DataFile, type Shelf } from '../ledger/names';
import { type Lake } from '../ledger/port';
import { rebuildCommand } from '../maintenance/completeness/faults';
import { lengthOf } from '../ranges';
import { DAY_MS, dayFolders } from '../time';

const SHELVES: readonly Shelf[] = ['bronze', 'quarantine'];

/** Names that are looked at, for each source: today's and yesterday's, as far as they go. */
const MOST_NAMES = 20_000;
/** Where a source has no ledger at all, any of its files shows that it had one. */
const NAMES_OF_OLD = 1_000;

interface Found {
  readonly path: string;
  readonly file: DataFile;
}

/**
 * What the names of a source's latest files say beside its ledgers: partitions without a ledger, numbers in two files, runs that lack a file.
 * A few requests, for whoever looks at the lake between two daily runs; those prove all of it. Looked at twice, since a listing is not of one moment.
 */
export async function fileTroubles(
  lake: Lake,
  source: Source,
  readOf: () => Promise<readonly Ledger[]>,
  now: number,
): Promise<string[]> {
  const once = async (): Promise<string[]> => {
    const found = await latestFiles(lake, source, now);
    const ledgers = (await readOf()).filter((ledger) => ledger.source === source);
    if (ledgers.length === 0 && found.length === 0) found.push(...(await oldFiles(lake, source)));
    return [...withoutLedger(source, found, ledgers), ...(await overlaps(lake, source, found, ledgers))];
  };
  const first = await once();
  if (first.length === 0) return [];
  const again = new Set(await once());
  return first.filter((trouble) => again.has(trouble));
}

async function latestFiles(lake: Lake, source: Source, now: number): Promise<Found[]> {
  const found: Found[] = [];
  for (const day of dayFolders(now - DAY_MS, now + 1)) {
    for (const shelf of SHELVES) await list(lake, dayPath(shelf, source, day), MOST_NAMES, found);
  }
  return found;
}

async function oldFiles(lake: Lake, source: Source): Promise<Found[]> {
  const found: Found[] = [];
  for (const shelf of SHELVES) await list(lake, `${shelf}/${source}`, NAMES_OF_OLD, found);
  return found;
}

async function list(lake: Lake, folder: string, most: number, found: Found[]): Promise<void> {
  for await (const { path } of lake.list(folder)) {
    const file = parseName(nameOf(path));
    if (file !== null) found.push({ path, file });
    if (found.length >= most) return;
  }
}

const claimOf = ({ partition, incarnation }: Pick<DataFile, 'partition' | 'incarnation'>): string =>
  `${partition} ${incarnation}`;

function withoutLedger(source: Source, found: readonly Found[], ledgers: readonly Ledger[]): string[] {
  const known = new Set(ledgers.map(claimOf));
  const lost = new Map(found.filter(({ file }) => !known.has(claimOf(file))).map((one) => [claimOf(one.file), one]));
  return [...lost.values()].map(
    ({ path, file }) =>
      `${source}, partition ${file.partition}: there is no ledger, though files are there (${path}). ` +
      `Restore it (soft delete), or ${rebuildCommand({ source, ...file })}`,
  );
}

/** Of partitions that one hub alone has: a name does not tell the hub. While a plan merges, repeats are no fault. */
async function overlaps(
  lake: Lake,
  source: Source,
  found: readonly Found[],
  ledgers: readonly Ledger[],
): Promise<string[]> {
  for await (const plan of lake.list(`_system/optimise/${source}`)) if (plan.path !== '') return [];
  const claims = Map.groupBy(ledgers, claimOf);
  const troubles: string[] = [];
  for (const [claim, files] of Map.groupBy(found, ({ file }) => claimOf(file))) {
    const [ledger, ...others] = claims.get(claim) ?? [];
    if (ledger === undefined || others.length > 0) continue;
    const runs = [...Map.groupBy(files, ({ file }) => `${file.first}-${file.last}`).values()].sort(byFirst);
    const where = `${ledger.hub}, partition ${ledger.partition}`;
    let widest: readonly Found[] | null = null;
    for (const run of runs) {
      const [one, before] = [run[0], widest?.[0]];
      if (one === undefined) continue;
      if (before !== undefined && one.file.first <= before.file.last) {
        troubles.push(
          `${where}: ${one.file.first}-${one.file.last} are in two files, ${before.path} and ${one.path}. ` +
            'npm run lake -- verify tells whether it is so still, and what to do',
        );
      } else if (isTorn(run, ledger)) {
        troubles.push(
          `${where}: the other file of the run of ${one.path} is gone. Undelete it (soft delete), or ${rebuildCommand(ledger)}, then npm run lake -- repair`,
        );
      }
      if (before === undefined || one.file.last > before.file.last) widest = run;
    }
  }
  return troubles;
}

/** What the ledger calls pending may be published only in part yet. */
function isTorn(run: readonly Found[], { pending }: Ledger): boolean {
  const [one] = run;
  if (one === undefined) return false;
  const lines = run.reduce((sum, { file }) => sum + BigInt(file.count), 0n);
  if (lines === lengthOf(one.file)) return false;
  return !pending.some(({ final }) => nameOf(final).includes(`_${one.file.first}-${one.file.last}_`));
}

const byFirst = ([a]: readonly Found[], [b]: readonly Found[]): number =>
  a === undefined || b === undefined ? 0 : a.file.first < b.file.first ? -1 : a.file.first > b.file.first ? 1 : 0;
