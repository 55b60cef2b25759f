import { type HubPartition } from '../decode/event';
import { type Looked } from './birth';
import { type Incarnate } from './names';
import { type BornLedger, type OpenLedger } from './open';
import { isBorn } from './rules';

/** Ledgers whose pending files are known to be published, kept between batches: one for each hub partition. */
export class LedgerCache {
  readonly #ledgers = new Map<string, BornLedger>();
  readonly #looked = new Map<string, { readonly incarnation: number; readonly looked: Looked }>();

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
    if (!isBorn(open.ledger)) return;
    this.#ledgers.set(key(open.ledger), open as BornLedger);
    this.#looked.delete(key(open.ledger));
  }

  /** How far attempts before this one have looked for files of a partition that has no ledger; kept until it has one. */
  looked(of: Incarnate): Looked {
    const known = this.#looked.get(key(of));
    if (known?.incarnation === of.incarnation) return known.looked;
    const looked: Looked = new Map();
    this.#looked.set(key(of), { incarnation: of.incarnation, looked });
    return looked;
  }
}

function key(of: HubPartition): string {
  return `${of.namespace}/${of.hub}/${of.partition}`;
}
