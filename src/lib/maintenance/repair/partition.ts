import { noteClosedGaps } from '../../ledger/closed-gaps';
import { type Ledger } from '../../ledger/ledger';
import { readLedger } from '../../ledger/open';
import { coveredParts, openParts } from '../../ledger/rules';
import { closeOpen, NOTHING, type Closed, type Verdict } from './close';
import { fill, type Reading, type Wanted } from './fill';
import { type PartitionFacts } from './port';
import { reopen } from './reopen';
import { type OpenReason, type PartitionRepair, type StillOpen } from './report';
import { type RepairOptions, type RepairRoom, type RepairScope } from './room';
import { common, minus, type Range, splitAt } from '../../ranges';

/** What became of a partition's gaps. */
export type Repaired = Pick<PartitionRepair, 'filled' | 'absent' | 'expired' | 'reopened' | 'open'>;

/**
 * Fills the gaps of a partition whose hub is there: what the hub has lands as every batch does, what it no longer has is closed as
 * `expired`, and what it passes over as `absent`.
 *
 * @param missing what its ledger covers and no file names, to be read again as well
 * @throws PipelineError EVENT_HUBS_FAILED where the hub does not say what it holds; what the lake and landing throw
 */
export async function repairPartition(
  room: RepairRoom,
  scope: RepairScope,
  ledger: Ledger,
  missing: readonly Range[],
  options: RepairOptions,
): Promise<Repaired> {
  const { reader } = room;
  const hub = scope.hubs[ledger.source];
  const before = await reader.facts(hub, ledger.partition);
  const doubt = doubtOf(ledger, before);
  if (doubt !== null) return { ...NONE, open: stillOpen([...ledger.gaps, ...missing], doubt) };
  // What the hub no longer has is not asked for: there is no use in taking back the coverage of it.
  const [tooOld, wanted] = splitAt(missing, before.begin);
  const reopening = missing.length === 0 ? null : await reopen(room, ledger.source, ledger, wanted, options.dryRun);
  const refused = reopening?.kind === 'refused' ? stillOpen(missing, reopening) : [];
  const again = reopening?.kind === 'reopened' ? reopening : null;
  const judged = again?.ledger ?? ledger;
  const gaps = [...judged.gaps, ...(again?.beyond ?? [])];
  const [below, rest] = splitAt(gaps, before.begin);
  const reading = await readTwice(room, scope, { ...ledger, ranges: rest }, options);
  const after = await factsAfter(room, hub, ledger.partition);
  if (typeof after !== 'string' && after.createdAt !== before.createdAt) {
    const open = stillOpen(minus(rest, reading.seen), { reason: 'hub_made_anew', detail: null });
    return { ...NONE, filled: reading.filled, reopened: again?.ranges ?? [], open: [...open, ...refused] };
  }
  // The same doubt as before the reading: a hub that has fallen back says nothing by what it did not deliver.
  const doubtAfter = typeof after === 'string' ? null : doubtOf(ledger, after);
  const begin = typeof after === 'string' || doubtAfter !== null ? null : after.begin;
  // Only what was asked for: what lies between two gaps was read along and not noted as seen, and may have become a gap meanwhile.
  const verdicts = verdictsOf(below, { ...reading, passed: common(rest, reading.passed) }, begin);
  const closed = await close(room, judged, verdicts, options.dryRun);
  const lost = refused.length > 0 ? [] : await giveUp(room, ledger, tooOld, options.dryRun);
  const left = await leftOf(room, ledger, gaps, reading, closed, options.dryRun);
  return {
    filled: reading.filled,
    ...{ absent: closed.absent, expired: [...closed.expired, ...lost], reopened: again?.ranges ?? [] },
    open: [...stillOpen(left, doubtAfter ?? reasonOf(reading, after)), ...refused],
  };
}

/**
 * What a first reading passed over is read once more, since to close a gap wrongly would lose events for good: only what both have passed
 * over counts as passed over.
 */
async function readTwice(
  room: RepairRoom,
  scope: RepairScope,
  wanted: Wanted,
  options: RepairOptions,
): Promise<Reading> {
  const first = await fill(room, scope, wanted, options);
  const doubtful = minus(first.passed, first.seen);
  if (first.why !== null) return { ...first, passed: first.seen };
  if (common(wanted.ranges, doubtful).length === 0) return first;
  const second = await fill(room, scope, { ...wanted, ranges: common(wanted.ranges, doubtful) }, options);
  const seen = [...first.seen, ...second.seen];
  return {
    ...second,
    seen,
    passed: [...seen, ...common(doubtful, second.passed)],
    filled: first.filled + second.filled,
  };
}

