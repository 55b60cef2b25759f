import { type ValueKind } from './types-kind';
import { writeArray } from './values-array';
import { writeBytea } from './values-bytea';
import { writeString } from './values-string';
import { writeTimestamp } from './values-time';
import { type ByteWriter } from './values-writer';

const ZERO = 0x30;
const NINE = 0x39;
const TRUE = 0x74;

/** The settings of a session whose values `writeValue` reads. `clientEncoding` is one more. */
export const SESSION_SETTINGS = {
  DateStyle: 'ISO',
  TimeZone: 'UTC',
  IntervalStyle: 'iso_8601',
  bytea_output: 'hex',
  // The shortest text that reads back as the same float.
  extra_float_digits: '1',
} as const;

/**
 * The `client_encoding` for a session with a database of this `server_encoding`. One of SQL_ASCII holds any bytes, and the
 * server refuses to send those that are not UTF-8 to a client that wants UTF-8: such a client would never get past them.
 */
export function clientEncoding(serverEncoding: string): 'UTF8' | 'SQL_ASCII' {
  return serverEncoding === 'SQL_ASCII' ? 'SQL_ASCII' : 'UTF8';
}

/**
 * Writes a value's text, as PostgreSQL prints it in a session with `SESSION_SETTINGS`, as a JSON token. Exact: numbers keep
 * their digits, and what JSON has no form for is a string.
 *
 * @throws PgoutputError for a bytea in another format
 */
export function writeValue(out: ByteWriter, kind: ValueKind, bytes: Buffer, start: number, end: number): void {
  switch (kind) {
    case 'string':
      return writeString(out, bytes, start, end);
    case 'number':
      return out.raw(bytes, start, end);
    case 'float':
      return isNumber(bytes, end) ? out.raw(bytes, start, end) : writeString(out, bytes, start, end);
    case 'boolean':
      return out.ascii(bytes[start] === TRUE ? 'true' : 'false');
    case 'timestamp':
      return writeTimestamp(out, bytes, start, end);
    case 'bytea':
      return writeBytea(out, bytes, start, end);
    default:
      return writeArray(out, kind, bytes, start, end, writeValue);
  }
}

/** Whether a float's text is none of `NaN`, `Infinity` and `-Infinity`, which alone do not end in a digit. */
function isNumber(bytes: Buffer, end: number): boolean {
  const last = bytes[end - 1] ?? 0;
  return last >= ZERO && last <= NINE;
}
