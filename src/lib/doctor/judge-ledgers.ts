import { type Ledger } from '../ledger/ledger';
import { failed, ok, warning, type Finding } from './check';

/** A ledger that cannot be worked by. */
export interface UnreadableLedger {
  readonly path: string;
  readonly why: 'damaged' | 'newer';
}

export function judgeLedgers(readable: readonly Ledger[], unreadable: readonly UnreadableLedger[]): Finding {
  const of = (why: UnreadableLedger['why']): string =>
    unreadable
      .filter((each) => each.why === why)
      .map(({ path }) => path)
      .join(', ');
  const [damaged, newer] = [of('damaged'), of('newer')];
  if (newer !== '') {
    return failed(
      `written by a newer version of this program: ${newer}${damaged === '' ? '' : `; damaged: ${damaged}`}`,
      'Deploy that version again: an older one must not work by it',
    );
  }
  if (damaged !== '') {
    return failed(
      `damaged: ${damaged}`,
      'npm run lake -- rebuild-ledger <source> <partition> (docs/commit.md): until then the partition stands still',
    );
  }
  return ok(readable.length === 0 ? 'there is none yet' : `${readable.length} can be read`);
}

const where = ({ hub, partition }: Ledger): string => `${hub}/${partition}`;

/** @param staged how many committed files of each ledger are still staged */
export function judgePending(staged: readonly { readonly ledger: Ledger; readonly files: number }[]): Finding {
  const waiting = staged.filter(({ files }) => files > 0);
  if (waiting.length === 0) return ok('every committed file is published');
  const told = waiting.map(({ ledger, files }) => `${where(ledger)}: ${files}`).join(', ');
  return warning(
    `committed and not published yet: ${told}`,
    'The next batch publishes them, or the daily run; a moment later they may be',
  );
}

/**
 * Event Hubs does not say over AMQP how a hub is cleaned up: it shows in the numbers that are skipped. A hub that keeps all its events skips a
 * stretch now and then, if at all; a daily run closes what it can.
 */
const COMPACTED_GAPS = 100;

export function judgeGaps(ledgers: readonly Ledger[]): Finding {
  const open = ledgers.filter(({ gaps }) => gaps.length > 0);
  if (open.length === 0) return ok('no open gaps');
  const told = open.map((ledger) => `${where(ledger)}: ${ledger.gaps.length}`).join(', ');
  if (open.some(({ gaps }) => gaps.length >= COMPACTED_GAPS)) {
    return failed(
      `so many open gaps as log compaction makes: ${told}`,
      'A hub with the clean-up policy Compact drops events for good, and is no source of a lake that is to be complete: az eventhubs ' +
        'eventhub show --query retentionDescription.cleanupPolicy must say Delete. If it does, npm run lake -- repair reads them again',
    );
  }
  return warning(
    `open gaps, which Event Hubs passed over: ${told}`,
    'npm run lake -- repair reads them again from the hub while it still holds them',
  );
}

/** The files of one day. */
export interface DayFiles {
  readonly day: string;
  readonly files: number;
  readonly bytes: number;
  /** Whether counting was ended before all were seen. */
  readonly isCut: boolean;
}

const MANY_FILES = 2_000;
const SMALL_BYTES = 1 << 20;

/** Readers open each file: many small ones cost them more than the bytes do. */
export function judgeFiles({ day, files, bytes, isCut }: DayFiles): Finding {
  if (files === 0) return ok(`there are none of ${day}`);
  const mean = bytes / files;
  const found = `${isCut ? 'at least ' : ''}${files} of ${day}, ${(mean / SMALL_BYTES).toFixed(2)} MiB in the mean`;
  if (files <= MANY_FILES || mean >= SMALL_BYTES) return ok(found);
  return warning(
    found,
    'The weekly run merges them; npm run lake -- optimize does it at once. For larger files see the profile for many small events (docs/host-json.md)',
  );
}
