import { type Ledger } from './ledger';
import { formatLedger } from './ledger-json';
import { ledgerPath } from './names';
import { type BornLedger, type OpenLedger } from './open';
import { type Lake } from './port';

/**
 * Replaces the ledger that `open` was read as by `next`, whole, only if nobody has replaced it since: the commit.
 * `'overtaken'` may also be one's own success whose answer was lost: either way, read again.
 */
export async function swapLedger(lake: Lake, open: OpenLedger, next: Ledger): Promise<BornLedger | 'overtaken'> {
  const swapped = await lake.swap(ledgerPath(next), formatLedger(next), open.etag);
  return swapped === 'overtaken' ? 'overtaken' : { ledger: next, etag: swapped.etag };
}
