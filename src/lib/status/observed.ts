import { type Source } from '../decode/event';
import { type BatchReport } from '../report';
import { addHistograms, bucketOf, type Histogram } from './histogram';

/** What was seen of a source in one minute. Counts are events unless the name says otherwise. */
export interface Minute {
  /** Minutes since 1970, UTC. */
  readonly minute: number;
  readonly source: Source;
  readonly batches: number;
  readonly received: number;
  readonly written: number;
  readonly duplicates: number;
  readonly quarantined: number;
  /** Sequence numbers found to be passed over. */
  readonly gap: number;
  readonly files: number;
  readonly bytes: number;
  /** Of each batch: from Event Hubs accepting its oldest event to its file being visible. */
  readonly delay: Histogram;
  /** Of each batch: from taking it up to its files being visible. */
  readonly write: Histogram;
  /** Attempts that threw, by code. */
  readonly failures: Readonly<Record<string, number>>;
}

/** What one instance, or all of them, saw lately. */
export type Minutes = readonly Minute[];

const SUMS = ['batches', 'received', 'written', 'duplicates', 'quarantined', 'gap', 'files', 'bytes'] as const;

/** A minute before anything was seen in it. */
const nothing = (minute: number, source: Source): Minute => ({
  ...{ minute, source, batches: 0, received: 0, written: 0, duplicates: 0, quarantined: 0 },
  ...{ gap: 0, files: 0, bytes: 0, delay: {}, write: {}, failures: {} },
});

/** A minute in which one batch landed. */
export function landedMinute(source: Source, at: number, report: BatchReport): Minute {
  const { received, written, duplicates, quarantined, gap, files, bytes } = report;
  return {
    ...nothing(minuteOf(at), source),
    ...{ batches: 1, received, written, duplicates, quarantined, gap, files, bytes },
    delay: { [bucketOf(report.delayMs)]: 1 },
    write: { [bucketOf(report.writeMs)]: 1 },
  };
}

/** A minute in which one attempt failed. */
export const failedMinute = (source: Source, at: number, code: string): Minute => ({
  ...nothing(minuteOf(at), source),
  failures: { [code]: 1 },
});

/** Adds up what is of the same minute and source; what is older than `keepMinutes` before the latest goes. Oldest first. */
export function addMinutes(all: readonly Minute[], keepMinutes: number): Minute[] {
  const latest = all.reduce((last, { minute }) => Math.max(last, minute), 0);
  const sums = new Map<string, Minute>();
  for (const one of all) {
    if (one.minute <= latest - keepMinutes) continue;
    const key = `${one.minute} ${one.source}`;
    const sum = sums.get(key);
    sums.set(key, sum === undefined ? one : addMinute(sum, one));
  }
  return [...sums.values()].sort((a, b) => a.minute - b.minute || a.source.localeCompare(b.source));
}

function addMinute(a: Minute, b: Minute): Minute {
  const sums = Object.fromEntries(SUMS.map((name) => [name, a[name] + b[name]])) as Pick<Minute, (typeof SUMS)[number]>;
  const failures: Record<string, number> = { ...a.failures };
  for (const [code, count] of Object.entries(b.failures)) failures[code] = (failures[code] ?? 0) + count;
  const [delay, write] = [addHistograms(a.delay, b.delay), addHistograms(a.write, b.write)];
  return { minute: a.minute, source: a.source, ...sums, delay, write, failures };
}

const minuteOf = (ms: number): number => Math.floor(ms / 60_000);
