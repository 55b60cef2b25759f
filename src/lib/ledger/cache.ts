import { type HubPartition } from '../decode/event';
import { type BornLedger, type OpenLedger } from './open';
import { isBorn } from './rules';

/** Ledgers whose pending files are known to be published, kept between batches: one for each hub partition. */
export class LedgerCache {
  readonly #ledgers = new Map<string, BornLedger>();

  /**
   * Takes the ledger out. It goes back by `keep` only when the batch succeeded: whatever fails in between, the next
   * attempt reads the lake, never a version whose pending files it does not know to be published.
   */
  take(of: HubPartition): BornLedger | null {
    const found = this.#ledgers.get(key(of)) ?? null;
    this.#ledgers.delete(key(of));
    return found;
  }

  keep(open: OpenLedger): void {
    if (isBorn(open.ledger)) this.#ledgers.set(key(open.ledger), open as BornLedger);
  }
}

function key(of: HubPartition): string {
  return `${of.namespace}/${of.hub}/${of.partition}`;
}
