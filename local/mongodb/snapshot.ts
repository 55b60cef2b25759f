import { type Collection } from './collection';
import { keyOf } from './compare';
import { OverlaidDocuments, type Documents, idOf } from './documents';
import { CommandError } from './errors';
import { type Operation } from './oplog-entry';
import { type Store } from './store';

/**
 * A collection as it was at `ts`: what was written later is undone, as far as the oplog reaches back.
 *
 * @throws CommandError where it does not reach that far
 */
export function documentsAt({ oplog, lastTs }: Store, collection: Collection, ts: bigint): Documents {
  if (ts >= lastTs) return collection;
  if (!oplog.reachesBackTo(ts))
    throw new CommandError(239, 'Read timestamp is older than the oldest available timestamp.');
  const before = new Map<string, Buffer | null>();
  for (const entry of oplog.backwards()) {
    if (entry.ts <= ts) break;
    for (const operation of entry.operations.toReversed()) undo(operation, collection.uuid, before);
  }
  return before.size === 0 ? collection : new OverlaidDocuments(collection, before);
}

function undo(operation: Operation, uuid: Buffer, before: Map<string, Buffer | null>): void {
  if (operation.kind !== 'insert' && operation.kind !== 'update' && operation.kind !== 'delete') return;
  if (!operation.uuid.equals(uuid)) return;
  const was = operation.kind === 'insert' ? null : operation.before;
  before.set(keyOf(idOf(was ?? (operation as { readonly after: Buffer }).after)), was);
}
