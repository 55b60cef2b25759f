import { type Ledger } from '../../ledger/ledger';
import { parseLedger } from '../../ledger/ledger-json';
import { ledgerPath, nameOf, parseName } from '../../ledger/names';
import { type Lake } from '../../ledger/port';
import { type Range } from '../../ranges';

/** Those in use, and those put aside while their hub is gone: their files are still in the lake. */
const FOLDERS = ['_system/ledger', '_system/ledger-archive'];

/** Every ledger of the lake, those of former incarnations and of gone hubs included. @throws PipelineError LEDGER_DAMAGED, LEDGER_NEWER */
export async function readLedgers(lake: Lake): Promise<Ledger[]> {
  // One may be moved from the first to the second meanwhile.
  const ledgers = new Map<string, Ledger>();
  for (const folder of FOLDERS) {
    for await (const { path } of lake.list(folder)) {
      const found = await lake.read(path);
      if (found === null) continue;
      const ledger = parseLedger(found.bytes, path);
      ledgers.set(ledgerPath(ledger), ledgers.get(ledgerPath(ledger)) ?? ledger);
    }
  }
  return [...ledgers.values()];
}

/** A ledger names the files of its last commit until the next one; those that are still staged are not published. */
export async function waitingRuns(lake: Lake, { pending }: Ledger): Promise<Range[]> {
  const waiting: Range[] = [];
  for (const { staged, final } of pending) {
    const run = parseName(nameOf(final));
    if (run !== null && (await lake.exists(staged))) waiting.push({ first: run.first, last: run.last });
  }
  return waiting;
}
