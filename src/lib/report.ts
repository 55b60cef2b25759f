import { type Delivery } from './decode/event';
import { isBorn, type Birth } from './ledger/rules';
import { type Ledger } from './ledger/ledger';
import { type Staged } from './stage';
import { countOf } from './ranges';

/** What became of one batch: the fields of its line of log. Counts are events unless the name says otherwise. */
export interface BatchReport {
  readonly hub: string;
  readonly partition: string;
  readonly incarnation: number;
  readonly firstSequence: string;
  readonly lastSequence: string;
  readonly received: number;
  /** Landed by this batch, in bronze or quarantine. */
  readonly written: number;
  /** Dropped because the lake has them: redelivered, or another owner's work. */
  readonly duplicates: number;
  readonly quarantined: number;
  readonly unrecognised: number;
  /** The host's application properties did not line up with the events: each line's are empty. */
  readonly propertiesLost: boolean;
  /** Sequence numbers found to be passed over. */
  readonly gap: number;
  readonly files: number;
  readonly bytes: number;
  readonly swapConflicts: number;
  /** From taking the batch up to its files being visible. */
  readonly writeMs: number;
  /** From Event Hubs accepting the oldest event of the batch to its file being visible. */
  readonly delayMs: number;
  /** From the source's commit to Event Hubs accepting it, of the first change written that tells its commit; null when none does. */
  readonly sourceDelayMs: number | null;
}

/** A batch that is in the lake; `written` is null when all of it had been there before. */
export interface Landing {
  readonly ledger: Ledger | Birth;
  readonly written: (Staged & { readonly committedAt: number }) | null;
}

/** When a batch was taken up and became visible (UTC ms), and how often another writer came first. */
export interface Course {
  readonly startedAt: number;
  readonly publishedAt: number;
  readonly swapConflicts: number;
}

/** The report on a delivery of at least one event. */
export function reportOf(delivery: Delivery, { ledger, written }: Landing, course: Course): BatchReport {
  const { events } = delivery;
  const runs = written?.runs ?? [];
  const landed = runs.reduce((total, run) => total + Number(run.last - run.first) + 1, 0);
  return {
    hub: delivery.hub,
    partition: delivery.partition,
    incarnation: ledger.incarnation,
    firstSequence: String(events[0]?.sequence),
    lastSequence: String(events.at(-1)?.sequence),
    received: events.length,
    written: landed,
    duplicates: events.length - landed,
    quarantined: runs.reduce((total, run) => total + run.quarantined, 0),
    unrecognised: written?.unrecognised ?? 0,
    propertiesLost: delivery.propertiesLost ?? false,
    gap: written === null ? 0 : noticedAt(ledger, written.committedAt),
    files: runs.reduce((total, run) => total + run.files.length, 0),
    bytes: runs.reduce((total, run) => total + run.bytes, 0),
    swapConflicts: course.swapConflicts,
    writeMs: course.publishedAt - course.startedAt,
    delayMs: course.publishedAt - events.reduce((oldest, event) => Math.min(oldest, event.enqueuedAt), Infinity),
    sourceDelayMs: written?.sourceDelayMs ?? null,
  };
}

/** How many sequence numbers are in gaps that this commit noticed. */
function noticedAt(ledger: Ledger | Birth, committedAt: number): number {
  const gaps = isBorn(ledger) ? ledger.gaps.filter((gap) => gap.noticedAt === committedAt) : [];
  return countOf(gaps);
}
