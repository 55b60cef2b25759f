import { hasCode } from '../../errors';
import { archivedLedgerPath, ledgerPath, nameOf, planPath } from '../../ledger/names';
import { parseLedger } from '../../ledger/ledger-json';
import { type Lake } from '../../ledger/port';
import { parsePlan } from '../optimise/plan-json';
import { type StagedBy } from './owner';
import { type Spared } from './report';

/** What a ledger or a plan says of its staged files: which it names, or why none of them may be touched. */
export type Word =
  | { readonly names: Pick<ReadonlySet<string>, 'has'>; readonly as: 'pending' | 'planned' }
  | { readonly spare: Spared; readonly why: string | null };

/** Reads whose word decides, as it is now: to be asked after the files were listed. */
export async function wordOf(lake: Lake, by: StagedBy): Promise<Word> {
  if (by.kind === 'nobody') return { names: new Set(), as: 'pending' };
  if (by.kind === 'plan') return await planWord(lake, planPath(by.source, by.day, by.partition));
  // One that is brought back in between is found at neither: then nothing is touched.
  return (
    (await ledgerWord(lake, ledgerPath(by.of), ledgerPath(by.of))) ??
    (await ledgerWord(lake, archivedLedgerPath(by.of), ledgerPath(by.of))) ?? { spare: 'no_ledger', why: null }
  );
}

async function ledgerWord(lake: Lake, path: string, expected: string): Promise<Word | null> {
  const found = await lake.read(path);
  if (found === null) return null;
  try {
    const ledger = parseLedger(found.bytes, path);
    if (ledgerPath(ledger) !== expected) return { spare: 'unreadable_ledger', why: `${path} is another's ledger` };
    return { names: namesOf(ledger.pending), as: 'pending' };
  } catch (error) {
    if (!hasCode(error, 'LEDGER_DAMAGED') && !hasCode(error, 'LEDGER_NEWER')) throw error;
    return { spare: 'unreadable_ledger', why: error.message };
  }
}

/** A day without a plan names nothing. */
async function planWord(lake: Lake, path: string): Promise<Word> {
  const found = await lake.read(path);
  if (found === null) return { names: new Set(), as: 'planned' };
  const plan = parsePlan(found.bytes, path);
  if (typeof plan === 'string') return { spare: 'unreadable_plan', why: `${path}: ${plan}` };
  return { names: namesOf(plan.outputs), as: 'planned' };
}

/**
 * By shelf and final name, not by who staged it: a rebuilding that was killed may have left a file under an id that its ledger does not
 * know, and it is all there is of what the ledger commits.
 */
function namesOf(files: readonly { readonly staged: string }[]): Pick<ReadonlySet<string>, 'has'> {
  const bare = (path: string): string => nameOf(path).replace(/^[0-9A-Za-z-]+_/, '');
  const names = new Set(files.map(({ staged }) => bare(staged)));
  return { has: (path) => names.has(bare(path)) };
}
