import { writeString } from './values-string';
import { type ByteWriter } from './values-writer';

const SPACE = 0x20;
const QUOTE = 0x22;
const PLUS = 0x2b;
const DASH = 0x2d;
const ZERO = 0x30;
const LETTER_C = 0x43;
const LETTER_T = 0x54;
const LETTER_Z = 0x5a;

/** `2026-11-22` */
const DATE_BYTES = 10;
/** `2026-11-22 12:00:00` */
const LEAST_BYTES = 19;
/** `+00` */
const UTC_BYTES = 3;

/**
 * Writes `2026-11-22 12:00:00.123456+00` as ISO 8601: `"2026-11-22T12:00:00.123456Z"`, and without a zone where the value has
 * none. What ISO 8601 cannot say with four digits of the year (`infinity`, BC, from 10000 on) stays as it is.
 */
export function writeTimestamp(out: ByteWriter, bytes: Buffer, start: number, end: number): void {
  if (!isIso(bytes, start, end)) return writeString(out, bytes, start, end);
  const utc = bytes[end - 3] === PLUS && bytes[end - 2] === ZERO && bytes[end - 1] === ZERO;
  out.byte(QUOTE);
  out.raw(bytes, start, start + DATE_BYTES);
  out.byte(LETTER_T);
  out.raw(bytes, start + DATE_BYTES + 1, utc ? end - UTC_BYTES : end);
  if (utc) out.byte(LETTER_Z);
  out.byte(QUOTE);
}

function isIso(bytes: Buffer, start: number, end: number): boolean {
  const fourDigits = bytes[start + 4] === DASH && bytes[start + DATE_BYTES] === SPACE;
  return fourDigits && end - start >= LEAST_BYTES && bytes[end - 1] !== LETTER_C;
}
