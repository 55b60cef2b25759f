import { type Config } from '../../lib/config/config';
import { type Source } from '../../lib/decode/event';
import { hasCode, type PipelineError } from '../../lib/errors';
import { hubProgress, type HubProgress } from '../../lib/hub/progress';
import { conclude, tellOnce } from '../exit';

/** A person waits: a namespace that has not answered by then is told as not answering. */
const HUB_MS = 10_000;

/** @throws PipelineError EVENT_HUBS_FAILED */
export const askHub = ({ eventHubs, hubs, requestMs }: Config, source: Source): Promise<HubProgress> =>
  hubProgress(eventHubs, hubs[source], Math.min(requestMs, HUB_MS));

export interface Asked {
  readonly answers: ReadonlyMap<Source, HubProgress>;
  /** Why the namespace, or one of its hubs, could not be asked: once for each cause. */
  readonly troubles: readonly string[];
}

/** Asks both hubs how far they are. */
export async function askHubs(config: Config): Promise<Asked> {
  const answers = new Map<Source, HubProgress>();
  const troubles = new Map<string, string>();
  for (const source of ['postgresql', 'mongodb'] as const) {
    const answer = await askHub(config, source).catch(ours);
    if ('partitions' in answer) {
      answers.set(source, answer);
      continue;
    }
    // Of a hub that is not there the name tells; all else is the namespace's trouble, and the same for each hub.
    const cause = answer.message.includes('no such hub') ? source : 'namespace';
    if (!troubles.has(cause)) troubles.set(cause, answer.message);
  }
  return { answers, troubles: [...troubles.values()] };
}

/** Says on the standard error output why hubs cannot be asked: then not all was done. @returns whether there was anything to say */
export async function tellHubTroubles(config: Config): Promise<boolean> {
  const { troubles } = await askHubs(config);
  tellOnce(troubles);
  conclude({ isUndone: troubles.length > 0 });
  return troubles.length > 0;
}

/** What is wrong with a partition's number, as its hub tells; null where it is right, or the hub does not answer. */
export async function partitionFault(config: Config, source: Source, partition: string): Promise<Error | null> {
  const hub = await askHub(config, source).catch(ours);
  if (!('partitions' in hub) || hub.partitions.some((one) => one.partition === partition)) return null;
  const known = hub.partitions.map((one) => one.partition).join(', ');
  return new Error(`The hub ${config.hubs[source]} has no partition ${partition}: it has ${known}.`);
}

function ours(error: unknown): PipelineError {
  if (hasCode(error, 'EVENT_HUBS_FAILED')) return error;
  throw error;
}
