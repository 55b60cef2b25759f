import { type HubEvent, type HubPartition, type Source } from '../decode/event';
import { cover, coveredRanges, isCovered, type Coverage } from './coverage';
import { type Gap, type Ledger, type StagedRun, type Successor } from './ledger';
import { byFirst, common, minus, type Range } from '../ranges';

/** Who a ledger that does not exist yet will be. */
export interface Birth extends HubPartition {
  readonly source: Source;
  readonly incarnation: number;
  readonly generation: string;
  readonly hubCreatedAt: number | null;
}

/** Whether `ledger` is born, and not about to be. */
export function isBorn(ledger: Ledger | Birth): ledger is Ledger {
  return 'last' in ledger;
}

/**
 * The events that the ledger does not cover, ascending, each sequence number once.
 *
 * May be asked only of a ledger whose pending files are known to be published: an event is dropped here because readers
 * can see it.
 */
export function uncovered(ledger: Ledger | Birth, events: readonly HubEvent[]): HubEvent[] {
  const rest = isBorn(ledger) ? events.filter((event) => !isCovered(ledger, event.sequence)) : [...events];
  if (!isAscending(rest)) rest.sort((a, b) => (a.sequence < b.sequence ? -1 : a.sequence > b.sequence ? 1 : 0));
  return rest.filter((event, i) => event.sequence !== rest[i - 1]?.sequence);
}

/**
 * The next version of the ledger: the runs covered, gaps noticed or filled, and the runs' files pending. The files that
 * were pending before are forgotten: they must be known to be published.
 *
 * @throws RangeError when a run overlaps what is covered
 */
export function commit(ledger: Ledger | Birth, runs: readonly StagedRun[], now: number): Ledger {
  const before = isBorn(ledger) ? ledger : null;
  const coverage = cover(before, runs, now);
  const counters = before?.counters ?? { events: 0, quarantined: 0, files: 0, bytes: 0 };
  const sum = (pick: (run: StagedRun) => number): number => runs.reduce((total, run) => total + pick(run), 0);
  return {
    source: ledger.source,
    namespace: ledger.namespace,
    hub: ledger.hub,
    partition: ledger.partition,
    incarnation: ledger.incarnation,
    generation: ledger.generation,
    hubCreatedAt: ledger.hubCreatedAt,
    start: coverage.start,
    last: coverage.last,
    gaps: coverage.gaps,
    lastEnqueuedAt: Math.max(before?.lastEnqueuedAt ?? -Infinity, ...runs.map((run) => run.lastEnqueuedAt)),
    pending: runs.flatMap((run) => run.files),
    counters: {
      events: counters.events + sum((run) => Number(run.last - run.first) + 1),
      quarantined: counters.quarantined + sum((run) => run.quarantined),
      files: counters.files + sum((run) => run.files.length),
      bytes: counters.bytes + sum((run) => run.bytes),
    },
    successor: before?.successor ?? null,
  };
}

/** The ledger with its pending files forgotten, which must be known to be published. */
export function settled(ledger: Ledger): Ledger {
  return { ...ledger, pending: [] };
}

/**
 * The ledger without those parts of its open gaps that are in `ranges`: their events will never come, and count as covered.
 * Who closes gaps has noted them (closed-gaps.ts), and keeps the files pending.
 */
export function closeGaps(ledger: Ledger, ranges: readonly Range[]): Ledger {
  return { ...ledger, gaps: minus(ledger.gaps, ranges) };
}

/** The parts of the open gaps that are in `ranges`, each with the time at which its gap was noticed: ascending. */
export function openParts({ gaps }: Pick<Ledger, 'gaps'>, ranges: readonly Range[]): Gap[] {
  return common(gaps, ranges);
}

/**
 * The ledger with its coverage of `ranges` taken back: what the lake has lost, and the hub may still have. They
 * become open gaps; at the end of what is covered they are as if they had never come, since `last` is always covered. What is
 * pending must be known to be published, and is forgotten.
 *
 * The generation changes, as with every ledger that covers less than before. A writer that committed by the old one, and finds neither its
 * staged file nor the final one, could else take the file for published; so it judges its batch again, and fills the gap.
 *
 * @returns null where nothing would be covered any more
 */
export function reopened(ledger: Ledger, ranges: readonly Range[], generation: string, now: number): Ledger | null {
  const last = minus(coveredRanges(ledger), ranges).at(-1)?.last;
  if (last === undefined) return null;
  const gaps: Gap[] = [];
  const all = [...ledger.gaps, ...coveredParts(ledger, ranges).map((part) => ({ ...part, noticedAt: now }))];
  for (const gap of all.sort(byFirst)) {
    const before = gaps.at(-1);
    if (gap.first > last) continue;
    if (before?.last !== gap.first - 1n) gaps.push(gap);
    else gaps[gaps.length - 1] = { ...before, last: gap.last, noticedAt: Math.min(before.noticedAt, gap.noticedAt) };
  }
  return { ...ledger, generation, last, gaps, pending: [] };
}

/** The parts of what is covered that are in `ranges`: ascending. */
export function coveredParts(coverage: Coverage, ranges: readonly Range[]): Range[] {
  return common(coveredRanges(coverage), ranges);
}

/**
 * The ledger with an open gap from `begin` up to its start: what its hub still has from before the first number that was ever delivered, as
 * where the host went by an old checkpoint. The start itself, where it is in a gap, is one gap with it.
 */
export function begunAt(ledger: Ledger, begin: bigint, now: number): Ledger {
  const { start, gaps } = ledger;
  if (begin >= start) return ledger;
  const [first, ...rest] = gaps;
  const joined = first?.first === start ? first : null;
  const gap = { first: begin, last: joined?.last ?? start - 1n, noticedAt: joined?.noticedAt ?? now };
  return { ...ledger, start: begin, gaps: [gap, ...(joined === null ? gaps : rest)] };
}

/** The ledger with its hub succeeded by one of the same name; its pending files must be known to be published. */
export function succeeded(ledger: Ledger, successor: Successor): Ledger {
  return { ...ledger, pending: [], successor };
}

/**
 * Suspects that the hub was deleted and made anew: a number at or below `last`, enqueued later than anything covered.
 * Within one hub, later events have higher numbers.
 *
 * @returns when the first such event was enqueued, UTC ms; null where nothing is suspect
 */
export function newHubSuspectedAt(ledger: Ledger, events: readonly HubEvent[]): number | null {
  const suspects = events.filter((event) => event.sequence <= ledger.last && event.enqueuedAt > ledger.lastEnqueuedAt);
  return suspects.length === 0 ? null : suspects.reduce((first, event) => Math.min(first, event.enqueuedAt), Infinity);
}

/** Whether events enqueued at `enqueuedAt` are younger than the hub of this ledger's successor, if there is one. */
export function belongsToSuccessor(ledger: Ledger, enqueuedAt: number): ledger is Ledger & { successor: Successor } {
  return ledger.successor !== null && enqueuedAt >= ledger.successor.hubCreatedAt;
}

/** Whether events enqueued at `enqueuedAt` are of this ledger's incarnation, and not of an earlier or later hub's. */
export function belongsHere(ledger: Ledger, enqueuedAt: number): boolean {
  return enqueuedAt >= (ledger.hubCreatedAt ?? -Infinity) && !belongsToSuccessor(ledger, enqueuedAt);
}

function isAscending(events: readonly HubEvent[]): boolean {
  return events.every((event, i) => i === 0 || event.sequence > (events[i - 1] as HubEvent).sequence);
}
