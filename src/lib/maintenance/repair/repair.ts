import { hasCode, PipelineError } from '../../errors';
import { LedgerCache } from '../../ledger/cache';
import { type Ledger } from '../../ledger/ledger';
import { ledgerPath } from '../../ledger/names';
import { readLedger } from '../../ledger/open';
import { publishPending } from '../../ledger/publish';
import { begunAt, settled } from '../../ledger/rules';
import { settle } from '../../ledger/settle';
import { swapLedger } from '../../ledger/swap';
import { forEachOf } from '../../parallel';
import { goneHubs } from '../checkpoints/ask';
import { readLedgers, waitingRuns } from '../completeness/ledgers';
import { doubtOf, expireAll, NONE, repairPartition, stillOpen, type Repaired } from './partition';
import { missingNumbers, uncoveredNumbers } from './reopen';
import { type OpenReason, type PartitionRepair, type RepairReport } from './report';
import { type RepairOptions, type RepairRoom, type RepairScope } from './room';
import { type Range } from '../../ranges';

const CONFIRM_AFTER_MS = 2_000;

/** Partitions whose beginning is asked for at once. */
const ASKED_AT_ONCE = 4;

/**
 * Looks for what is missing in the lake, and fills or closes it: publishes what is committed, reads gaps again from the hub, and gives up
 * what the hub no longer has. One partition after the other; a failure of one is told, and stops no other. Writers may go on meanwhile.
 *
 * @throws PipelineError where the ledgers cannot be listed or read; what the signal was aborted with
 */
export async function repair(room: RepairRoom, scope: RepairScope, options: RepairOptions): Promise<RepairReport> {
  const ledgers = await readLedgers(room.lake);
  // Nobody else's ledgers in memory are taken out or trusted.
  const own: RepairRoom = { ...room, landing: { ...room.landing, ledgers: new LedgerCache() } };
  const missing = options.reopen ? await missingNumbers(room) : new Map<string, readonly Range[]>();
  const begins = await earlierBegins(own, scope, ledgers, options.isTimeUp);
  const isAsked = (ledger: Ledger): boolean =>
    ledger.successor === null &&
    (ledger.gaps.length > 0 || begins.has(ledgerPath(ledger)) || (missing.get(ledgerPath(ledger)) ?? []).length > 0);
  // Null when the time is up: then no partition is begun with.
  const uncovered = ledgers.some(isAsked) ? await uncoveredNumbers(room, options.isTimeUp) : null;
  const gone = await hubsGone(own, scope, ledgers.filter(isAsked), options);
  const partitions: PartitionRepair[] = [];
  for (const ledger of ledgers) {
    const lacking = missing.get(ledgerPath(ledger)) ?? [];
    const isGone = ledger.namespace === scope.namespace && gone.has(ledger.hub);
    const path = ledgerPath(ledger);
    const found = { missing: lacking, uncovered: uncovered?.get(path) ?? [], begin: begins.get(path) ?? null };
    partitions.push(await repairOne({ room: own, scope, options }, ledger, found, isGone));
  }
  return {
    isDryRun: options.dryRun,
    partitions: partitions.filter(isWorthTelling),
    isOutOfTime: partitions.some(({ open }) => open.some(({ reason }) => reason === 'out_of_time')),
  };
}

/**
 * Where hubs begin that still have events from before the first one in the lake, by ledger path: the host went by an old checkpoint. A hub
 * that does not answer, or may be another one, says nothing.
 */
async function earlierBegins(
  { reader }: RepairRoom,
  scope: RepairScope,
  ledgers: readonly Ledger[],
  isTimeUp: () => boolean,
): Promise<ReadonlyMap<string, bigint>> {
  const begins = new Map<string, bigint>();
  const isCurrent = ({ namespace, hub, source, successor }: Ledger): boolean =>
    successor === null && namespace === scope.namespace && hub === scope.hubs[source].toLowerCase();
  await forEachOf(ledgers.filter(isCurrent), ASKED_AT_ONCE, async (ledger) => {
    if (isTimeUp()) return;
    try {
      const facts = await reader.facts(scope.hubs[ledger.source], ledger.partition);
      const isEarlier = facts.begin < ledger.start && facts.begin <= facts.last;
      if (isEarlier && doubtOf(ledger, facts) === null) begins.set(ledgerPath(ledger), facts.begin);
    } catch (error) {
      if (!hasCode(error, 'EVENT_HUBS_FAILED')) throw error;
    }
  });
  return begins;
}

/** The ledger as it is now, with a gap down to `begin`. */
async function openedFrom({ room, options }: Run, before: Ledger, begin: bigint | null): Promise<Ledger> {
  for (;;) {
    // Writers may have filled some since, or found more.
    const open = await readLedger(room.lake, before);
    if (open === null) return before;
    if (begin === null || options.isTimeUp()) return open.ledger;
    const next = begunAt(open.ledger, begin, room.landing.clock.now());
    if (next === open.ledger || options.dryRun) return next;
    await publishPending(room.lake, open.ledger);
    if ((await swapLedger(room.lake, open, settled(next))) !== 'overtaken') return settled(next);
  }
}

