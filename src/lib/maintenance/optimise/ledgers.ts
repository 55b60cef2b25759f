import { type Ledger } from '../../ledger/ledger';
import { HEAD_BYTES, tellHead } from '../../ledger/line-head';
import { ledgerPath } from '../../ledger/names';
import { readLedger } from '../../ledger/open';
import { type Lake } from '../../ledger/port';
import { settle } from '../../ledger/settle';
import { meets } from '../../ranges';
import { type WholeRun } from './runs';
import { type Owner } from './stage-group';

/** Whose file it is, told by its first line; `newer_format`: its lines are of one. Null when it is gone, or no line of ours. */
export async function ownerOf(lake: Lake, path: string): Promise<Owner | 'newer_format' | null> {
  const told = tellHead((await lake.readHead(path, HEAD_BYTES))?.toString('utf8') ?? '');
  if (told === null) return null;
  return told.kind === 'newer' ? 'newer_format' : told.owner;
}

/**
 * The ledger of files that were listed before, with none of them pending any more. To be asked after the listing: a file
 * that was listed is published, so the ledger called it pending before; if it does no longer, it never will again. In the
 * other order a file could be committed and listed in between, and be merged while its writer still looks for it.
 */
export async function settledLedger(lake: Lake, owner: Owner): Promise<KnownLedger> {
  const settled = await settle(lake, owner);
  if (settled === null) return 'ledger_missing';
  if (settled === 'overtaken') return 'ledger_busy';
  return (await readLedger(lake, owner))?.ledger ?? 'ledger_missing';
}

/** A ledger, or why nothing is known of it. */
export type KnownLedger = Ledger | 'ledger_missing' | 'ledger_busy';

/** Each ledger asked for once: for what one listing has told so far. */
export class KnownLedgers {
  readonly #ask: (owner: Owner) => Promise<KnownLedger>;
  readonly #ledgers = new Map<string, KnownLedger>();

  /** @param settles whether ledgers are settled; else they are only read, for a dry run */
  constructor(lake: Lake, settles: boolean) {
    this.#ask = settles
      ? (owner) => settledLedger(lake, owner)
      : async (owner) => (await readLedger(lake, owner))?.ledger ?? 'ledger_missing';
  }

  async of(owner: Owner): Promise<KnownLedger> {
    const path = ledgerPath(owner);
    const ledger = this.#ledgers.get(path) ?? (await this.#ask(owner));
    this.#ledgers.set(path, ledger);
    return ledger;
  }
}

/** Whether the ledger calls every number of the run covered. */
export function isRunCovered(ledger: Ledger, { first, last }: WholeRun): boolean {
  return first >= ledger.start && last <= ledger.last && !meets(ledger.gaps, { first, last });
}
