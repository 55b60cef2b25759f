import { PipelineError } from '../errors';
import { archivedLedgerPath, ledgerPath, parentOf, type Incarnate } from './names';
import { type Lake } from './port';

/**
 * Brings a ledger back that was archived because its hub was gone: the hub is there again, or a batch of it still is.
 *
 * First it is written again where it is, and then renamed: so it has a new version, and a time of today, from the moment
 * it is back. A request of the archiver that arrives twice, or late, asks for the old version and is refused, and the next
 * archiver finds it too young. Hence whoever finds it at neither place, because it was looked for here and then there
 * while it came back, still finds the place taken when the first commit is tried, and reads again.
 *
 * @returns whether it was in the archive: then read the ledger again; whoever was quicker may have moved it
 */
export async function restoreLedger(lake: Lake, of: Incarnate): Promise<boolean> {
  const archived = archivedLedgerPath(of);
  const found = await lake.read(archived);
  if (found === null) return false;
  if ((await lake.swap(archived, found.bytes, found.etag)) === 'overtaken') return true;
  const place = ledgerPath(of);
  let answer = await lake.rename(archived, place);
  if (answer === 'parent_missing') {
    await lake.makeFolder(parentOf(place));
    answer = await lake.rename(archived, place);
  }
  switch (answer) {
    case 'renamed':
    case 'source_gone':
      return true;
    case 'name_taken':
      // Back already. Were both there, by somebody's hand, the one in its place would count.
      return true;
    case 'parent_missing':
      throw new PipelineError('STORAGE_FAILED', `${parentOf(place)} was created, yet it is missing`, {
        retryable: true,
      });
    default:
      return answer satisfies never;
  }
}
