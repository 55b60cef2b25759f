import { CronExpressionParser } from 'cron-parser';
import { timeSpanMs } from './time-span';

/** A timer's schedule: the moment that follows another, both UTC in milliseconds since 1970. */
export type Schedule = (after: number) => number;

/** A schedule that has both a day of the month and a weekday may have no moment in a while; after so many days it has none. */
const MOST_TRIES = 10_000;

/**
 * Reads an NCRONTAB expression of six fields (seconds first) or five, or a time span that passes between runs. The time zone is UTC.
 *
 * @throws Error that names the function and the expression
 */
export function readSchedule(expression: string, name: string): Schedule {
  const span = timeSpanMs(expression);
  if (span !== null && span > 0) return (after) => after + span;
  const fields = expression.trim().split(/\s+/);
  try {
    if (fields.length !== 5 && fields.length !== 6) throw new Error(`it has ${fields.length} fields`);
    const schedule = cron(fields.join(' '));
    schedule(0);
    return schedule;
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `The schedule of ${name} is "${expression}": ${found}. Expected six fields (second minute hour day month weekday), ` +
        `five without seconds, or a time span.`,
      { cause },
    );
  }
}

/** NCRONTAB wants the day of the month and the weekday both to match; cron, and so the parser, is content with either. */
function cron(expression: string): Schedule {
  return (after) => {
    const times = CronExpressionParser.parse(expression, { currentDate: new Date(after), tz: 'UTC' });
    const days = new Set(times.fields.dayOfMonth.values.map(Number));
    const weekdays = new Set(times.fields.dayOfWeek.values.map((day) => Number(day) % 7));
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const next = times.next().toDate();
      if (days.has(next.getUTCDate()) && weekdays.has(next.getUTCDay())) return next.getTime();
    }
    throw new Error('it has no moment');
  };
}
