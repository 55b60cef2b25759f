import { forEachOf } from '../../parallel';
import { legacySequence, MAX_LEGACY_BYTES } from './legacy';
import { formatRecordName, parseRecordName, sameName, type RecordName } from './name';
import { type CheckpointBlobs, type SeenRecord } from './port';

/**
 * An owner renews its claim every 30 s, and others may take the partition after two minutes without: the extension's
 * `loadBalancingUpdateInterval` and `partitionOwnershipExpirationInterval`.
 */
export const OWNER_LIVES_MS = 120_000;

/** Requests to storage under way at once. */
const AT_ONCE = 8;

/** The partitions that one consumer group of one hub reads, as the settings write the names. */
export type ReadBy = Omit<RecordName, 'kind' | 'partition'>;

export interface ResetOptions {
  readonly of: ReadBy;
  /** A partition's number, or every one that the container has a record of. */
  readonly partition: string;
  /** Tells the same and deletes nothing. */
  readonly dryRun: boolean;
  /** Also while an owner renews its claim: its next batch writes the checkpoint again. */
  readonly force: boolean;
}

/** Who holds a partition now. */
export interface Owner {
  readonly partition: string;
  readonly id: string;
  /** Since it last renewed its claim. */
  readonly ageMs: number;
}

/** A record that said where reading goes on, so that it can be put back by hand. */
export interface ResetRecord {
  readonly partition: string;
  readonly name: string;
  /** `changed`: written or leased meanwhile, and left. */
  readonly did: 'removed' | 'would_remove' | 'changed';
  /** As the record has them; null where it bears none. */
  readonly sequence: string | null;
  readonly offset: string | null;
  /** UTC ms. */
  readonly writtenAt: number;
}

export interface ResetResult {
  readonly dryRun: boolean;
  /** Those that were looked at. */
  readonly partitions: readonly string[];
  /** Live owners before anything was done: without `force` nothing was. */
  readonly owners: readonly Owner[];
  readonly refused: boolean;
  readonly records: readonly ResetRecord[];
  /** Partitions that somebody began to read meanwhile: perhaps from where the checkpoint was. */
  readonly claimed: readonly Owner[];
}

/** Who holds the partition by this ownership record; null when nobody does: it was given up, or not renewed for too long. */
export function liveOwner(partition: string, ownership: SeenRecord | null): Owner | null {
  const id = ownership?.metadata['ownerid'] ?? '';
  if (ownership === null || id === '') return null;
  const ageMs = Math.max(0, ownership.seenAt - ownership.modifiedAt);
  return ageMs < OWNER_LIVES_MS ? { partition, id, ageMs } : null;
}

/**
 * Deletes the host's checkpoints of a partition, or of all, so that reading begins where `initialOffsetOptions` says: at
 * the start of what the hub still holds. The ledger drops what is covered.
 *
 * A record of the legacy layout goes, too: without a checkpoint the host would go on from there.
 *
 * @throws PipelineError STORAGE_FAILED
 */
export async function resetCheckpoints(blobs: CheckpointBlobs, options: ResetOptions): Promise<ResetResult> {
  const { of, dryRun, force } = options;
  const partitions = options.partition === 'all' ? await partitionsOf(blobs, of) : [options.partition];
  const owners = await ownersOf(blobs, of, partitions);
  const refused = owners.length > 0 && !force;
  const records: ResetRecord[] = [];
  if (!refused) {
    const names = partitions.flatMap((partition) => [
      { partition, name: formatRecordName({ ...of, kind: 'checkpoint', partition }) },
      { partition, name: formatRecordName({ ...of, kind: 'legacy', partition }) },
    ]);
    const found = new Array<ResetRecord | null>(names.length);
    await forEachOf(names, AT_ONCE, async ({ partition, name }, index) => {
      found[index] = await resetOne(blobs, partition, name, dryRun);
    });
    records.push(...found.filter((record) => record !== null));
  }
  const began = refused || dryRun ? [] : await ownersOf(blobs, of, partitions);
  const claimed = began.filter(({ partition }) => !owners.some((owner) => owner.partition === partition));
  return { dryRun, partitions, owners, refused, records, claimed };
}

async function resetOne(
  blobs: CheckpointBlobs,
  partition: string,
  name: string,
  dryRun: boolean,
): Promise<ResetRecord | null> {
  const seen = await blobs.look(name);
  if (seen === null) return null;
  const { sequencenumber: sequence = null, offset = null } = seen.metadata;
  const was = { sequence: sequence ?? (await legacyOf(blobs, seen)), offset, writtenAt: seen.modifiedAt };
  const did = dryRun ? 'would_remove' : await blobs.removeIfUnchanged(seen);
  return { partition, name, did, ...was };
}

/** A legacy record says it in its body; one of today's layout has none. */
async function legacyOf(blobs: CheckpointBlobs, seen: SeenRecord): Promise<string | null> {
  if (seen.bytes === 0 || seen.bytes > MAX_LEGACY_BYTES) return null;
  return legacySequence((await blobs.readIfUnchanged(seen)) ?? '')?.toString() ?? null;
}

async function ownersOf(blobs: CheckpointBlobs, of: ReadBy, partitions: readonly string[]): Promise<Owner[]> {
  const found = new Array<Owner | null>(partitions.length);
  await forEachOf(partitions, AT_ONCE, async (partition, index) => {
    found[index] = liveOwner(partition, await blobs.look(formatRecordName({ ...of, kind: 'ownership', partition })));
  });
  return found.filter((owner) => owner !== null);
}

/** In the order of their numbers. */
async function partitionsOf(blobs: CheckpointBlobs, of: ReadBy): Promise<string[]> {
  const partitions = new Set<string>();
  for await (const page of blobs.pages()) {
    for (const { name } of page) {
      const record = parseRecordName(name);
      if (record !== null && isOf(record, of)) partitions.add(record.partition);
    }
  }
  return [...partitions].sort((a, b) => Number(a) - Number(b));
}

const isOf = (record: RecordName, { namespace, hub, group }: ReadBy): boolean =>
  sameName(record.namespace, namespace) && sameName(record.hub, hub) && sameName(record.group, group);
