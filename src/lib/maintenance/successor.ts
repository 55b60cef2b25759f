import { type HubEvent, type HubPartition, type Source } from '../decode/event';
import { isCovered } from '../ledger/coverage';
import { type Ledger } from '../ledger/ledger';
import { readOrRestore, type BornLedger } from '../ledger/open';
import { holds } from '../ledger/other-name';
import { type Lake } from '../ledger/port';
import { publishPending } from '../ledger/publish';
import { settled, succeeded } from '../ledger/rules';
import { swapLedger } from '../ledger/swap';
import { type HubReader } from './repair/port';

export interface SuccessorTools {
  readonly lake: Lake;
  readonly reader: HubReader;
}

/** What became of a partition; times in UTC ms. */
export type SuccessorReport =
  | { readonly did: 'set'; readonly incarnation: number; readonly since: number }
  | { readonly did: 'refused'; readonly why: SuccessorRefusal };

/**
 * `no_ledger`: nothing of it is in the lake; `hub_empty`: the hub has no event that could be compared; `same_hub`: its oldest event is in the
 * lake; `not_covered`: the lake covers no event of that number, so nothing can be compared; `too_old`: its oldest event is older than the
 * last one in the lake; `overtaken`: a writer was quicker, five times.
 */
export type SuccessorRefusal = 'no_ledger' | 'hub_empty' | 'same_hub' | 'not_covered' | 'too_old' | 'overtaken';

const MAX_ROUNDS = 5;

/**
 * Has the ledger of a partition succeeded by the next incarnation, where the hub is another one than the lake knows, though it is older than
 * what the lake holds: after a failover to a namespace whose numbers begin anew. Proven by its oldest event: its number is covered, and the
 * lake's event of that number is another one. Events from that one's time on are the next incarnation's.
 *
 * @param hub as the settings name it
 * @throws PipelineError EVENT_HUBS_FAILED; what the lake and publishing throw
 */
export async function setSuccessor(
  { lake, reader }: SuccessorTools,
  source: Source,
  of: HubPartition,
  hub: string,
  dryRun: boolean,
): Promise<SuccessorReport> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const open = await latest(lake, of);
    if (open?.ledger.source !== source) return { did: 'refused', why: 'no_ledger' };
    const { ledger } = open;
    // What is committed must be where it can be compared.
    if (!dryRun) await publishPending(lake, ledger);
    const event = await oldestEvent(reader, hub, of.partition);
    const why = event === null ? 'hub_empty' : await refusalOf(lake, ledger, event);
    if (event === null || why !== null) return { did: 'refused', why: why ?? 'hub_empty' };
    const set = { did: 'set', incarnation: ledger.incarnation + 1, since: event.enqueuedAt } as const;
    if (dryRun) return set;
    const next = succeeded(settled(ledger), { incarnation: set.incarnation, hubCreatedAt: set.since });
    if ((await swapLedger(lake, open, next)) !== 'overtaken') return set;
  }
  return { did: 'refused', why: 'overtaken' };
}

async function latest(lake: Lake, of: HubPartition): Promise<BornLedger | null> {
  const { namespace, hub, partition } = of;
  let found: BornLedger | null = null;
  for (let incarnation = 1; ; incarnation += 1) {
    const next = await readOrRestore(lake, { namespace, hub, partition, incarnation });
    if (next === null) return found;
    found = next;
  }
}

async function refusalOf(lake: Lake, ledger: Ledger, event: HubEvent): Promise<SuccessorRefusal | null> {
  if (ledger.successor !== null) return 'not_covered';
  if (!isCovered(ledger, event.sequence)) return 'not_covered';
  if (await holds(lake, ledger, event)) return 'same_hub';
  return event.enqueuedAt > ledger.lastEnqueuedAt ? null : 'too_old';
}

/** The oldest event that the hub still has of a partition; null where it has none. */
async function oldestEvent(reader: HubReader, hub: string, partition: string): Promise<HubEvent | null> {
  const { begin, last } = await reader.facts(hub, partition);
  return begin > last ? null : await eventAt(reader, hub, partition, begin);
}

/** One event of the hub; null where it has none of that number. */
export async function eventAt(
  reader: HubReader,
  hub: string,
  partition: string,
  sequence: bigint,
): Promise<HubEvent | null> {
  const range = { hub, partition, from: sequence, to: sequence };
  for await (const events of reader.read(range, new AbortController().signal)) {
    return events.find((event) => event.sequence === sequence) ?? null;
  }
  return null;
}
