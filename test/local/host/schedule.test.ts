import { readSchedule } from '../../../local/host/schedule';
import {
  isRecorded,
  openStatus,
  readStatus,
  statusAfter,
  statusJson,
  timerJson,
} from '../../../local/host/schedule-status';

const at = (text: string): number => Date.parse(text);
const next = (expression: string, after: string): string =>
  new Date(readSchedule(expression, 'f')(at(after))).toISOString();

test.each([
  ['0 */5 * * * *', '2026-11-22T10:00:00Z', '2026-11-22T10:05:00.000Z'],
  ['*/5 * * * *', '2026-11-22T10:04:59Z', '2026-11-22T10:05:00.000Z'],
  ['30 0 9-17 * * MON-FRI', '2026-11-21T12:00:00Z', '2026-11-23T09:00:30.000Z'],
  ['0 30 9 * Jan Mon', '2026-11-21T12:00:00Z', '2027-01-04T09:30:00.000Z'],
  ['0 0 0 * * 7', '2026-11-21T12:00:00Z', '2026-11-22T00:00:00.000Z'],
  // Both must match, unlike in cron: the next Friday the 13th.
  ['0 0 0 13 * 5', '2026-03-14T00:00:00Z', '2026-11-13T00:00:00.000Z'],
  ['01:30:00', '2026-11-22T10:00:00Z', '2026-11-22T11:30:00.000Z'],
])('%s after %s is %s', (expression, after, expected) => {
  expect(next(expression, after)).toBe(expected);
});

test.each(['* * * *', 'now', '0 61 * * * *', ''])('"%s" is refused, with the name of the function', (expression) => {
  expect(() => readSchedule(expression, 'tick')).toThrow(`The schedule of tick is "${expression}"`);
});

describe('the status', () => {
  const hourly = readSchedule('0 0 * * * *', 'f');
  const NOON = at('2026-11-22T12:00:00Z');
  const HOUR = 3_600_000;
  const status = { last: NOON, next: NOON + HOUR, lastUpdated: NOON };

  test('a new timer is recorded, and is not past due', () => {
    expect(openStatus(null, hourly, NOON + 1)).toEqual({
      status: { last: null, next: NOON + HOUR, lastUpdated: NOON + 1 },
      isChanged: true,
      isPastDue: false,
    });
  });

  test('a moment that passed while nobody listened is past due', () => {
    expect(openStatus(status, hourly, NOON + HOUR)).toEqual({ status, isChanged: false, isPastDue: false });
    expect(openStatus(status, hourly, NOON + HOUR + 1)).toEqual({ status, isChanged: false, isPastDue: true });
  });

  test('a schedule that was changed meanwhile counts anew, and is not past due', () => {
    const daily = readSchedule('0 0 0 * * *', 'f');
    expect(openStatus(status, daily, NOON + 2 * HOUR)).toEqual({
      status: { last: null, next: at('2026-11-23T00:00:00Z'), lastUpdated: NOON },
      isChanged: true,
      isPastDue: false,
    });
    const late = NOON + 40 * HOUR;
    expect(openStatus(status, daily, late).status).toEqual({
      last: null,
      next: at('2026-11-25T00:00:00Z'),
      lastUpdated: late,
    });
  });

  test('after a run the next counts from its beginning; one that began early counts as of its time', () => {
    const began = NOON + HOUR + 5;
    expect(statusAfter(status, hourly, 'scheduled', began)).toEqual({
      last: began,
      next: NOON + 2 * HOUR,
      lastUpdated: began,
    });
    expect(statusAfter(status, hourly, 'scheduled', NOON + HOUR - 1).next).toBe(NOON + 2 * HOUR);
    expect(statusAfter(status, hourly, 'startup', NOON + 1).next).toBe(NOON + HOUR);
  });

  test('it is written as .NET writes it, and read back', () => {
    const never = { last: null, next: NOON, lastUpdated: null };
    expect(statusJson(never)).toEqual({
      Last: '0001-01-01T00:00:00+00:00',
      Next: '2026-11-22T12:00:00.000+00:00',
      LastUpdated: '0001-01-01T00:00:00+00:00',
    });
    for (const each of [status, never]) expect(readStatus(JSON.stringify(statusJson(each)))).toEqual(each);
    expect(() => readStatus('{"Last":"x"}')).toThrow('Last is "x"; expected a time');
  });

  test('a timer is handed its schedule, its status or none, and whether it is past due', () => {
    expect(JSON.parse(timerJson(null, true))).toEqual({
      Schedule: { AdjustForDST: true },
      ScheduleStatus: null,
      IsPastDue: true,
    });
  });

  test('more often than once a minute is not recorded', () => {
    expect(isRecorded(hourly, NOON)).toBe(true);
    expect(isRecorded(readSchedule('0 * * * * *', 'f'), NOON)).toBe(true);
    expect(isRecorded(readSchedule('*/59 * * * * *', 'f'), NOON)).toBe(false);
  });
});
