import { type Source } from '../../decode/event';
import { readClosedGaps } from '../../ledger/closed-gaps';
import { Chains, type NamedFile } from '../../ledger/chains';
import { type Ledger } from '../../ledger/ledger';
import { ledgerPath, type DataFile } from '../../ledger/names';
import { isOf } from '../../ledger/open';
import { type Lake } from '../../ledger/port';
import { forEachOf } from '../../parallel';
import { FoundFiles } from './found';
import { judgePartition, type PartitionProof } from './judge';
import { readLedgers, waitingRuns } from './ledgers';
import { parsePlan } from '../optimise/plan-json';
import { filesOf, type FoundPath } from '../../ledger/shelves';
import { Ranges } from '../../ranges';

/** What one listing of a source's files and the ledgers prove of it. */
export interface SourceLook {
  readonly partitions: readonly PartitionProof[];
  readonly strangers: Strangers;
}

/** Files below bronze/ and quarantine/ that no ledger speaks for: another program's, of a ledger that is lost, or in a wrong folder. */
export interface Strangers {
  readonly count: number;
  /** The first few. */
  readonly paths: readonly string[];
}

const STRANGERS_TOLD = 20;

/**
 * Lists a source's files once and compares them with its ledgers.
 *
 * @param isStopped asked at each file; a listing that was stopped proves nothing: null
 */
export async function lookOnce(lake: Lake, source: Source, isStopped: () => boolean): Promise<SourceLook | null> {
  const look = await lookBy(new FileOwners(lake), lake, source, isStopped);
  // Names have misled: then each first line is read.
  return look === 'misled'
    ? ((await lookBy(new FileOwners(lake, true), lake, source, isStopped)) as SourceLook | null)
    : look;
}

async function lookBy(
  owners: FileOwners,
  lake: Lake,
  source: Source,
  isStopped: () => boolean,
): Promise<SourceLook | 'misled' | null> {
  // Ledgers before files: what a ledger covers is published, or pending, by then.
  const before = await ledgersOf(lake, source);
  const claims = Map.groupBy(before, claimOf);
  const found = new Map(before.map((ledger) => [ledger, new FoundFiles()]));
  const strangers: string[] = [];
  let count = 0;
  for await (const one of filesOf(lake, source)) {
    if (isStopped()) return null;
    const ledger = isNamed(one) ? await owners.of(one, claims.get(claimOf(one.file)) ?? []) : null;
    if (isNamed(one) && ledger !== null) {
      found.get(ledger)?.note(one.shelf, one.file, one.bytes);
      continue;
    }
    count += 1;
    if (strangers.length < STRANGERS_TOLD) strangers.push(one.path);
  }
  if (!(await owners.areRight())) return 'misled';
  // And again behind them: what was committed meanwhile is no stranger to its ledger.
  const after = new Map((await ledgersOf(lake, source)).map((ledger) => [ledgerPath(ledger), ledger]));
  const plans = await plannedRanges(lake, source);
  const partitions: PartitionProof[] = [];
  for (const [ledger, files] of found) {
    const pending = await waitingRuns(lake, ledger);
    const closed = await readClosedGaps(lake, ledger);
    const planned = plans.get(ledgerPath(ledger)) ?? new Ranges();
    const later = after.get(ledgerPath(ledger)) ?? ledger;
    partitions.push(judgePartition({ ledger, files: files.finish(), pending, later, closed, planned }));
  }
  return { partitions: partitions.sort(byName), strangers: { count, paths: strangers } };
}

const ledgersOf = async (lake: Lake, wanted: Source): Promise<Ledger[]> =>
  (await readLedgers(lake)).filter(({ source }) => source === wanted);

/** What is being merged of each ledger's partition, by the ledger's path. A plan that cannot be read explains nothing. */
async function plannedRanges(lake: Lake, source: Source): Promise<ReadonlyMap<string, Ranges>> {
  const planned = new Map<string, Ranges>();
  for await (const { path } of lake.list(`_system/optimise/${source}`)) {
    const found = await lake.read(path);
    const plan = found === null ? null : parsePlan(found.bytes, path);
    if (plan === null || typeof plan === 'string') continue;
    const ranges = planned.get(ledgerPath(plan)) ?? new Ranges();
    ranges.add(plan);
    planned.set(ledgerPath(plan), ranges);
  }
  return planned;
}

/** What a name tells of its owner. */
const claimOf = ({ partition, incarnation }: Pick<DataFile, 'partition' | 'incarnation'>): string =>
  `${partition} ${incarnation}`;

const isNamed = (found: FoundPath): found is NamedFile => found.file !== null;

/** First lines at the ends of chains that are read at once. */
const HEADS_AT_ONCE = 16;

/** Where several hubs of a source have such a partition, a file's first line tells whose it is, or that of the file that it follows. */
class FileOwners {
  readonly #lake: Lake;
  readonly #readsEach: boolean;
  readonly #chains = new Chains<Ledger>();

  constructor(lake: Lake, readsEach = false) {
    this.#lake = lake;
    this.#readsEach = readsEach;
  }

  async of(found: NamedFile, candidates: readonly Ledger[]): Promise<Ledger | null> {
    const [only, ...others] = candidates;
    if (only === undefined || others.length === 0) return only ?? null;
    const chain = this.#readsEach ? null : this.#chains.follow(found);
    if (chain !== null) return chain.owner;
    for (const ledger of candidates) {
      if (!(await isOf(this.#lake, ledger, found.path))) continue;
      if (!this.#readsEach) this.#chains.begin(found, ledger);
      return ledger;
    }
    return null;
  }

  /** Whether each chain ends in its owner's hands; a file that was merged away meanwhile tells nothing. */
  async areRight(): Promise<boolean> {
    let areRight = true;
    await forEachOf(this.#chains.ends(), HEADS_AT_ONCE, async ({ owner, last }) => {
      if (areRight && !(await isOf(this.#lake, owner, last.path)) && (await this.#lake.exists(last.path)))
        areRight = false;
    });
    return areRight;
  }
}

function byName(a: PartitionProof, b: PartitionProof): number {
  return (
    a.namespace.localeCompare(b.namespace) ||
    a.hub.localeCompare(b.hub) ||
    Number(a.partition) - Number(b.partition) ||
    a.incarnation - b.incarnation
  );
}
