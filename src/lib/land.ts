import { type ByteBudget } from './budget';
import { type Delivery, type Source } from './decode/event';
import { PipelineError } from './errors';
import { judgedLedger, type JudgingRoom } from './judge';
import { estimateBytes } from './lake/line';
import { type LedgerCache } from './ledger/cache';
import { cut } from './ledger/cut';
import { type OpenLedger } from './ledger/open';
import { type Lake } from './ledger/port';
import { publishPending } from './ledger/publish';
import { commit, isBorn, uncovered } from './ledger/rules';
import { swapLedger } from './ledger/swap';
import { reportOf, type BatchReport, type Landing } from './report';
import { stage } from './stage';

/** What landing works with; one for the process, shared by both functions and all partitions. */
export interface LandingRoom extends JudgingRoom {
  /** The lake; its requests end when the signal is aborted. */
  readonly lakeWithin: (signal: AbortSignal) => Lake;
  readonly budget: ByteBudget;
  readonly maxFileBytes: number;
}

/** Swaps lost to other writers in one attempt before the host is asked to come back later. */
const MAX_ROUNDS = 8;

/** Files staged longer ago than this are staged anew: the weekly sweep takes debris that is older than a day. */
const MAX_STAGED_MS = 3_600_000;

/**
 * One attempt to land a delivery of at least one event. When it returns, each event is readable in the lake, once.
 *
 * @throws PipelineError when not all of it is known to be there: the delivery must come again
 */
export async function land(
  source: Source,
  delivery: Delivery,
  room: LandingRoom,
  signal: AbortSignal,
): Promise<BatchReport> {
  const startedAt = room.clock.now();
  let overtaken: Overtaken | null = null;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const landing: Landing | Overtaken = await tryToLand(source, delivery, overtaken, room, signal);
    if ('ledger' in landing) {
      return reportOf(delivery, landing, { startedAt, publishedAt: room.clock.now(), swapConflicts: round });
    }
    overtaken = landing;
  }
  throw new PipelineError(
    'SWAP_CONTENTION',
    `${MAX_ROUNDS} swaps of the ledger of hub ${delivery.hub} partition ${delivery.partition} were won by other writers ` +
      `in a row; the host tries again. One owner at a time is usual: do two apps read this hub into one lake?`,
    { retryable: true },
  );
}

/** The handler's story: judge what is new, cut it into files, stage them, swap the ledger, publish. */
async function tryToLand(
  source: Source,
  delivery: Delivery,
  overtaken: Overtaken | null,
  room: LandingRoom,
  signal: AbortSignal,
): Promise<Landing | Overtaken> {
  const lake = room.lakeWithin(signal);
  const open = await judgedLedger(source, delivery, room, lake);
  const runs = cut(uncovered(open.ledger, delivery.events), room.maxFileBytes, estimateBytes);
  if (runs.length === 0) return keep(room.ledgers, open, wonAfterAll(open, overtaken));
  const stagedAt = room.clock.now();
  const staged = await stage(lake, open.ledger, runs, room.newId(), room.budget, signal);
  const now = room.clock.now();
  if (now - stagedAt > MAX_STAGED_MS) return { written: null };
  // Swap before publish: a file that no ledger names could double events.
  const next = await swapLedger(lake, open, commit(open.ledger, staged.runs, now));
  const written = { ...staged, committedAt: now };
  if (next === 'overtaken') return { written };
  await publishPending(lake, next.ledger);
  return keep(room.ledgers, next, written);
}

/** An attempt whose swap was refused: another writer's success, or its own with the answer lost. */
interface Overtaken {
  readonly written: Landing['written'];
}

/** What the refused swap wrote, if the ledger that was read again shows that it had won: it is to be reported as written. */
function wonAfterAll({ ledger }: OpenLedger, overtaken: Overtaken | null): Landing['written'] {
  const staged = overtaken?.written?.runs[0]?.files[0]?.staged;
  const isOurs = isBorn(ledger) && ledger.pending.some((file) => file.staged === staged);
  return isOurs ? (overtaken?.written ?? null) : null;
}

/** The batch is in the lake, and so is all that this version of the ledger commits: the next batch may build on it. */
function keep(ledgers: LedgerCache, open: OpenLedger, written: Landing['written']): Landing {
  ledgers.keep(open);
  return { ledger: open.ledger, written };
}
