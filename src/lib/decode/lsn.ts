import { integerText } from './integers';

const HALF = /^[0-9a-f]{1,8}$/i;

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
    return `${hex32(Math.floor(value / 0x1_0000_0000))}/${hex32(value % 0x1_0000_0000)}`;
  }
  if (typeof value === 'string' && value.includes('/')) return fromHalves(value);
  const decimal = integerText(value);
  return decimal === null ? null : fromBigInt(BigInt(decimal));
}

function fromHalves(text: string): string | null {
  const slash = text.indexOf('/');
  const high = text.slice(0, slash);
  const low = text.slice(slash + 1);
  if (!HALF.test(high) || !HALF.test(low)) return null;
  const lsn = `${high.padStart(8, '0')}/${low.padStart(8, '0')}`.toUpperCase();
  return lsn === '00000000/00000000' ? null : lsn;
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
