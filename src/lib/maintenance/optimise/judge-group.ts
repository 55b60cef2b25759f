import { type Source } from '../../decode/event';
import { type Ledger } from '../../ledger/ledger';
import { ledgerPath } from '../../ledger/names';
import { type Group } from './groups';
import { isRunCovered, ownerOf, type KnownLedgers } from './ledgers';
import { all, type Stay } from './outcome';
import { type OptimiseRoom } from './room';
import { type WholeRun } from './runs';
import { type Owner } from './stage-group';

/** The group's owner; else why it stays. `gone`: its first file is not there any more. */
export type Judged = { readonly owner: Owner } | { readonly stay: Stay } | 'gone';

/**
 * Asks whose the group is, by its first file, and whether its ledger covers it all.
 *
 * @param ledgers asked for after the listing
 */
export async function judgeGroup(
  room: OptimiseRoom,
  work: { readonly source: Source; readonly partition: string },
  group: Group,
  ledgers: KnownLedgers,
): Promise<Judged> {
  const [head] = group;
  const first = (head.bronze ?? head.quarantine)?.path ?? '';
  const owner = await ownerOf(room.lake, first);
  if (owner === null) return (await room.lake.exists(first)) ? damaged(head, first) : 'gone';
  if (owner === 'newer_format') return { stay: { reason: owner, runs: [head], detail: first } };
  const { source, partition, incarnation } = owner;
  if (source !== work.source || partition !== work.partition || incarnation !== head.incarnation) {
    return damaged(head, first);
  }
  const ledger = await ledgers.of(owner);
  const path = ledgerPath(owner);
  if (typeof ledger === 'string') return { stay: all(ledger, path) };
  const runs = uncovered(ledger, group);
  return runs.length > 0 ? { stay: { reason: 'not_covered', runs, detail: path } } : { owner };
}

function uncovered(ledger: Ledger, group: Group): WholeRun[] {
  return group.filter((run) => !isRunCovered(ledger, run));
}

function damaged(run: WholeRun, path: string): { readonly stay: Stay } {
  return { stay: { reason: 'file_damaged', runs: [run], detail: path } };
}
