import { type Source } from '../../decode/event';
import { replayedFolder } from '../../ledger/names';
import { type Lake } from '../../ledger/port';
import { type EventId } from './id';
import { parseRecord, recordPath, type Replay } from './record';

/** Which events of a source have a record of being sent again, by the names of the records alone. */
export interface ReplayedEvents {
  has(id: EventId): boolean;
}

/** Memory grows with the events that were ever sent again. */
export async function replayedEvents(lake: Lake, source: Source): Promise<ReplayedEvents> {
  const paths = new Set<string>();
  for await (const { path } of lake.list(replayedFolder(source))) paths.add(path);
  return { has: (id) => paths.has(recordPath(id)) };
}

/** How often an event was sent again; null where the record cannot be read. */
export async function replaysOf(lake: Lake, id: EventId): Promise<readonly Replay[] | null> {
  const found = await lake.read(recordPath(id));
  return found === null ? [] : parseRecord(found.bytes);
}
