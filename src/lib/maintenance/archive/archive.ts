import { type Clock } from '../../clock';
import { type Source } from '../../decode/event';
import { hasCode, PipelineError } from '../../errors';
import { archivedLedgerPath, ledgerFolder, ledgerPath, parentOf } from '../../ledger/names';
import { parseLedger } from '../../ledger/ledger-json';
import { type Lake } from '../../ledger/port';
import { settle } from '../../ledger/settle';
import { forEachOf } from '../../parallel';
import { DAY_MS } from '../../time';
import { type ListedFile, type MaintenanceLake } from '../port';
import { keptBy, type Ages, type Kept } from './judge';
import { type LedgerMover } from './port';

export interface ArchiveRoom {
  readonly lake: Lake;
  readonly files: MaintenanceLake;
  readonly mover: LedgerMover;
  /** The time by the service's clock, UTC ms. */
  readonly serviceNow: () => Promise<number>;
  readonly clock: Clock;
}

export interface ArchiveOptions {
  readonly dryRun: boolean;
  readonly budgetMs: number;
  readonly atOnce: number;
  /** How old the latest event of a ledger must be: as long as hubs keep events, and days take to be closed. */
  readonly eventMs: number;
  /** Whether the closed days of the source are optimised: afterwards nothing asks for the ledger any more. */
  readonly isOptimised: (source: Source) => boolean;
}

export interface ArchiveReport {
  readonly dryRun: boolean;
  /** Paths in the archive; in a dry run: what would be. */
  readonly archived: readonly string[];
  readonly kept: readonly { readonly path: string; readonly why: Kept; readonly detail: string | null }[];
}

/** A ledger that was written since is left alone for so long, as staged files are: no attempt lasts that long. */
const WRITTEN_MS = DAY_MS;

/**
 * Moves the ledgers of hubs that are gone out of the way of those that live, from `_system/ledger/` to
 * `_system/ledger-archive/`: only those with nothing pending, and by a rename of the very version that was looked at. What
 * is pending is published instead, and the ledger goes the next time. A ledger is at one of the two places, never at both and never at neither, and whoever finds none at its place looks into the archive and brings it
 * back (restoreLedger): so a hub of the same name is known as the next incarnation, and one that was not gone after
 * all goes on as if nothing had happened. Nothing depends on the proof that it was gone.
 *
 * One thing must not happen: that somebody finds no ledger, and one is born and archived before the birth that they then
 * try. So a ledger that was written within a day stays, and one that is brought back is written then.
 *
 * @throws PipelineError STORAGE_FAILED when ledgers cannot be listed; trouble of one ledger is told in the report
 */
export async function archiveLedgers(
  room: ArchiveRoom,
  hubs: readonly { readonly namespace: string; readonly hub: string }[],
  options: ArchiveOptions,
): Promise<ArchiveReport> {
  const { dryRun, budgetMs, atOnce, eventMs } = options;
  const until = room.clock.now() + budgetMs;
  const archived: string[] = [];
  const kept: { path: string; why: Kept; detail: string | null }[] = [];
  if (hubs.length === 0) return { dryRun, archived, kept };
  const ages: Ages = { serviceNow: await room.serviceNow(), writtenMs: WRITTEN_MS, eventMs };
  for (const { namespace, hub } of hubs) {
    const ledgers: ListedFile[] = [];
    // As deliveries name them.
    const folder = ledgerFolder(namespace.toLowerCase(), hub.toLowerCase());
    for await (const file of room.files.list(folder)) ledgers.push(file);
    await forEachOf(ledgers, atOnce, async (file) => {
      const isTimeUp = room.clock.now() >= until;
      const done: Kept | Unreadable | Archived = isTimeUp
        ? 'out_of_time'
        : await archiveOrTell(room, file, ages, options);
      if (typeof done === 'string') kept.push({ path: file.path, why: done, detail: null });
      else if ('to' in done) archived.push(done.to);
      else kept.push({ path: file.path, ...done });
    });
  }
  return { dryRun, archived, kept };
}

interface Archived {
  readonly to: string;
}

interface Unreadable {
  readonly why: 'unreadable' | 'failed';
  readonly detail: string;
}

async function archiveOrTell(
  room: ArchiveRoom,
  file: ListedFile,
  ages: Ages,
  options: ArchiveOptions,
): Promise<Kept | Unreadable | Archived> {
  try {
    return await archiveOne(room, file, ages, options);
  } catch (error) {
    if (hasCode(error, 'LEDGER_DAMAGED') || hasCode(error, 'LEDGER_NEWER')) {
      return { why: 'unreadable', detail: error.message };
    }
    if (!(error instanceof PipelineError)) throw error;
    return { why: 'failed', detail: error.message };
  }
}

/** Moves the very version that was listed as old, and has nothing pending. */
async function archiveOne(
  { lake, mover }: ArchiveRoom,
  { path, etag, modifiedAt }: ListedFile,
  ages: Ages,
  { dryRun, isOptimised }: ArchiveOptions,
): Promise<Kept | Archived> {
  const found = await lake.read(path);
  if (found?.etag !== etag) return 'changed';
  const ledger = parseLedger(found.bytes, path);
  const kept = keptBy(ledger, modifiedAt, ages, isOptimised);
  if (kept !== null) return kept;
  if (ledger.pending.length > 0) {
    if (!dryRun) await settle(lake, ledger);
    return 'settled';
  }
  const to = archivedLedgerPath(ledger);
  if (ledgerPath(ledger) !== path) return 'foreign';
  if (dryRun) return { to };
  let moved = await mover.move(path, etag, to);
  if (moved === 'parent_missing') {
    await lake.makeFolder(parentOf(to));
    moved = await mover.move(path, etag, to);
  }
  switch (moved) {
    case 'moved':
      return { to };
    case 'gone':
      // By one's own rename whose answer was lost.
      return (await lake.exists(to)) ? { to } : 'changed';
    case 'changed':
    case 'parent_missing':
      return 'changed';
    case 'taken':
      return (await lake.exists(path)) ? 'taken' : { to };
    default:
      return moved satisfies never;
  }
}
