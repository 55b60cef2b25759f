import { liveOwner, OWNER_LIVES_MS } from '../maintenance/checkpoints/reset';
import { type SeenRecord } from '../maintenance/checkpoints/port';
import { failed, ok, warning, type Finding } from './check';
import { type PartitionView } from './port';

/** What the host keeps of one partition, beside what the hub says of it. */
export interface HostPartition {
  readonly hub: string;
  readonly view: PartitionView;
  readonly hubCreatedAt: number;
  readonly checkpoint: SeenRecord | null;
  readonly ownership: SeenRecord | null;
}

const list = (partitions: readonly HostPartition[]): string =>
  partitions.map(({ hub, view }) => `${hub}/${view.partition}`).join(', ');

/** The sequence number of the last event that was handled; null where the record bears none. */
function handled({ checkpoint }: HostPartition): bigint | null {
  const text = checkpoint?.metadata['sequencenumber'] ?? '';
  return /^\d{1,19}$/.test(text) ? BigInt(text) : null;
}

/** A reset is by source, and names a partition: `npm run lake -- reset-checkpoint …` */
const RESET = 'npm run lake -- reset-checkpoint <source> <partition>';

/** Whether the host goes on from where the hub still has events. */
export function judgeCheckpoints(partitions: readonly HostPartition[]): Finding {
  const stale: HostPartition[] = [];
  const beyond: HostPartition[] = [];
  const expired: HostPartition[] = [];
  const missing: HostPartition[] = [];
  for (const each of partitions) {
    const { checkpoint, view, hubCreatedAt } = each;
    const sequence = handled(each);
    if (checkpoint === null) {
      if (view.last !== null) missing.push(each);
    } else if (checkpoint.modifiedAt + 1_000 <= hubCreatedAt) stale.push(each);
    else if (sequence !== null && sequence > (view.last ?? -1n)) beyond.push(each);
    else if (sequence !== null && sequence + 1n < view.first) expired.push(each);
  }
  const told = [
    stale.length > 0 ? `older than the hub itself, which was made anew: ${list(stale)}` : null,
    beyond.length > 0 ? `beyond the hub's last event: ${list(beyond)}` : null,
    expired.length > 0 ? `events after the checkpoint have expired unread: ${list(expired)}` : null,
    missing.length > 0 ? `no checkpoint although there are, or were, events: ${list(missing)}` : null,
  ].filter((line) => line !== null);
  const found = told.join('; ');
  if (stale.length + beyond.length > 0) {
    return failed(found, `The host would go on from there: stop the app, ${RESET}, start it`);
  }
  if (expired.length > 0) {
    return warning(found, 'Start the app; npm run lake -- verify tells the gap. A longer retention leaves more time');
  }
  if (missing.length > 0) {
    return warning(
      found,
      'Start the app, or see its log: it has not finished a batch of these yet (the host reads them from the start)',
    );
  }
  return ok(`${partitions.length} partitions: each checkpoint is within its hub`);
}

/** Whether a running app holds the partitions. */
export function judgeOwners(partitions: readonly HostPartition[]): Finding {
  const idle = partitions.filter(({ view, ownership }) => liveOwner(view.partition, ownership) === null);
  if (idle.length === 0) return ok(`${partitions.length} partitions are held by a running app`);
  return warning(
    `nobody has renewed a claim within ${OWNER_LIVES_MS / 60_000} minutes: ${list(idle)}`,
    'Start the app (az functionapp start), or see why its triggers do not run (az functionapp log tail)',
  );
}
