import { type Command } from './command';
import { isPrimary, type Context } from './context';
import { CommandError } from './errors';
import { type Store } from './store';
import { field } from './raw';
import { asText, asTimestamp } from './values';

/** What a read sees: all that was written, or what the majority of the members has. */
type Sight = 'all' | 'majority';

/** https://www.mongodb.com/docs/manual/reference/read-concern/; a secondary has no more than it was sent. */
export function sightOf(command: Command, context: Context): Sight {
  const concern = command.document('readConcern');
  const level = concern === undefined ? undefined : asText(field(concern, 'level'));
  return level === 'majority' || level === 'snapshot' || !isPrimary(context) ? 'majority' : 'all';
}

/** The newest moment that it sees. */
export const seenTs = (sight: Sight, { oplog, lastTs }: Store): bigint => (sight === 'all' ? lastTs : oplog.lastTs);

/**
 * Waits until a read sees what its `afterClusterTime` or `atClusterTime` asks for.
 *
 * @throws CommandError for a time that is still to come, or when `maxTimeMS` is over
 */
export async function waitUntilSeen(command: Command, context: Context): Promise<void> {
  const concern = command.document('readConcern');
  if (concern === undefined) return;
  const { store, signal } = context;
  const after = asTimestamp(field(concern, 'afterClusterTime'));
  const wanted = after ?? asTimestamp(field(concern, 'atClusterTime'));
  if (wanted === undefined) return;
  if (wanted > store.lastTs)
    throw new CommandError(
      72,
      `readConcern ${after === undefined ? 'atClusterTime' : 'afterClusterTime'} value must not be greater than the current clusterTime.`,
    );
  const sight = sightOf(command, context);
  const ms = command.number('maxTimeMS');
  const deadline = ms === undefined ? Infinity : performance.now() + ms;
  while (seenTs(sight, store) < wanted && !signal.aborted) {
    const left = deadline - performance.now();
    if (left <= 0) throw new CommandError(50, 'operation exceeded time limit');
    await published(store, left, signal);
  }
}

async function published({ oplog }: Store, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const wake = () => resolve(undefined);
  const timer = ms === Infinity ? undefined : setTimeout(wake, ms);
  const unwatch = oplog.watch(wake);
  signal.addEventListener('abort', wake);
  await promise;
  clearTimeout(timer);
  unwatch();
  signal.removeEventListener('abort', wake);
}
