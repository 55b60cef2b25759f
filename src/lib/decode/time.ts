/** A moment: whole seconds since 1970 in UTC, and the digits behind the decimal point as they were written. */
export interface Instant {
  readonly seconds: number;
  readonly fraction: string;
}

/** The years that ISO 8601 writes with four digits, in seconds since 1970. */
const FIRST_SECOND = Date.parse('0000-01-01T00:00:00Z') / 1000;
const LAST_SECOND = Date.parse('9999-12-31T23:59:59Z') / 1000;

const ZONE = /^(?:z|([+-])(\d\d)(?::?(\d\d)(?::?(\d\d))?)?)?$/i;
const DASH = 0x2d;
const COLON = 0x3a;
const POINT = 0x2e;
const COMMA = 0x2c;
const SPACE = 0x20;
const LETTER_T = 0x74;
const LOWER_CASE = 0x20;
const LONGEST_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/**
 * Reads ISO 8601, RFC 3339 and PostgreSQL's `timestamptz` output: `T` or a space, any number of fraction digits or none,
 * any zone (`Z`, `+02`, `-0330`, `+05:30`, `+00:53:28`). Without a zone the time is UTC, never the machine's local time.
 * Null for anything else, impossible dates included.
 */
export function parseTime(text: string): Instant | null {
  const local = secondsAsWritten(text);
  if (local === null) return null;
  const behindFraction = endOfFraction(text);
  const ahead = secondsAheadOfUtc(text.slice(behindFraction));
  const seconds = local - (ahead ?? NaN);
  if (!inRange(seconds)) return null;
  return { seconds, fraction: behindFraction === 19 ? '' : text.slice(20, behindFraction) };
}

/** `2026-11-22T23:59:59` at the beginning of `text`, in seconds since 1970 as if it were UTC. By hand: this is a hot path. */
function secondsAsWritten(text: string): number | null {
  const dashes = text.charCodeAt(4) === DASH && text.charCodeAt(7) === DASH;
  const colons = text.charCodeAt(13) === COLON && text.charCodeAt(16) === COLON;
  const between = text.charCodeAt(10);
  if (!dashes || !colons || (between !== SPACE && (between | LOWER_CASE) !== LETTER_T)) return null;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 && !leap ? 28 : (LONGEST_MONTHS[month - 1] ?? 0);
  if (!(year >= 0 && day >= 1 && day <= days && hour <= 23 && minute <= 59 && second <= 59)) return null;
  // Date.UTC takes years below 100 for those of the twentieth century; the calendar repeats every 400 years, to the day.
  return Date.UTC(year + 400, month - 1, day, hour, minute, second) / 1000 - 400 * 365.2425 * 86_400;
}

/** The number that two decimal digits write, or NaN. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 0x30;
  const ones = text.charCodeAt(at + 1) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

/** Where the zone begins: behind the decimal point's digits, or at 19 where there are none. */
function endOfFraction(text: string): number {
  if (text.charCodeAt(19) !== POINT && text.charCodeAt(19) !== COMMA) return 19;
  let at = 20;
  while (text.charCodeAt(at) >= 0x30 && text.charCodeAt(at) <= 0x39) at++;
  return at === 20 ? 19 : at;
}

function secondsAheadOfUtc(zone: string): number | null {
  if (zone === '' || zone === 'Z' || zone === '+00' || zone === '+00:00') return 0;
  const match = ZONE.exec(zone);
  if (match === null) return null;
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = match;
  const ahead = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return sign === '-' ? -ahead : ahead;
}

/** Milliseconds since 1970; what is finer is cut off, so that no event moves into the next day. */
export function millisOf({ seconds, fraction }: Instant): number {
  return seconds * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0'));
}

/** `2026-11-22T23:59:59.998Z` for milliseconds since 1970; null outside the years 0 to 9999. */
export function isoFromMillis(millis: number): string | null {
  const seconds = Math.floor(millis / 1000);
  return inRange(seconds) ? `${upToTheSecond(seconds)}${threeDigits(millis - seconds * 1000)}Z` : null;
}

/** `2026-11-22T23:59:59.998123Z` for microseconds since 1970; null outside the years 0 to 9999. */
export function isoFromMicros(micros: number): string | null {
  const seconds = Math.floor(micros / 1_000_000);
  if (!inRange(seconds)) return null;
  const fraction = micros - seconds * 1_000_000;
  return `${upToTheSecond(seconds)}${threeDigits(Math.floor(fraction / 1000))}${threeDigits(fraction % 1000)}Z`;
}

/** ISO 8601 in UTC with exactly `digits` fraction digits, cut off or filled up with zeros. */
export function isoFromInstant({ seconds, fraction }: Instant, digits: 3 | 6): string {
  const exact = fraction.length === digits ? fraction : fraction.slice(0, digits).padEnd(digits, '0');
  return `${upToTheSecond(seconds)}${exact}Z`;
}

function inRange(seconds: number): boolean {
  return seconds >= FIRST_SECOND && seconds <= LAST_SECOND;
}

/** `000` … `999` */
const THREE_DIGITS = Array.from({ length: 1000 }, (_, number) => String(number).padStart(3, '0'));

function threeDigits(number: number): string {
  return THREE_DIGITS[number] ?? '';
}

// A batch's times lie close together, so its seconds recur; formatting a date costs more than all else in a header.
const RECENT = 64;
const recentSeconds = new Float64Array(RECENT).fill(NaN);
const recentTexts = new Array<string>(RECENT).fill('');

/** `2026-11-22T23:59:59.` */
function upToTheSecond(seconds: number): string {
  const slot = seconds & (RECENT - 1);
  if (recentSeconds[slot] !== seconds) {
    recentSeconds[slot] = seconds;
    recentTexts[slot] = new Date(seconds * 1000).toISOString().slice(0, 20);
  }
  return recentTexts[slot] ?? '';
}
