import { type Clock } from '../../clock';
import { forEachOf } from '../../parallel';
import { ask, goneHubs, type Pace } from './ask';
import { judge } from './judge';
import { parseRecordName } from './name';
import { type CheckpointBlobs, type Namespace } from './port';
import { Tally, type Action, type CleanUp } from './result';
import { type Scope } from './scope';
import { settle } from './settle';

export interface CleanUpTools {
  readonly blobs: CheckpointBlobs;
  readonly namespace: Namespace;
  readonly clock: Clock;
  /** Gets each action as it is done. */
  readonly tell: (action: Action) => void;
}

export interface CleanUpOptions {
  /** Decides and tells the same, and deletes nothing. */
  readonly dryRun: boolean;
  /** Nothing is begun after it; what is under way then ends within its own time-out. */
  readonly budgetMs: number;
  /** Questions, and requests to storage, under way at once. */
  readonly atOnce: number;
  /** A not-found is asked for again after so long, and counts only if it comes again. */
  readonly confirmAfterMs: number;
}

/**
 * Removes the records of hubs, groups and partitions that are proven gone. Look first, ask then, and delete only what is
 * still as it was looked at: whoever made the hub anew in between and reads it has renewed its records.
 *
 * @throws PipelineError STORAGE_FAILED when the container cannot be listed; a record that cannot be deleted is left
 */
export async function cleanCheckpoints(tools: CleanUpTools, scope: Scope, options: CleanUpOptions): Promise<CleanUp> {
  const { blobs, namespace, clock, tell } = tools;
  const { dryRun, budgetMs, atOnce, confirmAfterMs } = options;
  const until = clock.now() + budgetMs;
  const pace: Pace = { atOnce, confirmAfterMs, outOfTime: () => clock.now() >= until };
  const tally = new Tally();

  for await (const page of blobs.pages()) {
    const seen = page.map((blob) => ({ blob, record: parseRecordName(blob.name) }));
    const answers = await ask(
      namespace,
      scope,
      seen.map(({ record }) => record),
      pace,
    );
    await forEachOf(seen, atOnce, async ({ blob, record }) => {
      const action: Action = pace.outOfTime()
        ? { name: blob.name, did: 'left', reason: 'out_of_time', detail: null }
        : await settle(blobs, blob, judge(record, scope, answers), dryRun);
      tally.add(action);
      tell(action);
    });
    if (pace.outOfTime()) break;
  }

  // Last, so that a hub made anew meanwhile is not among them.
  const toArchive = await goneHubs(namespace, scope, pace);
  const { lookedAt, removed, left, foreign } = tally;
  return { dryRun, complete: !pace.outOfTime(), lookedAt, removed, left, foreign, toArchive };
}
