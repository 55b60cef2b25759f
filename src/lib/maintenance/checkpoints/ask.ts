import { setTimeout as sleep } from 'node:timers/promises';
import { forEachOf } from '../../parallel';
import { type Answers } from './judge';
import { type RecordName } from './name';
import { type HubPresence, type Namespace, type Presence, type Unknown } from './port';
import { type CleanUp } from './result';
import { foreignHub, type Scope } from './scope';

export interface Pace {
  /** Questions, and afterwards requests to storage, under way at once. */
  readonly atOnce: number;
  /** A not-found is asked for again after so long, and counts only if it comes again. */
  readonly confirmAfterMs: number;
  readonly outOfTime: () => boolean;
}

/**
 * Asks for every hub of ours, and for each group that `records` name in those that are there; for nothing where none of
 * them is ours. What was asked before a record was looked at proves nothing about it, since the hub may have been made
 * anew in between: so each page is asked for anew.
 */
export async function ask(
  namespace: Namespace,
  scope: Scope,
  records: readonly (RecordName | null)[],
  pace: Pace,
): Promise<Answers> {
  const ours = records.filter((record) => record !== null).filter((record) => foreignHub(record, scope) === null);
  const hubs = ours.length === 0 ? new Map<string, HubPresence>() : await askHubs(namespace, scope, pace);
  const groups = new Map<string, Presence>();
  const named = new Map(ours.map(({ hub, group }) => [keyOf(hub, group), { hub, group }]));
  await forEachOf([...named], pace.atOnce, async ([key, { hub, group }]) => {
    const presence = hubs.get(keyOf(hub));
    const partition = presence?.answer === 'there' ? presence.partitions[0] : undefined;
    if (partition === undefined) return;
    groups.set(key, await twice(() => namespace.group(hub, group, partition), pace));
  });
  return {
    proven: isProven(hubs),
    hub: (hub) => hubs.get(keyOf(hub)) ?? NOT_ASKED,
    group: (hub, group) => groups.get(keyOf(hub, group)) ?? NOT_ASKED,
  };
}

/** The hubs of ours that are proven gone now. */
export async function goneHubs(namespace: Namespace, scope: Scope, pace: Pace): Promise<CleanUp['toArchive']> {
  const hubs = await askHubs(namespace, scope, pace);
  if (!isProven(hubs)) return [];
  const gone = scope.hubs.filter((hub) => hubs.get(keyOf(hub))?.answer === 'gone');
  return gone.map((hub) => ({ namespace: scope.namespaceInLake ?? scope.namespace, hub }));
}

async function askHubs(namespace: Namespace, scope: Scope, pace: Pace): Promise<ReadonlyMap<string, HubPresence>> {
  const hubs = new Map<string, HubPresence>();
  await forEachOf(scope.hubs, pace.atOnce, async (hub) => {
    hubs.set(keyOf(hub), await twice(() => namespace.hub(hub), pace));
  });
  return hubs;
}

/** A namespace of which all is gone may be another one of the same name, or in trouble. */
const isProven = (hubs: ReadonlyMap<string, HubPresence>): boolean =>
  [...hubs.values()].some(({ answer }) => answer === 'there');

/** A service that is being moved may say not-found for a moment. */
async function twice<Answer extends { readonly answer: string }>(
  question: () => Promise<Answer>,
  { confirmAfterMs, outOfTime }: Pace,
): Promise<Answer | Unknown> {
  if (outOfTime()) return NO_TIME;
  const first = await question();
  if (first.answer !== 'gone') return first;
  await sleep(confirmAfterMs);
  if (outOfTime()) return NO_TIME;
  const second = await question();
  if (second.answer !== 'there') return second;
  return { answer: 'unknown', why: `not found at first, and there ${confirmAfterMs} ms later` };
}

const keyOf = (...names: readonly string[]): string => names.join('/').toLowerCase();

const NOT_ASKED: Unknown = { answer: 'unknown', why: 'it was not asked for' };
const NO_TIME: Unknown = { answer: 'unknown', why: 'no time was left to ask' };
