import { type Clock } from '../../clock';
import { hasCode } from '../../errors';
import { OBSERVED_FOLDER } from '../../ledger/names';
import { type Lake } from '../../ledger/port';
import { forEachOf } from '../../parallel';
import { DAY_MS } from '../../time';
import { type ListedFile, type MaintenanceLake } from '../port';
import { stagedBy, type StagedBy } from './owner';
import { Swept, type SweepReport } from './report';
import { wordOf, type Word } from './word';

export interface SweepRoom {
  readonly lake: Lake;
  readonly files: MaintenanceLake;
  /** The time by the service's clock, UTC ms: it is the one that tells the files' ages. */
  readonly serviceNow: () => Promise<number>;
  readonly clock: Clock;
}

export interface SweepOptions {
  /** Decides and tells the same, and removes nothing. */
  readonly dryRun: boolean;
  /** Nothing is begun after it. */
  readonly budgetMs: number;
  /** Requests under way at once. */
  readonly atOnce: number;
  /** Files in memory at once: so many are looked at before ledgers and plans are asked about them. */
  readonly batchFiles: number;
}

export const SWEEP_DEFAULTS: SweepOptions = { dryRun: false, budgetMs: 5 * 60_000, atOnce: 16, batchFiles: 1_000 };

const STAGING = '_system/staging';

const STAGED_AGE_MS = DAY_MS;
/** Of what instances note for each other of what they have seen; written anew all the time. */
const OBSERVED_AGE_MS = 2 * DAY_MS;

/**
 * Removes staged files that nobody will ever publish, and old notes.
 *
 * A staged file older than a day that its ledger does not call pending, asked after the file was listed, cannot be
 * committed any more. Only a swap of that ledger can commit it, by the writer that staged it, who begins the swap within
 * an hour of staging or else stages anew, and gives each request up within minutes: so when the file was listed, the swap
 * had reached the service, or never will. Had it been won, the ledger called the file pending until a later swap, made by
 * one who knew it to be published: the file had left its staged name by then. For merged files the same holds of the plan.
 * In the other order, ledger first, a file could be committed in between, unseen.
 *
 * Of a partition whose ledger is not there or cannot be read, nothing is touched: its staged files may be what it is
 * rebuilt from. (A rebuilding commits staged files of any age: it takes the same lock.) A file is removed only in the
 * version that was listed; folders are left.
 *
 * @throws PipelineError STORAGE_FAILED when the lake cannot be listed; what else fails is told, and left for the next run
 */
export async function sweep(room: SweepRoom, changes: Partial<SweepOptions> = {}): Promise<SweepReport> {
  const options = { ...SWEEP_DEFAULTS, ...changes };
  const until = room.clock.now() + options.budgetMs;
  const run: Run = { room, options, isTimeUp: () => room.clock.now() >= until, swept: new Swept() };
  // Before the listings: a file is never thought older than it is.
  const now = await room.serviceNow();
  await inBatches(run, STAGING, now - STAGED_AGE_MS, (batch) => removeStaged(run, batch));
  await inBatches(run, OBSERVED_FOLDER, now - OBSERVED_AGE_MS, (batch) => removeAll(run, batch));
  return run.swept.report(options.dryRun);
}

interface Run {
  readonly room: SweepRoom;
  readonly options: SweepOptions;
  readonly isTimeUp: () => boolean;
  readonly swept: Swept;
}

/** Hands the files below `folder` that were last written at or before `before` to `act`, so many at a time. */
async function inBatches(
  run: Run,
  folder: string,
  before: number,
  act: (batch: readonly ListedFile[]) => Promise<void>,
): Promise<void> {
  let batch: ListedFile[] = [];
  for await (const file of run.room.files.list(folder)) {
    if (run.isTimeUp()) {
      run.swept.isOutOfTime = true;
      break;
    }
    run.swept.look();
    // A time that is not told, as 0 or no number, makes no file old.
    if (!(file.modifiedAt > 0 && file.modifiedAt <= before)) {
      run.swept.spare('young');
      continue;
    }
    batch.push(file);
    if (batch.length < run.options.batchFiles) continue;
    await act(batch);
    batch = [];
  }
  if (batch.length > 0) await act(batch);
}

/** Each ledger and plan is read once for a batch, after it was listed. */
async function removeStaged(run: Run, batch: readonly ListedFile[]): Promise<void> {
  const owners = new Map<string, { readonly by: StagedBy; readonly files: ListedFile[] }>();
  for (const file of batch) {
    const by = stagedBy(file.path);
    if (by === null) {
      run.swept.spare('stranger');
      continue;
    }
    const key = JSON.stringify(by);
    const owner = owners.get(key) ?? { by, files: [] };
    owner.files.push(file);
    owners.set(key, owner);
  }
  const unnamed: ListedFile[] = [];
  await forEachOf([...owners.values()], run.options.atOnce, async ({ by, files }) => {
    if (run.isTimeUp()) {
      outOfTime(run, files.length);
      return;
    }
    const word = await wordOrFailure(run, by);
    if ('spare' in word) {
      run.swept.spare(word.spare, files.length);
      if (word.why !== null) run.swept.trouble(word.why);
      return;
    }
    const named = files.filter(({ path }) => word.names.has(path));
    run.swept.spare(word.as, named.length);
    unnamed.push(...files.filter((file) => !named.includes(file)));
  });
  await removeAll(run, unnamed);
}

/** Whoever cannot be asked decides nothing; the rest goes on. */
async function wordOrFailure({ room }: Run, by: StagedBy): Promise<Word> {
  try {
    return await wordOf(room.lake, by);
  } catch (error) {
    if (!hasCode(error, 'STORAGE_FAILED')) throw error;
    return { spare: 'failed', why: error.message };
  }
}

async function removeAll(run: Run, files: readonly ListedFile[]): Promise<void> {
  await forEachOf(files, run.options.atOnce, async (file) => {
    if (run.isTimeUp()) outOfTime(run, 1);
    else await removeOne(run, file);
  });
}

async function removeOne({ room, options, swept }: Run, { path, etag, bytes }: ListedFile): Promise<void> {
  if (options.dryRun) {
    swept.remove(bytes);
    return;
  }
  try {
    if ((await room.files.removeVersion(path, etag)) === 'removed') swept.remove(bytes);
    else swept.spare('changed');
  } catch (error) {
    if (!hasCode(error, 'STORAGE_FAILED')) throw error;
    swept.spare('failed');
    swept.trouble(error.message);
  }
}

function outOfTime({ swept }: Run, files: number): void {
  swept.isOutOfTime = true;
  swept.spare('out_of_time', files);
}
