import { integerText } from './integers';

/** `00` … `FF` */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).toUpperCase().padStart(2, '0'));

/**
 * A PostgreSQL log sequence number as `XXXXXXXX/XXXXXXXX`: still a legal `pg_lsn` literal, and its text sorts as the log does.
 * Takes the `16/B374D848` form and the 64-bit integer that Debezium writes (Java's `long`: from 2^63 on it is negative).
 * Null for anything else, and for 0, PostgreSQL's "no position".
 * @throws INEXACT where a number is too large to be trusted.
 */
export function lsnText(value: unknown): string | null {
  if (typeof value === 'number' && value > 0 && Number.isSafeInteger(value)) {
    const high = Math.floor(value / 0x1_0000_0000);
    return `${hex32(high)}/${hex32(value - high * 0x1_0000_0000)}`;
  }
  if (typeof value === 'string' && value.includes('/')) return fromHalves(value);
  const decimal = integerText(value);
  return decimal === null ? null : fromBigInt(BigInt(decimal));
}

function fromHalves(text: string): string | null {
  const slash = text.indexOf('/');
  const digits = text.length - slash - 1;
  if (!hasHexDigits(text, 0, slash) || !hasHexDigits(text, slash + 1, text.length)) return null;
  const lsn =
    `${ZEROS.slice(slash)}${text.slice(0, slash)}/${ZEROS.slice(digits)}${text.slice(slash + 1)}`.toUpperCase();
  return lsn === '00000000/00000000' ? null : lsn;
}

const ZEROS = '00000000';

/** Whether one to eight hexadecimal digits and nothing else stand between `from` and `to`. */
function hasHexDigits(text: string, from: number, to: number): boolean {
  if (to === from || to - from > ZEROS.length) return false;
  for (let at = from; at < to; at++) {
    const unit = text.charCodeAt(at);
    const letter = unit | 0x20;
    if (!((unit >= 0x30 && unit <= 0x39) || (letter >= 0x61 && letter <= 0x66))) return false;
  }
  return true;
}

function fromBigInt(value: bigint): string | null {
  if (value === 0n || value < -(2n ** 63n) || value >= 2n ** 64n) return null;
  const lsn = BigInt.asUintN(64, value);
  return `${hex32(Number(lsn >> 32n))}/${hex32(Number(lsn & 0xffff_ffffn))}`;
}

/** Eight upper-case digits of an unsigned 32-bit integer. */
function hex32(value: number): string {
  return `${HEX[value >>> 24]}${HEX[(value >>> 16) & 255]}${HEX[(value >>> 8) & 255]}${HEX[value & 255]}`;
}
