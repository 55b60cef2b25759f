import { type HubEvent } from './decode/event';
import { type ByteBudget } from './budget';
import { encodeRun, type EncodedPart } from './lake/encode';
import { estimateBytes } from './lake/line';
import { type Run } from './ledger/cut';
import { type PendingFile, type StagedRun } from './ledger/ledger';
import { dataPath, stagedPath, type Shelf } from './ledger/names';
import { type Lake } from './ledger/port';
import { type Birth } from './ledger/rules';
import { forEachOf } from './parallel';

/** Runs of one batch that are encoded and written at once: the upload of one overlaps the encoding of the next. */
const RUNS_AT_ONCE = 2;

/** What a file may be called by: everything of a ledger that its files' names and lines bear. */
export type Owner = Omit<Birth, 'generation' | 'hubCreatedAt'>;

export interface Staged {
  readonly runs: readonly StagedRun[];
  /** Events whose format was not recognised: in bronze all the same. */
  readonly unrecognised: number;
  /** From the source's commit to the hub accepting it, of the first change that tells its commit; null when none does. */
  readonly sourceDelayMs: number | null;
}

/**
 * Encodes each run and puts its files under names of their own in `_system/staging/`: durable, and invisible to readers.
 * No more than `budget` is encoded at once, over all partitions of the process.
 */
export async function stage(
  lake: Lake,
  owner: Owner,
  runs: readonly Run[],
  attemptId: string,
  budget: ByteBudget,
  signal: AbortSignal,
): Promise<Staged> {
  const staged: StagedRun[] = [];
  const delays: (number | null)[] = [];
  let unrecognised = 0;
  await forEachOf(runs, RUNS_AT_ONCE, async (run, index) => {
    const bytes = run.reduce((total, event) => total + estimateBytes(event), 0);
    await budget.holding(bytes, signal, async () => {
      const encoded = await encodeRun(run, owner);
      unrecognised += encoded.unrecognised;
      delays[index] = encoded.sourceDelayMs;
      const put = (shelf: Shelf, part: EncodedPart | null): Promise<PendingFile[]> =>
        putPart(lake, owner, run, `${attemptId}-${index}`, shelf, part);
      const files = [...(await put('bronze', encoded.bronze)), ...(await put('quarantine', encoded.quarantine))];
      staged[index] = {
        first: run[0].sequence,
        last: last(run).sequence,
        lastEnqueuedAt: run.reduce((latest, event) => Math.max(latest, event.enqueuedAt), -Infinity),
        files,
        quarantined: encoded.quarantine?.count ?? 0,
        bytes: (encoded.bronze?.bytes.length ?? 0) + (encoded.quarantine?.bytes.length ?? 0),
      };
    });
  });
  return { runs: staged, unrecognised, sourceDelayMs: delays.find((delay) => delay !== null) ?? null };
}

/** Puts one part of a run, if it has any line. A run's parts bear the same first and last; their counts add up. */
async function putPart(
  lake: Lake,
  owner: Owner,
  run: Run,
  id: string,
  shelf: Shelf,
  part: EncodedPart | null,
): Promise<PendingFile[]> {
  if (part === null) return [];
  const file = {
    firstEnqueuedAt: run[0].enqueuedAt,
    partition: owner.partition,
    incarnation: owner.incarnation,
    first: run[0].sequence,
    last: last(run).sequence,
    count: part.count,
  };
  const staged = stagedPath(owner, id, shelf, file);
  await lake.stage(staged, part.bytes);
  return [{ staged, final: dataPath(shelf, owner.source, file) }];
}

function last(run: Run): HubEvent {
  return run[run.length - 1] as HubEvent;
}
