import { longText, uuidText } from './extended-json';
import { safeInteger } from './integers';
import { isObject } from './json';

/**
 * A cluster time as `seconds:increment`, each padded to ten digits, so that text sorts as the oplog does; null unless both
 * are unsigned 32-bit integers.
 */
export function clusterTimeText(seconds: unknown, increment: unknown): string | null {
  const high = padded32(seconds);
  const low = padded32(increment);
  return high === null || low === null ? null : `${high}:${low}`;
}

/**
 * `lsid:txnNumber` of a multi-document transaction: the session's UUID (base64 where it is no UUID) and the number of the
 * transaction in that session, which only together tell transactions apart. Null unless both are there.
 * @throws INEXACT where the number is too large to be trusted.
 */
export function sessionTransaction(lsid: unknown, txnNumber: unknown): string | null {
  const number = longText(txnNumber);
  const session = isObject(lsid) ? uuidText(lsid.id) : null;
  return number === null || session === null ? null : `${session}:${number}`;
}

function padded32(value: unknown): string | null {
  const number = safeInteger(value);
  return number !== null && number >= 0 && number <= 0xffff_ffff ? String(number).padStart(10, '0') : null;
}
