import { hasCode } from '../../errors';
import { type Removal, type Stay, type Verdict } from './judge';
import { judgeLegacy, MAX_LEGACY_BYTES } from './legacy';
import { checkpointOf, parseRecordName } from './name';
import { type CheckpointBlobs, type SeenBlob } from './port';
import { type Action } from './result';

/** Carries a verdict out, if the record is still as it was seen. Storage that fails here leaves this record, not the run. */
export async function settle(
  blobs: CheckpointBlobs,
  blob: SeenBlob,
  verdict: Verdict,
  dryRun: boolean,
): Promise<Action> {
  try {
    const settled = verdict.do === 'compare' ? await compare(blobs, blob) : verdict;
    switch (settled.do) {
      case 'foreign':
        return { name: blob.name, did: 'foreign', reason: settled.reason, detail: null };
      case 'leave':
        return left(blob, settled.reason, settled.detail);
      case 'remove':
        return await remove(blobs, blob, settled.reason, dryRun);
      default:
        return settled satisfies never;
    }
  } catch (error) {
    if (!hasCode(error, 'STORAGE_FAILED')) throw error;
    return left(blob, 'failed', error.message);
  }
}

const left = ({ name }: SeenBlob, reason: Stay, detail: string | null = null): Action => ({
  name,
  did: 'left',
  reason,
  detail,
});

async function remove(blobs: CheckpointBlobs, blob: SeenBlob, reason: Removal, dryRun: boolean): Promise<Action> {
  const { name } = blob;
  if (dryRun) return { name, did: 'would_remove', reason, detail: null };
  const outcome = await blobs.removeIfUnchanged(blob);
  return outcome === 'removed' ? { name, did: 'removed', reason, detail: null } : left(blob, 'changed');
}

/** A legacy record of a partition that is read, beside the checkpoint of today's layout. */
async function compare(blobs: CheckpointBlobs, blob: SeenBlob): Promise<Exclude<Verdict, { do: 'compare' }>> {
  const record = parseRecordName(blob.name);
  if (record === null || blob.bytes === 0 || blob.bytes > MAX_LEGACY_BYTES) {
    return { do: 'leave', reason: 'legacy_unreadable' };
  }
  const body = await blobs.readIfUnchanged(blob);
  if (body === null) return { do: 'leave', reason: 'changed' };
  return judgeLegacy(body, await blobs.sequenceOf(checkpointOf(record)));
}
