import { type Source } from '../../decode/event';
import { PipelineError } from '../../errors';
import { readClosedGaps } from '../../ledger/closed-gaps';
import { type Ledger } from '../../ledger/ledger';
import { ledgerPath, nameOf, parseName, type Incarnate } from '../../ledger/names';
import { readLedger } from '../../ledger/open';
import { type Lake } from '../../ledger/port';
import { publishPending } from '../../ledger/publish';
import { coveredParts, reopened } from '../../ledger/rules';
import { swapLedger } from '../../ledger/swap';
import { proveLake, proveSource } from '../completeness/prove';
import { type RepairRoom } from './room';
import { common, minus, type Range } from '../../ranges';

const MAX_ROUNDS = 8;

/**
 * The numbers that ledgers cover and no file names, by ledger path. Proven twice, one after the other: a listing is not of one moment, and
 * what is taken back wrongly comes in twice.
 */
export async function missingNumbers({ lake, sleep }: RepairRoom): Promise<ReadonlyMap<string, readonly Range[]>> {
  const once = async (): Promise<Map<string, readonly Range[]>> => {
    const { partitions } = await proveLake(lake, { sleep });
    // Of a run of which one file is there, the other's lines cannot be told by name: those are not read again.
    return new Map(partitions.map((proof) => [ledgerPath(proof), minus(proof.missing, proof.torn)]));
  };
  const [first, second] = [await once(), await once()];
  return new Map([...first].map(([path, missing]) => [path, common(missing, second.get(path) ?? [])]));
}

/**
 * The numbers that files name and no ledger covers, by ledger path: an older ledger was put back. To it they are gaps, or never came, and
 * what is read again of them comes in twice. Null when the time was up before all files were listed.
 */
export async function uncoveredNumbers(
  { lake, sleep }: RepairRoom,
  isTimeUp: () => boolean,
): Promise<ReadonlyMap<string, readonly Range[]> | null> {
  const uncovered = new Map<string, readonly Range[]>();
  for (const source of ['postgresql', 'mongodb'] as const) {
    const proof = await proveSource(lake, source, { sleep }, isTimeUp);
    if (proof === null) return null;
    for (const one of proof.partitions) uncovered.set(ledgerPath(one), one.uncovered);
  }
  return uncovered;
}

/** What of `missing` a ledger may take back now, or why nothing. */
export type Reopening =
  | { readonly kind: 'reopened'; readonly ledger: Ledger; readonly ranges: readonly Range[]; readonly beyond: Range[] }
  | { readonly kind: 'refused'; readonly reason: 'optimise_plan' | 'nothing_left'; readonly detail: string };

/**
 * Takes back the coverage of `missing`: what is pending is published first and stays covered, as does what was closed as a gap.
 * What was at the end of the coverage is no gap afterwards: it is `beyond` its end.
 *
 * @throws PipelineError what publishing throws, `SWAP_CONTENTION`
 */
export async function reopen(
  room: RepairRoom,
  source: Source,
  of: Incarnate,
  missing: readonly Range[],
  isDryRun: boolean,
): Promise<Reopening | null> {
  const { lake, landing } = room;
  let tried: (Reopening & { kind: 'reopened' }) | null = null;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const plan = await planOf(lake, source, of.partition);
    if (plan !== null) {
      return { kind: 'refused', reason: 'optimise_plan', detail: `${plan}: npm run lake -- optimize finishes it` };
    }
    const open = await readLedger(lake, of);
    if (open === null) return null;
    // The swap had won after all, and its answer was lost.
    if (tried !== null && open.ledger.generation === tried.ledger.generation) return tried;
    if (!isDryRun) await publishPending(lake, open.ledger);
    const spared = [...pendingRuns(open.ledger), ...(await readClosedGaps(lake, of))];
    const ranges = coveredParts(open.ledger, minus(missing, spared));
    if (ranges.length === 0) return null;
    const next = reopened(open.ledger, ranges, landing.newId(), landing.clock.now());
    if (next === null) {
      const detail = 'no file of the partition is left: rebuild-ledger starts it anew';
      return { kind: 'refused', reason: 'nothing_left', detail };
    }
    const beyond = next.last < open.ledger.last ? [{ first: next.last + 1n, last: open.ledger.last }] : [];
    tried = { kind: 'reopened', ledger: next, ranges, beyond };
    if (isDryRun || (await swapLedger(lake, open, next)) !== 'overtaken') return tried;
  }
  const message = `writers kept replacing ${ledgerPath(of)} while its missing events were to be read again: try again`;
  throw new PipelineError('SWAP_CONTENTION', message, { retryable: true });
}

/** A plan of the partition, whatever its day: what it merges may be all that is left of what seems missing. */
async function planOf(lake: Lake, source: Source, partition: string): Promise<string | null> {
  for await (const { path } of lake.list(`_system/optimise/${source}`)) {
    if (nameOf(path) === `${partition}.json`) return path;
  }
  return null;
}

function pendingRuns({ pending }: Ledger): Range[] {
  return pending.map(({ final }) => parseName(nameOf(final))).filter((run) => run !== null);
}
