import { type Source } from '../../decode/event';
import { readClosedGaps } from '../../ledger/closed-gaps';
import { type Ledger } from '../../ledger/ledger';
import { ledgerPath, type DataFile } from '../../ledger/names';
import { isOf } from '../../ledger/open';
import { type Lake } from '../../ledger/port';
import { FoundFiles } from './found';
import { judgePartition, type PartitionProof } from './judge';
import { readLedgers, waitingRuns } from './ledgers';
import { parsePlan } from '../optimise/plan-json';
import { filesOf } from './listing';
import { Ranges } from './ranges';

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
  // Ledgers before files: what a ledger covers is published, or pending, by then.
  const before = await ledgersOf(lake, source);
  const claims = Map.groupBy(before, claimOf);
  const found = new Map(before.map((ledger) => [ledger, new FoundFiles()]));
  const strangers: string[] = [];
  let count = 0;
  for await (const { shelf, path, bytes, file } of filesOf(lake, source)) {
    if (isStopped()) return null;
    const ledger = file === null ? null : await ownerOf(lake, claims.get(claimOf(file)) ?? [], path);
    if (file !== null && ledger !== null) {
      found.get(ledger)?.note(shelf, file, bytes);
      continue;
    }
    count += 1;
    if (strangers.length < STRANGERS_TOLD) strangers.push(path);
  }
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

/** Where several hubs of a source have such a partition, the file's first line tells whose it is. */
async function ownerOf(lake: Lake, candidates: readonly Ledger[], path: string): Promise<Ledger | null> {
  const [only, ...others] = candidates;
  if (only === undefined || others.length === 0) return only ?? null;
  for (const ledger of candidates) if (await isOf(lake, ledger, path)) return ledger;
  return null;
}

function byName(a: PartitionProof, b: PartitionProof): number {
  return (
    a.namespace.localeCompare(b.namespace) ||
    a.hub.localeCompare(b.hub) ||
    Number(a.partition) - Number(b.partition) ||
    a.incarnation - b.incarnation
  );
}
