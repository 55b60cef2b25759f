import { type Source } from '../../decode/event';
import { PipelineError } from '../../errors';
import { settle } from '../../ledger/settle';
import { forEachOf } from '../../parallel';
import { utcDay } from '../../time';
import { oldCheckpoints, type OldCheckpoint } from '../checkpoints/old';
import { figuresOf, firstDayOf, type DayFigures } from '../completeness/days';
import { completeThrough, type HubSight, type Through } from '../completeness/frontier';
import { readLedgers } from '../completeness/ledgers';
import { proveSource, type SourceProof } from '../completeness/prove';
import { otherEvents } from './compare';
import { mark, markedDays, type Marked } from './markers';
import { recentOf, reportOf, totalsOf, type SourceReport } from './report';
import { type DailyOptions, type DailyRoom, type RepairSummary } from './room';
import { readSummary, writeSummary } from './summary';

/** Ledgers settled at once. */
const AT_ONCE = 4;

/** Days that the report shows. */
const RECENT_DAYS = 14;

/** What was done before, for all sources at once. */
export interface Before {
  readonly repaired: RepairSummary | null;
  readonly failures: readonly string[];
}

/**
 * Settles, proves and marks one source, and tells what it found. What fails is told, and the rest goes on; a failure that is none of ours
 * is thrown.
 */
export async function runSource(
  room: DailyRoom,
  source: Source,
  options: DailyOptions,
  isTimeUp: () => boolean,
  before: Before,
): Promise<SourceReport> {
  const { lake, clock, hubs } = room;
  const { dryRun } = options;
  const { repaired } = before;
  const failures = [...before.failures, ...(repaired?.failures ?? [])];
  const trying = async <T>(act: () => Promise<T>, told = failures): Promise<T | null> => {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error;
      told.push(error.message);
      return null;
    }
  };

  if (!dryRun) await trying(() => settleAll(room, source, (act) => trying(act)));
  const hubFailures: string[] = [];
  const seen = await trying(() => lookAtHub(room, source, (act) => trying(act)), hubFailures);
  // Of two proofs the one that was begun later is the newer one, whichever ends first.
  const provedAt = clock.now();
  const proof = await trying(() => proveSource(lake, source, { sleep: room.sleep }, isTimeUp));

  const isCovered = (proof?.partitions.length ?? 0) > 0;
  if (isCovered || proof === null) failures.push(...hubFailures);
  const sight = seen?.sight ?? null;
  const others = proof === null || sight === null ? [] : await otherEvents(room, source, proof, sight, failures);
  failures.push(...others);
  const told = throughOf(hubs[source], proof, sight, hubFailures);
  const through: Through = others.length === 0 ? told : { at: null, why: others };
  const closed = lastClosedDay(through);
  const figures = proof === null ? [] : await trying(() => figuresToTell(room, source, proof, closed));
  const marking = { source, partitions: proof?.partitions ?? [], provedAt, closed, isTimeUp, dryRun };
  const marked = (await trying(() => mark(lake, figures?.filter(isMarked) ?? [], marking))) ?? NOTHING_MARKED;
  // Read before it is replaced: what a run closed that did not live to tell of it was never told.
  const earlier = proof === null ? null : await trying(() => readSummary(lake, source));
  // A source that is not in use has nothing to be complete.
  const isInUse = isCovered || seen !== null;
  if (proof !== null && isInUse && !dryRun) {
    const summary = { source, through, computedAt: provedAt, totals: totalsOf(proof) };
    await trying(() => writeSummary(lake, summary));
  }
  const today = utcDay(clock.now());
  return reportOf({
    ...{ source, hub: hubs[source].hub, proof, through, marked, repaired, failures },
    isLate: seen !== null && through.at !== null && clock.now() - through.at > options.lateAfterMs,
    oldCheckpoints: seen?.old ?? [],
    isOutOfTime: isTimeUp(),
    recent: recentOf(figures?.filter(({ day }) => day > today - RECENT_DAYS && day <= today) ?? [], closed),
    isInUse,
    lostBefore: earlier?.totals.lost ?? null,
  });
}

const NOTHING_MARKED: Marked = { written: [], noLongerWhole: [], left: [] };

type Try = (act: () => Promise<void>) => Promise<unknown>;

/** Publishes what dead writers have committed, so that it is not told as pending. */
async function settleAll({ lake }: DailyRoom, source: Source, trying: Try): Promise<void> {
  const ledgers = (await readLedgers(lake)).filter((ledger) => ledger.source === source && ledger.pending.length > 0);
  await forEachOf(ledgers, AT_ONCE, async (ledger) => {
    await trying(async () => {
      await settle(lake, ledger);
    });
  });
}

interface Seen {
  readonly sight: HubSight;
  readonly old: readonly OldCheckpoint[];
}

/** Asks the hub, and looks at the host's checkpoints before: later they may be further than the hub has told. */
async function lookAtHub(room: DailyRoom, source: Source, trying: Try): Promise<Seen> {
  const { askHub, checkpoints, clock } = room;
  let found: Awaited<ReturnType<NonNullable<DailyRoom['checkpoints']>>> = new Map();
  if (checkpoints !== null) {
    const { partitions } = await askHub(source);
    await trying(async () => {
      const ids = partitions.map(({ partition }) => partition);
      found = await checkpoints(source, ids);
    });
  }
  const askedAt = clock.now();
  const hub = await askHub(source);
  return { sight: { ...hub, askedAt }, old: oldCheckpoints(found, hub) };
}

function throughOf(
  hub: DailyRoom['hubs'][Source],
  proof: SourceProof | null,
  sight: HubSight | null,
  hubFailures: readonly string[],
): Through {
  if (proof === null) return { at: null, why: ['it was not proved'] };
  const through = completeThrough(hub, proof.partitions, sight);
  return sight === null && proof.partitions.length === 0 ? { ...through, why: hubFailures } : through;
}

/** The last UTC day whose end is not after it, days since 1970. */
const lastClosedDay = ({ at }: Through): number => (at === null ? -Infinity : utcDay(at) - 1);

interface DayToTell extends DayFigures {
  readonly isMarked: boolean;
}

const isMarked = ({ isMarked: is }: DayToTell): boolean => is;

/** The days to be marked: those that are closed, without a gap, and those that were; and the latest, to be told. */
async function figuresToTell(
  { lake, clock }: DailyRoom,
  source: Source,
  { partitions }: SourceProof,
  closed: number,
): Promise<DayToTell[]> {
  const toMark = new Set(await markedDays(lake, source));
  const first = firstDayOf(partitions);
  if (first !== null) for (let day = first; day <= closed; day += 1) toMark.add(day);
  const today = utcDay(clock.now());
  const toTell = new Set(toMark);
  if (first !== null) for (let day = Math.max(first, today - RECENT_DAYS + 1); day <= today; day += 1) toTell.add(day);
  return figuresOf(partitions, [...toTell]).map((of) => ({ ...of, isMarked: toMark.has(of.day) }));
}
