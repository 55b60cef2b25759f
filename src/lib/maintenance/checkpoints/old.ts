import { type HubProgress } from '../../hub/progress';
import { checkpointOf } from './name';
import { type CheckpointBlobs, type SeenRecord } from './port';

/** The host's checkpoint of a partition that is not of the hub as it is now: the host may read on past events that nobody has read. */
export interface OldCheckpoint {
  readonly partition: string;
  /** `before_hub`: written before the hub was made; `beyond_end`: further than the hub has ever come. */
  readonly why: 'before_hub' | 'beyond_end';
  readonly sequence: bigint | null;
  /** When it was last written, UTC ms. */
  readonly modifiedAt: number;
}

/** Whose checkpoints are looked at. */
export interface CheckpointOwner {
  /** Fully qualified, without a port. */
  readonly namespace: string;
  readonly hub: string;
  readonly group: string;
}

/** What the host has kept, by partition. @throws PipelineError STORAGE_FAILED */
export async function lookAtCheckpoints(
  blobs: Pick<CheckpointBlobs, 'look'>,
  owner: CheckpointOwner,
  partitions: readonly string[],
): Promise<ReadonlyMap<string, SeenRecord>> {
  const seen = new Map<string, SeenRecord>();
  for (const partition of partitions) {
    const record = await blobs.look(checkpointOf({ kind: 'checkpoint', ...owner, partition }));
    if (record !== null) seen.set(partition, record);
  }
  return seen;
}

/** @param hub as it was after the checkpoints were looked at: else the host may just have come further than was told */
export function oldCheckpoints(seen: ReadonlyMap<string, SeenRecord>, hub: HubProgress): OldCheckpoint[] {
  return hub.partitions.flatMap(({ partition, last }): OldCheckpoint[] => {
    const record = seen.get(partition);
    if (record === undefined) return [];
    const { modifiedAt, metadata } = record;
    const text = metadata['sequencenumber'] ?? '';
    const sequence = /^\d{1,19}$/.test(text) ? BigInt(text) : null;
    // A hub that is made anew begins at 0: a host that goes by where the former one was passes over what comes first.
    if (sequence !== null && sequence > (last ?? -1n)) {
      return [{ partition, why: 'beyond_end', sequence, modifiedAt }];
    }
    // The service tells whole seconds: a checkpoint of the second in which the hub was made may be of either.
    return modifiedAt + 1_000 <= hub.createdAt ? [{ partition, why: 'before_hub', sequence, modifiedAt }] : [];
  });
}
