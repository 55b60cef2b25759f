import { type Clock } from '../clock';
import { type Source } from '../decode/event';
import { PipelineError } from '../errors';
import { type HubProgress } from '../hub/progress';
import { type Ledger } from '../ledger/ledger';
import { markerPath, OBSERVED_FOLDER } from '../ledger/names';
import { type Lake } from '../ledger/port';
import { readLedgers } from '../maintenance/completeness/ledgers';
import { dayText, parseMarker } from '../maintenance/daily/marker';
import { readSummary } from '../maintenance/daily/summary';
import { type MaintenanceLake } from '../maintenance/port';
import { readRun } from '../maintenance/record';
import { DAY_MS, dayFolder, utcDay } from '../time';
import { fileTroubles } from './files';
import { minutesOf } from './minutes';
import { addMinutes, type Minute } from './observed';
import { parseObserved } from './observed-json';
import { OBSERVED_MINUTES } from './observer';
import {
  type DayStatus,
  type PartitionStatus,
  type RunStatus,
  type SourceStatus,
  type Status,
  type Trouble,
} from './status';
import { troublesOf } from './troubles';

/** What the status page is put together from. */
export interface StatusRoom {
  readonly lake: Lake;
  readonly files: MaintenanceLake;
  readonly clock: Clock;
  /** `account/file system`, as people know them. */
  readonly lakeName: string;
  readonly namespace: string;
  readonly hubs: Readonly<Record<Source, string>>;
  /** Asks a hub how far it is, for a short time only. @throws PipelineError EVENT_HUBS_FAILED */
  readonly askHub: (source: Source) => Promise<HubProgress>;
}

const SOURCES: readonly Source[] = ['postgresql', 'mongodb'];
const DAYS_SHOWN = 14;

/** Puts the page's content together: ledgers, markers, records and the instances' own files; no data file is read, and only the names of the latest are listed. */
export async function gatherStatus(room: StatusRoom): Promise<Status> {
  const { lake, clock, hubs } = room;
  const now = clock.now();
  const [ledgers, staged, observed, weekly, daily, ...ends] = await Promise.all([
    readLedgers(lake),
    stagedFiles(room),
    readObserved(room, now),
    readRun(lake, 'weekly'),
    readRun(lake, 'daily'),
    ...SOURCES.map((source) => endsOf(room, source)),
  ]);
  const lagOf = ({ source, hub, partition, last, successor }: Ledger): number | null => {
    const end = hub === hubs[source].toLowerCase() ? ends[SOURCES.indexOf(source)]?.get(partition) : undefined;
    return end === undefined || successor !== null ? null : Number(end > last ? end - last : 0n);
  };
  const partitions = ledgers.map((ledger) => partitionStatus(ledger, lagOf(ledger), staged)).sort(byName);
  const sources = await Promise.all(
    SOURCES.map(async (source, i): Promise<SourceStatus> => {
      const summary = await readSummary(lake, source);
      const through = summary?.through ?? null;
      const of = partitions.filter((partition) => partition.source === source && partition.lag !== null);
      return {
        ...{ source, hub: hubs[source] },
        completeThrough: through === null || through.at === null ? null : new Date(through.at).toISOString(),
        completeWhy: summary === null ? 'the daily run has not told yet' : summary.through.why.join('; ') || null,
        minutes: minutesOf(observed, source, now, OBSERVED_MINUTES),
        behind: ends[i] === null ? null : of.reduce((sum, { lag }) => sum + (lag ?? 0), 0),
      };
    }),
  );
  const fileFaults = await Promise.all(
    SOURCES.map((source) => fileTroubles(lake, source, () => readLedgers(lake), now)),
  );
  const days = (await Promise.all(SOURCES.map((source) => daysOf(lake, source, now)))).flat();
  const judged = {
    ...{ at: new Date(now).toISOString(), lake: room.lakeName, namespace: room.namespace, sources, partitions, days },
    runs: { weekly: runStatus(weekly), daily: runStatus(daily) },
  };
  const damaged = fileFaults.flat().map((text): Trouble => ({ level: 'bad', text }));
  return { ...judged, troubles: [...damaged, ...troublesOf(judged)] };
}

/** The last sequence number of each partition; null where the hub did not answer. */
async function endsOf({ askHub }: StatusRoom, source: Source): Promise<ReadonlyMap<string, bigint> | null> {
  try {
    const { partitions } = await askHub(source);
    return new Map(partitions.flatMap(({ partition, last }) => (last === null ? [] : [[partition, last] as const])));
  } catch (error) {
    if (error instanceof PipelineError) return null;
    throw error;
  }
}

/** Files that wait to be published, or debris: few, and no more than these are looked at. */
const MOST_STAGED = 5_000;

async function stagedFiles({ files }: StatusRoom): Promise<ReadonlySet<string>> {
  const staged = new Set<string>();
  for await (const { path } of files.list('_system/staging')) {
    staged.add(path);
    if (staged.size === MOST_STAGED) break;
  }
  return staged;
}

/** What all instances saw in the last hour. */
async function readObserved({ files, lake }: StatusRoom, now: number): Promise<readonly Minute[]> {
  const minutes: Minute[] = [];
  for await (const { path, modifiedAt } of files.list(OBSERVED_FOLDER)) {
    if (modifiedAt < now - (OBSERVED_MINUTES + 5) * 60_000) continue;
    const found = await lake.read(path);
    if (found !== null) minutes.push(...parseObserved(found.bytes));
  }
  return addMinutes(minutes, OBSERVED_MINUTES);
}

async function daysOf(lake: Lake, source: Source, now: number): Promise<DayStatus[]> {
  const days = Array.from({ length: DAYS_SHOWN }, (_, i) => utcDay(now) - i);
  const read = await Promise.all(
    days.map(async (day) => ({ day, found: await lake.read(markerPath(source, dayFolder(day * DAY_MS))) })),
  );
  return read.flatMap(({ day, found }): DayStatus[] => {
    const marker = found === null ? null : parseMarker(found.bytes);
    if (marker === null || marker === 'newer') return [];
    const { events, quarantined, missing, lost } = marker;
    const state = missing.count > 0 ? 'missing' : lost.count > 0 ? 'lost' : 'whole';
    return [{ source, day: dayText(day), state, events, quarantined, missing: missing.count, lost: lost.count }];
  });
}

function partitionStatus(ledger: Ledger, lag: number | null, staged: ReadonlySet<string>): PartitionStatus {
  const { source, hub, partition, incarnation, start, last, lastEnqueuedAt, gaps, pending, counters } = ledger;
  return {
    ...{ source, hub, partition, incarnation, first: String(start), last: String(last), lag },
    latestEvent: new Date(lastEnqueuedAt).toISOString(),
    gaps: gaps.map((gap) => `${gap.first}-${gap.last}`),
    pending: pending.filter((file) => staged.has(file.staged)).length,
    ...{ events: counters.events, quarantined: counters.quarantined, files: counters.files },
  };
}

function runStatus(record: Awaited<ReturnType<typeof readRun>>): RunStatus | null {
  if (record === null) return null;
  const { outcome, startedAt, endedAt } = record;
  const iso = (ms: number): string => new Date(ms).toISOString();
  return { outcome, startedAt: iso(startedAt), endedAt: endedAt === null ? null : iso(endedAt) };
}

function byName(a: PartitionStatus, b: PartitionStatus): number {
  return (
    SOURCES.indexOf(a.source) - SOURCES.indexOf(b.source) ||
    a.hub.localeCompare(b.hub) ||
    Number(a.partition) - Number(b.partition) ||
    a.incarnation - b.incarnation
  );
}
