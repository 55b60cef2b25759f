import { type Incarnate } from './names';
import { readLedger } from './open';
import { type Lake } from './port';
import { publishPending } from './publish';
import { settled } from './rules';
import { swapLedger } from './swap';

/** Swaps lost to writers before settling is left to the next run; each of them settled as well. */
const MAX_ROUNDS = 5;

/**
 * Publishes every file that the ledger commits and has it forget them, so that what the ledger calls pending is not
 * merely published but known to be. For partitions whose writer died after its swap and which nobody has touched since,
 * and before anything that moves or deletes published files.
 *
 * @returns how many files were pending; null when there is no such ledger, `'overtaken'` when writers kept winning
 * @throws PipelineError what publishing throws, `LEDGER_DAMAGED`, `LEDGER_NEWER`
 */
export async function settle(lake: Lake, of: Incarnate): Promise<number | null | 'overtaken'> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const open = await readLedger(lake, of);
    if (open === null) return null;
    const { pending } = open.ledger;
    if (pending.length === 0) return 0;
    await publishPending(lake, open.ledger);
    if ((await swapLedger(lake, open, settled(open.ledger))) !== 'overtaken') return pending.length;
  }
  return 'overtaken';
}
