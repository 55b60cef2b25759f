import { type Source } from '../../decode/event';
import { markerPath, markersFolder } from '../../ledger/names';
import { type Lake } from '../../ledger/port';
import { forEachOf } from '../../parallel';
import { DAY_MS, dayFolder } from '../../time';
import { type Absent, type DayFigures, type Place } from '../completeness/days';
import { type PartitionProof } from '../completeness/judge';
import { dayText, formatMarker, isOlder, isWhole, parseMarker, tellsTheSame, type Marker } from './marker';
import { countOf } from '../../ranges';

/** What became of the markers. Days as `2026-11-22`. */
export interface Marked {
  readonly written: readonly string[];
  /** Days of which a marker had said that they are complete, and that are so no longer. */
  readonly noLongerWhole: readonly string[];
  /** Markers that are as they were, though they could not be confirmed. */
  readonly left: readonly { readonly day: string; readonly why: Left }[];
}

export type Left =
  /** Files of the day are being published or merged, or are there twice. */
  | 'unsettled'
  /** It was not whole, nothing of it is missing now, and what its hubs have of it beyond that is not known. */
  | 'open'
  /** It tells of a partition that no ledger speaks for any more. */
  | 'ledger_gone'
  | 'written_by_newer_version'
  /** Another run wrote it meanwhile, or it is of a newer proof than this run's. */
  | 'overtaken'
  | 'out_of_time';

export interface MarkOptions {
  readonly source: Source;
  /** The proof that the figures are of, and when it was begun, UTC ms. */
  readonly partitions: readonly PartitionProof[];
  readonly provedAt: number;
  /** The last day that is closed, days since 1970: what its hubs have of a later one may go on behind what is covered. */
  readonly closed: number;
  readonly isTimeUp: () => boolean;
  /** Tells the same and writes nothing. */
  readonly dryRun: boolean;
}

/** Markers read, and written, at once. */
const AT_ONCE = 8;

/** The days that have a marker, as days since 1970. */
export async function markedDays(lake: Lake, source: Source): Promise<number[]> {
  const days: number[] = [];
  for await (const { path } of lake.list(markersFolder(source))) {
    const day = Date.parse(path.slice(markersFolder(source).length + 1, -'.json'.length).replaceAll('/', '-')) / DAY_MS;
    if (Number.isInteger(day) && markerPath(source, dayFolder(day * DAY_MS)) === path) days.push(day);
  }
  return days;
}

/** Brings the markers of the days up to date, the latest first; one that tells the same already is not written again. */
export async function mark(lake: Lake, figures: readonly DayFigures[], options: MarkOptions): Promise<Marked> {
  const { source, partitions, provedAt, closed, isTimeUp, dryRun } = options;
  const known = new Set(partitions.map(placeKey));
  const written: string[] = [];
  const noLongerWhole: string[] = [];
  const left: { day: string; why: Left }[] = [];
  const markDay = async ({ isUnsettled, ...of }: DayFigures): Promise<Left | null> => {
    if (isTimeUp()) return 'out_of_time';
    if (isUnsettled) return 'unsettled';
    const path = markerPath(source, dayFolder(of.day * DAY_MS));
    const found = await lake.read(path);
    const before = found === null ? null : parseMarker(found.bytes);
    if (before === 'newer') return 'written_by_newer_version';
    if (before !== null && isOlder(provedAt, before.provedAt)) return 'overtaken';
    const isOpen = of.day > closed && isWhole(of);
    if (isOpen && (before === null || !isWhole(before))) return 'open';
    const missing = isOpen && before !== null ? takenAway(before, of) : of.missing;
    const marker: Marker = { ...of, missing, source, provedAt };
    // Its events would just not be counted: without its ledger nobody knows what is missing.
    if (before?.partitions.some((place) => !known.has(placeKey(place))) === true) return 'ledger_gone';
    const isNews = before === null || !tellsTheSame(before, marker);
    // One that is not whole is confirmed: else an older proof, of the time when the day was whole, might still replace it.
    if (!isNews && isWhole(marker)) return null;
    if (!dryRun && (await lake.swap(path, formatMarker(marker), found?.etag ?? null)) === 'overtaken') {
      return 'overtaken';
    }
    if (isNews) written.push(dayText(of.day));
    if (before !== null && isWhole(before) && !isWhole(marker)) noLongerWhole.push(dayText(of.day));
    return null;
  };
  // A run whose time is up has at least the days that are new.
  const latestFirst = figures.toSorted((a, b) => b.day - a.day);
  await forEachOf(latestFirst, AT_ONCE, async (of) => {
    const why = await markDay(of);
    if (why !== null) left.push({ day: dayText(of.day), why });
  });
  return { written: written.sort(), noLongerWhole: noLongerWhole.sort(), left: left.sort(byDay) };
}

/**
 * What a marker names and no ledger covers any more: a ledger that is rebuilt, or gives numbers back, ends before what was taken away at its
 * end, and knows of no gap there.
 */
function takenAway(before: Pick<Marker, 'partitions'>, now: Pick<Marker, 'partitions'>): Absent {
  const there = new Map(now.partitions.map((place) => [placeKey(place), place]));
  const partitions = before.partitions.flatMap(({ first, last, namespace, hub, incarnation, partition }) => {
    const place = there.get(placeKey({ namespace, hub, incarnation, partition }));
    if (place === undefined) return [{ namespace, hub, incarnation, partition, ranges: [{ first, last }] }];
    const ranges = [
      ...(place.first > first ? [{ first, last: place.first - 1n }] : []),
      ...(place.last < last ? [{ first: place.last + 1n, last }] : []),
    ];
    return ranges.length === 0 ? [] : [{ namespace, hub, incarnation, partition, ranges }];
  });
  return { count: partitions.reduce((sum, { ranges }) => sum + countOf(ranges), 0), partitions };
}

const byDay = (a: { readonly day: string }, b: { readonly day: string }): number => a.day.localeCompare(b.day);

const placeKey = ({ namespace, hub, incarnation, partition }: Place): string =>
  JSON.stringify([namespace, hub, incarnation, partition]);
