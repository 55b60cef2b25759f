import { type Source } from '../../decode/event';
import { type Lake } from '../../ledger/port';
import { type PartitionProof } from './judge';
import { lookOnce, type SourceLook, type Strangers } from './look';

export type { Strangers } from './look';

/** What the names of files and the ledgers prove of one source. */
export interface SourceProof extends SourceLook {
  /** Files that were looked at, in all passes. */
  readonly listed: number;
}

/** What they prove of a lake. */
export interface LakeProof {
  readonly partitions: readonly PartitionProof[];
  readonly strangers: Strangers;
  readonly listed: number;
}

export interface ProveOptions {
  /** Between two looks while files are being merged. */
  readonly sleep: (ms: number) => Promise<void>;
  /** Told of files listed so far. */
  readonly onProgress?: (files: number) => void;
}

const SOURCES: readonly Source[] = ['postgresql', 'mongodb'];

/** How often what looks damaged is looked at again while files are being merged; once where none are. */
const MAX_AGAIN = 3;

/** As the optimiser's, and what a page of a listing takes. */
const PAUSE_MS = 3_000;

/**
 * Proves for each partition which of its events are in the lake, from names and ledgers alone: no data file is read, but for the heads of
 * files that two hubs of one source may claim. Writers and the optimiser may go on meanwhile: what looks damaged is looked at again,
 * since a listing is not of one moment.
 *
 * @throws PipelineError LEDGER_DAMAGED, LEDGER_NEWER, or what the lake throws
 */
export async function proveLake(lake: Lake, { sleep, onProgress = () => undefined }: ProveOptions): Promise<LakeProof> {
  const partitions: PartitionProof[] = [];
  const strangers: string[] = [];
  let [listed, count] = [0, 0];
  for (const source of SOURCES) {
    const before = listed;
    const told = (files: number): void => onProgress(before + files);
    const proof = await proveSource(lake, source, { sleep, onProgress: told }, () => false);
    if (proof === null) continue;
    partitions.push(...proof.partitions);
    strangers.push(...proof.strangers.paths);
    count += proof.strangers.count;
    listed += proof.listed;
  }
  return { partitions, strangers: { count, paths: strangers }, listed };
}

/** The same of one source; null when the time was up before a listing was through: half a listing proves nothing. */
export async function proveSource(
  lake: Lake,
  source: Source,
  { sleep, onProgress = () => undefined }: ProveOptions,
  isTimeUp: () => boolean,
): Promise<SourceProof | null> {
  let listed = 0;
  const isStopped = (): boolean => {
    onProgress((listed += 1));
    return isTimeUp();
  };
  for (let again = 0; ; again += 1) {
    const wasMerging = await isMerging(lake, source);
    const look = await lookOnce(lake, source, isStopped);
    if (look === null) return null;
    if (isSound(look) || again === MAX_AGAIN) return { ...look, listed };
    // A listing of several pages may pass a merged file's name before it appears, and an input's after it went.
    const merges = wasMerging || (await isMerging(lake, source));
    if (again > 0 && !merges) return { ...look, listed };
    if (merges) await sleep(PAUSE_MS);
  }
}

const isSound = ({ strangers, partitions }: SourceLook): boolean =>
  strangers.count === 0 && partitions.every(({ verdict }) => verdict !== 'damaged');

/** Whether a plan is there. */
async function isMerging(lake: Lake, source: Source): Promise<boolean> {
  for await (const plan of lake.list(`_system/optimise/${source}`)) return plan.path !== '';
  return false;
}
