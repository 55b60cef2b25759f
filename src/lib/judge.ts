import { type Delivery, type Source } from './decode/event';
import { PipelineError, hasCode } from './errors';
import { type HubFacts } from './hub/port';
import { type LedgerCache } from './ledger/cache';
import { isCovered } from './ledger/coverage';
import { refuseBirthAmongFiles } from './ledger/birth';
import { loadLedger, type BornLedger, type OpenLedger } from './ledger/open';
import { type Lake } from './ledger/port';
import { refuseOtherName } from './ledger/other-name';
import { publishPending } from './ledger/publish';
import { belongsHere, isBorn, succeeded, newHubSuspectedAt, uncovered, type Birth } from './ledger/rules';
import { swapLedger } from './ledger/swap';
import { type Clock } from './clock';
import { DAY_MS } from './time';

/** What judging a batch takes. */
export interface JudgingRoom {
  readonly ledgers: LedgerCache;
  readonly hubFacts: HubFacts;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly retentionDays: number;
  /** What the lake calls the namespace, where the settings say so: then its host name does not matter. Lower case. */
  readonly namespaceName?: string | null;
}

/**
 * The ledger to judge the batch by. Every pending file of the version returned is known to be published: only then may
 * an event be dropped as covered. From the cache in steady state, else from the lake.
 *
 * @throws PipelineError `LEDGER_*`, `INCARNATION_UNCONFIRMED`, or what publishing and the lake throw
 */
export async function judgedLedger(
  source: Source,
  delivery: Delivery,
  room: JudgingRoom,
  lake: Lake,
): Promise<OpenLedger> {
  // The latest of the batch: an event that makes one suspect a new hub must then be judged by that hub's ledger.
  const enqueuedAt = delivery.events.reduce((latest, event) => Math.max(latest, event.enqueuedAt), 0);
  const load = (): Promise<OpenLedger> => loadLedger(lake, source, delivery, enqueuedAt, room.newId);
  const cached = room.ledgers.take(delivery);
  let open: OpenLedger;
  if (cached !== null && belongsHere(cached.ledger, enqueuedAt)) {
    open = cached;
  } else {
    open = await load();
    if (!isBorn(open.ledger)) open = await bornOrNeverWas(open.ledger, delivery, room, lake, load);
    // What a dead or slow writer committed is finished for it before anything is judged by this version.
    if (isBorn(open.ledger)) await publishPending(lake, open.ledger);
  }
  const suspectedAt = isBorn(open.ledger) ? newHubSuspectedAt(open.ledger, delivery.events) : null;
  if (!isBorn(open.ledger) || suspectedAt === null) return open;
  const createdAt = await creationOf(delivery, open.ledger.lastEnqueuedAt, room.hubFacts);
  if (createdAt <= open.ledger.lastEnqueuedAt) return sameHub(open as BornLedger, delivery, createdAt);
  // Two clocks: an event of the new hub must not seem older than the hub, or it would be sent back to the old ledger.
  const successor = { incarnation: open.ledger.incarnation + 1, hubCreatedAt: Math.min(createdAt, suspectedAt) };
  // Closing the old ledger also wakes every writer that has it cached: their next swap finds another version.
  await swapLedger(lake, open, succeeded(open.ledger, successor));
  return await judgedLedger(source, delivery, room, lake);
}

/**
 * The hub is older than what is covered, so it is the same: what arrives late fills a gap. But a covered number with a later time
 * than anything covered is another event than the one in the lake: to drop it would lose it, to write it might double it.
 */
function sameHub(open: BornLedger, delivery: Delivery, createdAt: number): OpenLedger {
  const { ledger } = open;
  const other = delivery.events.find(
    ({ sequence, enqueuedAt }) => enqueuedAt > ledger.lastEnqueuedAt && isCovered(ledger, sequence),
  );
  if (other === undefined) return open;
  throw new PipelineError(
    'INCARNATION_UNCONFIRMED',
    `hub ${delivery.hub} partition ${delivery.partition} delivers sequence number ${other.sequence}, which is in the lake, as an ` +
      `event of ${new Date(other.enqueuedAt).toISOString()}, later than anything in the lake; yet the hub says that it was ` +
      `created at ${new Date(createdAt).toISOString()}. Nothing was dropped or written. Was the namespace failed over to hubs whose ` +
      `numbers begin anew? npm run lake -- successor ${ledger.source} ${delivery.partition} proves it and goes on: docs/deploy.md, "A failover".`,
    { retryable: true },
  );
}

/** A ledger that is not there: refuse to start over among files, unless another writer bore it meanwhile. */
async function bornOrNeverWas(
  birth: Birth,
  delivery: Delivery,
  room: JudgingRoom,
  lake: Lake,
  load: () => Promise<OpenLedger>,
): Promise<OpenLedger> {
  const now = room.clock.now();
  const times = delivery.events.map((event) => event.enqueuedAt);
  const from = Math.min(now - room.retentionDays * DAY_MS, ...times);
  try {
    const isStated = (room.namespaceName ?? null) !== null;
    await refuseOtherName(lake, birth, uncovered(birth, delivery.events), isStated);
    await refuseBirthAmongFiles(lake, birth, { from, to: Math.max(now, ...times) }, room.ledgers.looked(birth));
    return { ledger: birth, etag: null };
  } catch (error) {
    if (!hasCode(error, 'LEDGER_MISSING')) throw error;
    const again = await load();
    if (isBorn(again.ledger)) return again;
    if (again.ledger.incarnation === birth.incarnation) throw error;
    return await bornOrNeverWas(again.ledger, delivery, room, lake, load);
  }
}

async function creationOf(delivery: Delivery, lastEnqueuedAt: number, hubFacts: HubFacts): Promise<number> {
  try {
    return await hubFacts.createdAt(delivery.hub);
  } catch (cause) {
    throw new PipelineError(
      'INCARNATION_UNCONFIRMED',
      `hub ${delivery.hub} partition ${delivery.partition} delivers sequence numbers that are in the lake already, with ` +
        `enqueued times after ${new Date(lastEnqueuedAt).toISOString()}, as if the hub had been deleted and made anew. ` +
        `When it was created could not be asked, so nothing was dropped or written; the host tries again. ` +
        `EVENTHUB_CONNECTION_STRING must allow reading the hub's properties (Listen, or Azure Event Hubs Data Receiver).`,
      { retryable: true, cause },
    );
  }
}
