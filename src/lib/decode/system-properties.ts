import { type JsonObject, isObject, textOrNull } from './json';
import { millisOf, parseTime } from './time';

/** The largest sequence number there is: Event Hubs counts in signed 64 bits. */
const LARGEST = 2n ** 63n - 1n;

/**
 * A sequence number, exact, in any form in which a worker hands over 64-bit integers: number, decimal string, bigint, or
 * `{low, high, unsigned}` with the two halves as 32-bit integers (the `long` package). Null for anything else, negative
 * numbers included, and for a number beyond 2^53, which may have been rounded.
 */
export function sequenceNumber(value: unknown): bigint | null {
  const exact = exactInteger(value);
  return exact !== null && exact >= 0n && exact <= LARGEST ? exact : null;
}

function exactInteger(value: unknown): bigint | null {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : null;
  if (typeof value === 'string') return /^\d{1,19}$/.test(value) ? BigInt(value) : null;
  if (!isObject(value) || !isHalf(value.low) || !isHalf(value.high)) return null;
  // `unsigned` need not be asked: with the topmost bit set the number is negative or beyond the largest, and refused.
  return (BigInt(value.high) << 32n) | BigInt(value.low >>> 0);
}

/** Whether `value` is 32 bits as a signed or unsigned integer. */
function isHalf(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= -(2 ** 31) && Number(value) < 2 ** 32;
}

/** The offset as text, exact: `x-opt-offset` before the host's own copies, which may be rounded numbers; null where none is. */
export function offsetText(properties: JsonObject): string | null {
  for (const value of [properties['x-opt-offset'], properties.offsetString, properties.offset]) {
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'bigint' || Number.isSafeInteger(value)) return String(value);
  }
  return null;
}

/**
 * When Event Hubs accepted the event, in milliseconds since 1970: `x-opt-enqueued-time`, which has a zone, before
 * `enqueuedTimeUtc`, which has none and means UTC; null where neither is a time.
 */
export function enqueuedMillis(properties: JsonObject): number | null {
  for (const value of [properties['x-opt-enqueued-time'], properties.enqueuedTimeUtc]) {
    const instant = typeof value === 'string' ? parseTime(value) : null;
    if (instant !== null) return millisOf(instant);
  }
  return null;
}

/** The partition key that the sender gave, or null. */
export function partitionKeyText(properties: JsonObject): string | null {
  return textOrNull(properties['x-opt-partition-key']) ?? textOrNull(properties.partitionKey);
}
