import { type Source } from '../../decode/event';
import { type Range } from '../../ledger/coverage';
import { type Ledger } from '../../ledger/ledger';
import { parseLedger } from '../../ledger/ledger-json';
import { nameOf, parseName, type DataFile, type Shelf } from '../../ledger/names';
import { isOf } from '../../ledger/open';
import { type Lake } from '../../ledger/port';
import { FoundFiles } from './found';
import { judgePartition, type PartitionProof } from './judge';

/** What the names of files and the ledgers prove of a lake. */
export interface LakeProof {
  readonly partitions: readonly PartitionProof[];
  /** Files below bronze/ and quarantine/ that no ledger speaks for: another program's, or of a ledger that is lost. */
  readonly strangers: Strangers;
  /** Files that were looked at, in all passes. */
  readonly listed: number;
}

export interface Strangers {
  readonly count: number;
  /** The first few. */
  readonly paths: readonly string[];
}

export interface ProveOptions {
  /** Told of files listed so far. */
  readonly onProgress?: (files: number) => void;
}

const SHELVES: readonly Shelf[] = ['bronze', 'quarantine'];
const SOURCES: readonly Source[] = ['postgresql', 'mongodb'];

/**
 * Proves for each partition which of its events are in the lake, from names and ledgers alone: no data file is read, but for the heads of
 * files that two hubs of one source may claim. Writers and the optimiser may go on meanwhile: what looks damaged is looked at again,
 * since a listing is not of one moment.
 */
export async function proveLake(lake: Lake, { onProgress = () => undefined }: ProveOptions = {}): Promise<LakeProof> {
  let listed = 0;
  const told = (): void => onProgress((listed += 1));
  const first = await lookOnce(lake, told);
  const isSound = first.strangers.count === 0 && first.partitions.every(({ verdict }) => verdict !== 'damaged');
  const proof = isSound ? first : await lookOnce(lake, told);
  return { ...proof, listed };
}

async function lookOnce(lake: Lake, told: () => void): Promise<Omit<LakeProof, 'listed'>> {
  // Ledgers before files: what a ledger covers is published, or pending, by then.
  const before = await readLedgers(lake);
  const found = new Map(before.map((ledger) => [ledger, new FoundFiles()]));
  const strangers: string[] = [];
  let count = 0;
  for (const source of SOURCES) {
    for (const shelf of SHELVES) {
      for await (const { path, bytes } of lake.list(`${shelf}/${source}`)) {
        told();
        const file = parseName(nameOf(path));
        const ledger = file === null ? null : await ledgerOf(lake, before, source, file, path);
        if (file !== null && ledger !== null) {
          found.get(ledger)?.note(shelf, file, bytes);
          continue;
        }
        count += 1;
        if (strangers.length < STRANGERS_TOLD) strangers.push(path);
      }
    }
  }
  // And again behind them: what was committed meanwhile is no stranger to its ledger.
  const after = new Map((await readLedgers(lake)).map((ledger) => [keyOf(ledger), ledger]));
  const partitions: PartitionProof[] = [];
  for (const ledger of before) {
    const files = (found.get(ledger) as FoundFiles).finish();
    partitions.push(judgePartition(ledger, files, await waitingRuns(lake, ledger), after.get(keyOf(ledger))));
  }
  return { partitions: partitions.sort(byName), strangers: { count, paths: strangers } };
}

const STRANGERS_TOLD = 20;

/** Every ledger of the lake, those of former incarnations included. @throws PipelineError LEDGER_DAMAGED, LEDGER_NEWER */
export async function readLedgers(lake: Lake): Promise<Ledger[]> {
  const ledgers: Ledger[] = [];
  for await (const { path } of lake.list('_system/ledger')) {
    const found = await lake.read(path);
    if (found !== null) ledgers.push(parseLedger(found.bytes, path));
  }
  return ledgers;
}

/** A name tells partition and incarnation; where several hubs of a source have such a one, the file's first line tells whose it is. */
async function ledgerOf(
  lake: Lake,
  ledgers: readonly Ledger[],
  source: Source,
  file: DataFile,
  path: string,
): Promise<Ledger | null> {
  const candidates = ledgers.filter(
    (ledger) =>
      ledger.source === source && ledger.partition === file.partition && ledger.incarnation === file.incarnation,
  );
  const [only, ...others] = candidates;
  if (only === undefined || others.length === 0) return only ?? null;
  for (const ledger of candidates) if (await isOf(lake, ledger, path)) return ledger;
  return null;
}

/** A ledger names the files of its last commit until the next one; those that are still staged are not published. */
async function waitingRuns(lake: Lake, { pending }: Ledger): Promise<Range[]> {
  const waiting: Range[] = [];
  for (const { staged, final } of pending) {
    const run = parseName(nameOf(final));
    if (run !== null && (await lake.exists(staged))) waiting.push(run);
  }
  return waiting;
}

const keyOf = ({ namespace, hub, incarnation, partition }: Ledger): string =>
  JSON.stringify([namespace, hub, incarnation, partition]);

function byName(a: PartitionProof, b: PartitionProof): number {
  return (
    a.source.localeCompare(b.source) ||
    a.hub.localeCompare(b.hub) ||
    Number(a.partition) - Number(b.partition) ||
    a.incarnation - b.incarnation
  );
}
