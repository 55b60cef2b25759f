import { type Ledger } from '../../../src/lib/ledger/ledger';
import { restoreLedger } from '../../../src/lib/ledger/archived';
import { formatLedger } from '../../../src/lib/ledger/ledger-json';
import { archivedLedgerPath, ledgerPath, parentOf } from '../../../src/lib/ledger/names';
import { readLedger, readOrRestore } from '../../../src/lib/ledger/open';
import { lakeOver, Wire, type Sender } from '../../simulation/wire';
import { TimedStore } from '../sweep/timed-store';

const LEDGER: Ledger = {
  ...{ source: 'postgresql', namespace: 'ns', hub: 'changes', partition: '0', incarnation: 1, generation: 'g' },
  ...{ hubCreatedAt: null, start: 0n, last: 9n, lastEnqueuedAt: 0, gaps: [], pending: [], successor: null },
  counters: { events: 10, quarantined: 0, files: 1, bytes: 1 },
};

/** Nothing is ever under way. */
class AtOnce extends Wire {
  override send<T>(_sender: Sender, _what: string, apply: () => T): Promise<T> {
    return Promise.resolve(apply());
  }
}

/**
 * The one order of requests that matters most, and that chance hits once in thousands: somebody looks for a ledger at its
 * place while it is in the archive, and in the archive when another has just brought it back; then a request of the archiver
 * arrives once more; then the first tries the birth.
 *
 * @returns whether two ledgers of one partition came of it
 */
export async function birthWhileComingBack(): Promise<'refused' | 'born twice'> {
  const store = new TimedStore(() => 0);
  const lake = lakeOver(new AtOnce(), { name: 'A', alive: true }, store);
  const [place, archived] = [ledgerPath(LEDGER), archivedLedgerPath(LEDGER)];
  store.stage(place, formatLedger(LEDGER));
  store.makeFolder(parentOf(archived));
  const etag = store.read(place)?.etag ?? '';
  store.move(place, etag, archived);

  const looked = await readLedger(lake, LEDGER);
  const broughtBack = await readOrRestore(lake, LEDGER);
  const lookedInArchive = await restoreLedger(lake, LEDGER);
  if (looked !== null || broughtBack === null || lookedInArchive) throw new Error('not the order that was meant');
  store.move(place, etag, archived);
  const born = await lake.swap(place, formatLedger({ ...LEDGER, generation: 'another' }), null);
  return born === 'overtaken' ? 'refused' : 'born twice';
}
