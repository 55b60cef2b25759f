import { type Schedule } from './schedule';

/** When a timer ran, and runs next: UTC, milliseconds since 1970; null for never. */
export interface ScheduleStatus {
  readonly last: number | null;
  readonly next: number;
  readonly lastUpdated: number | null;
}

/** Why a timer's function runs. */
export type Occasion = 'scheduled' | 'pastDue' | 'startup';

/** What a listener finds when it starts. */
export interface Opening {
  readonly status: ScheduleStatus;
  /** It differs from what was recorded. */
  readonly isChanged: boolean;
  /** A moment has passed while nobody listened. */
  readonly isPastDue: boolean;
}

/**
 * Judges the recorded status when a listener starts (ScheduleMonitor.CheckPastDueAsync of the timers extension): a schedule that was
 * changed meanwhile does not make a timer past due.
 */
export function openStatus(recorded: ScheduleStatus | null, schedule: Schedule, now: number): Opening {
  if (recorded === null) {
    return { status: { last: null, next: schedule(now), lastUpdated: now }, isChanged: true, isPastDue: false };
  }
  const countedFrom = recorded.last ?? recorded.lastUpdated ?? now;
  const expected = schedule(countedFrom);
  if (expected === recorded.next) return { status: recorded, isChanged: false, isPastDue: now > recorded.next };
  const [next, lastUpdated] = now > expected ? [schedule(now), now] : [expected, countedFrom];
  return { status: { last: null, next, lastUpdated }, isChanged: true, isPastDue: false };
}

/** The status after a run that began at `startedAt`. One that began a little early counts as of its time, or it would run twice. */
export function statusAfter(
  status: ScheduleStatus,
  schedule: Schedule,
  occasion: Occasion,
  startedAt: number,
): ScheduleStatus {
  const at = occasion === 'scheduled' ? Math.max(startedAt, status.next) : startedAt;
  return { last: at, next: schedule(at), lastUpdated: at };
}

/** Schedules that come more often than once a minute are not recorded. */
export function isRecorded(schedule: Schedule, now: number): boolean {
  const next = schedule(now);
  return schedule(next) - next >= 60_000;
}

/** What a timer function is handed, before the library lowers its names. */
export function timerJson(status: ScheduleStatus | null, isPastDue: boolean): string {
  const Schedule = { AdjustForDST: true };
  return JSON.stringify({
    Schedule,
    ScheduleStatus: status === null ? null : statusJson(status),
    IsPastDue: isPastDue,
  });
}

/** .NET's least time. */
const NEVER = '0001-01-01T00:00:00+00:00';

/** As the status blob has it. */
export function statusJson({ last, next, lastUpdated }: ScheduleStatus): Record<string, string> {
  const text = (time: number | null): string =>
    time === null ? NEVER : new Date(time).toISOString().replace('Z', '+00:00');
  return { Last: text(last), Next: text(next), LastUpdated: text(lastUpdated) };
}

/** @throws Error when it is no status */
export function readStatus(json: string): ScheduleStatus {
  const values = JSON.parse(json) as Record<string, unknown>;
  const time = (name: string): number | null => {
    const at = Date.parse(String(values[name]));
    if (Number.isNaN(at)) throw new Error(`${name} is ${JSON.stringify(values[name])}; expected a time`);
    return at < 0 ? null : at;
  };
  return { last: time('Last'), next: time('Next') ?? 0, lastUpdated: time('LastUpdated') };
}