/** The hubs of those ledgers that are proven gone: not found twice, while another one of the namespace answers. */
async function hubsGone(
  { namespace }: RepairRoom,
  scope: RepairScope,
  ledgers: readonly Ledger[],
  { isTimeUp, confirmAfterMs = CONFIRM_AFTER_MS }: RepairOptions,
): Promise<ReadonlySet<string>> {
  const asked = ledgers.filter((ledger) => ledger.namespace === scope.namespace).map(({ hub }) => hub);
  if (asked.length === 0) return new Set();
  const hubs = new Set([...Object.values(scope.hubs).map((hub) => hub.toLowerCase()), ...asked]);
  const ours = { namespace: scope.namespace, hubs: [...hubs], consumerGroup: scope.group };
  const gone = await goneHubs(namespace, ours, { atOnce: 4, confirmAfterMs, outOfTime: isTimeUp });
  return new Set(gone.map(({ hub }) => hub));
}

function isWorthTelling({ settled, filled, absent, expired, reopened, open, failure }: PartitionRepair): boolean {
  return settled + filled + absent.length + expired.length + reopened.length + open.length > 0 || failure !== null;
}

/** What a run is about. */
interface Run {
  readonly room: RepairRoom;
  readonly scope: RepairScope;
  readonly options: RepairOptions;
}

/** How a partition's files differ from what its ledger says. */
interface Differing {
  readonly missing: readonly Range[];
  readonly uncovered: readonly Range[];
  /** Where its hub begins, if that is before the first number of the ledger. */
  readonly begin: bigint | null;
}

/** One partition in one incarnation. */
async function repairOne(run: Run, before: Ledger, differing: Differing, isGone: boolean): Promise<PartitionRepair> {
  const { missing } = differing;
  const { source, namespace, hub, incarnation, partition, gaps } = before;
  const told = { source, namespace, hub, incarnation, partition };
  let settled = 0;
  try {
    settled = await settleOne(run, before);
    const ledger = differing.uncovered.length > 0 ? before : await openedFrom(run, before, differing.begin);
    return { ...told, settled, ...(await fillOrClose(run, ledger, differing, isGone)), failure: null };
  } catch (error) {
    if (run.options.signal.aborted || !(error instanceof PipelineError)) throw error;
    const isHub = error.code === 'EVENT_HUBS_FAILED';
    const why = { reason: isHub ? 'unknown' : 'failed', detail: isHub ? error.message : null } as const;
    const open = stillOpen([...gaps, ...missing], why);
    return { ...told, settled, ...NONE, open, failure: isHub ? null : error.message };
  }
}

async function settleOne({ room, options }: Run, ledger: Ledger): Promise<number> {
  if (ledger.pending.length === 0 || options.isTimeUp()) return 0;
  // A ledger names the files of its last commit until the next: most of them have been visible since.
  const waiting = (await waitingRuns(room.lake, ledger)).length;
  if (options.dryRun) return waiting;
  return typeof (await settle(room.lake, ledger)) === 'number' ? waiting : 0;
}

async function fillOrClose(
  { room, scope, options }: Run,
  ledger: Ledger,
  { missing, uncovered }: Differing,
  isGone: boolean,
): Promise<Repaired> {
  const open = (reason: OpenReason, detail: string | null = null): Repaired => ({
    ...NONE,
    open: stillOpen([...ledger.gaps, ...missing], { reason, detail }),
  });
  if (ledger.gaps.length + missing.length === 0) return NONE;
  if (options.isTimeUp()) return open('out_of_time');
  if (uncovered[0] !== undefined) {
    const { first, last } = uncovered[0];
    const { source, partition } = ledger;
    const command = `npm run lake -- rebuild-ledger ${source} ${partition}`;
    return open('uncovered', `files hold ${first}-${last}, which the ledger does not cover: ${command}`);
  }
  if (ledger.successor !== null || isGone) {
    const expired = await expireAll(room, ledger, options.dryRun);
    // Files that were taken away, and whose hub is no more: only restoring them can help.
    return { ...expired, open: stillOpen(missing, { reason: 'hub_gone', detail: null }) };
  }
  if (ledger.namespace !== scope.namespace) return open('unknown', otherNamespace(ledger, scope));
  if (scope.hubs[ledger.source].toLowerCase() !== ledger.hub) return open('other_hub');
  return await repairPartition(room, scope, ledger, missing, options);
}

const otherNamespace = (ledger: Ledger, scope: RepairScope): string =>
  `its ledger is of ${ledger.namespace}, and EVENTHUB_CONNECTION_STRING names ${scope.namespace}: set the one that these events came from`;