/** Closes every open gap of a partition whose hub is no more: what was in it is lost. */
export async function expireAll(room: RepairRoom, ledger: Ledger, isDryRun: boolean): Promise<Repaired> {
  const verdicts: Verdict[] = [{ outcome: 'expired', ranges: ledger.gaps }];
  return { ...NONE, ...(await close(room, ledger, verdicts, isDryRun)) };
}

export const NONE: Repaired = { filled: 0, absent: [], expired: [], reopened: [], open: [] };

/** The same reason for each; numbers as stretches. */
export function stillOpen(
  ranges: readonly Range[],
  { reason, detail }: { readonly reason: OpenReason; readonly detail: string | null },
): StillOpen[] {
  return ranges.map(({ first, last }) => ({ first, last, reason, detail }));
}

/** Why a hub's answer must not be taken for that of the hub whose events the ledger covers; null where it may. */
export function doubtOf(
  { last, lastEnqueuedAt }: Pick<Ledger, 'last' | 'lastEnqueuedAt'>,
  facts: PartitionFacts,
): Pick<StillOpen, 'reason' | 'detail'> | null {
  if (facts.createdAt > lastEnqueuedAt) {
    const detail = `the hub was made at ${new Date(facts.createdAt).toISOString()}, after everything that is in the lake`;
    return { reason: 'hub_made_anew', detail };
  }
  if (facts.last >= last) return null;
  const detail = `the hub's last number is ${facts.last}, and ${last} is in the lake: was the namespace failed over or restored?`;
  return { reason: 'unknown', detail };
}

/**
 * Retention moves while one reads: what was passed over is absent only if the hub's beginning has not passed it by then. Where that could
 * not be asked, only what was too old before is judged.
 */
export function verdictsOf(below: readonly Range[], { seen, passed }: Reading, begin: bigint | null): Verdict[] {
  if (begin === null) return [{ outcome: 'expired', ranges: below }];
  const [expired, absent] = splitAt(minus(passed, seen), begin);
  return [
    { outcome: 'expired', ranges: [...below, ...expired] },
    { outcome: 'absent', ranges: absent },
  ];
}

async function factsAfter({ reader }: RepairRoom, hub: string, partition: string): Promise<PartitionFacts | string> {
  try {
    return await reader.facts(hub, partition);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function close(
  room: RepairRoom,
  ledger: Ledger,
  verdicts: readonly Verdict[],
  isDryRun: boolean,
): Promise<Closed> {
  if (verdicts.every(({ ranges }) => openParts(ledger, ranges).length === 0)) return NOTHING;
  if (!isDryRun) return await closeOpen(room.lake, ledger, verdicts, room.landing.clock);
  const of = (outcome: Verdict['outcome']): Range[] =>
    openParts(
      ledger,
      verdicts.filter((verdict) => verdict.outcome === outcome).flatMap(({ ranges }) => ranges),
    ).map(({ first, last }) => ({ first, last }));
  return { absent: of('absent'), expired: of('expired') };
}

/** What no file names, and the hub no longer has: it stays covered, and is noted as lost. */
async function giveUp(
  room: RepairRoom,
  ledger: Ledger,
  ranges: readonly Range[],
  isDryRun: boolean,
): Promise<readonly Range[]> {
  const now = room.landing.clock.now();
  const lost = ranges.map((range) => ({ ...range, noticedAt: now, closedAt: now, outcome: 'expired' as const }));
  if (lost.length > 0 && !isDryRun) await noteClosedGaps(room.lake, ledger, lost);
  return ranges;
}

/** What was wanted and is not there. */
async function leftOf(
  room: RepairRoom,
  ledger: Ledger,
  wanted: readonly Range[],
  reading: Reading,
  closed: Closed,
  isDryRun: boolean,
): Promise<Range[]> {
  if (isDryRun) return minus(wanted, [...reading.seen, ...closed.absent, ...closed.expired]);
  const now = (await readLedger(room.lake, ledger))?.ledger;
  return now === undefined
    ? [...wanted]
    : minus(wanted, coveredParts(now, common(wanted, [{ first: now.start, last: now.last }])));
}

function reasonOf(
  { isOutOfTime, why }: Reading,
  after: PartitionFacts | string,
): { readonly reason: OpenReason; readonly detail: string | null } {
  if (why !== null) return { reason: 'unknown', detail: why };
  if (isOutOfTime) return { reason: 'out_of_time', detail: null };
  return typeof after === 'string' ? { reason: 'unknown', detail: after } : { reason: 'not_landed', detail: null };
}
