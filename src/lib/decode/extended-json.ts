import { integerText, safeInteger } from './integers';
import { isObject, textOrNull } from './json';
import { isoFromInstant, isoFromMillis, parseTime } from './time';

/**
 * Reading MongoDB Extended JSON v2 (specifications/source/extended-json), canonical and relaxed, and what the Node.js
 * driver's types make of themselves under a plain `JSON.stringify`.
 */

/** An int32 or int64: `5`, `{"$numberInt":"5"}`, `{"$numberLong":"5"}`. @throws INEXACT */
export function longText(value: unknown): string | null {
  return isObject(value) ? integerText(value.$numberLong ?? value.$numberInt) : integerText(value);
}

/** A date as ISO 8601 in UTC: `{"$date":"…Z"}`, `{"$date":{"$numberLong":"…"}}` in milliseconds, or the bare ISO 8601 text. */
export function dateText(value: unknown): string | null {
  const date = isObject(value) ? value.$date : value;
  if (typeof date === 'string') {
    const instant = parseTime(date);
    return instant === null ? null : isoFromInstant(instant, 3);
  }
  const millis = isObject(date) ? safeInteger(date.$numberLong) : null;
  return millis === null ? null : isoFromMillis(millis);
}

/** A BSON timestamp's two halves: `{"$timestamp":{"t":1716912345,"i":3}}`, or both in one 64-bit integer as text. */
export function timestampParts(value: unknown): { seconds: unknown; increment: unknown } | null {
  const timestamp = isObject(value) ? value.$timestamp : null;
  if (isObject(timestamp)) return { seconds: timestamp.t, increment: timestamp.i };
  const whole = typeof timestamp === 'string' ? integerText(timestamp) : null;
  if (whole === null) return null;
  return { seconds: BigInt.asUintN(64, BigInt(whole)) >> 32n, increment: BigInt.asUintN(32, BigInt(whole)) };
}

/**
 * A UUID's text where `value` holds 16 bytes of a UUID subtype (or names itself one), else its base64 as it stands:
 * `{"$binary":{"base64":"…","subType":"04"}}`, the older `{"$binary":"…","$type":"04"}`, `{"$uuid":"…"}`, or bare text.
 */
export function uuidText(value: unknown): string | null {
  if (!isObject(value)) return textOrNull(value);
  if (typeof value.$uuid === 'string') return textOrNull(value.$uuid);
  const binary = isObject(value.$binary) ? value.$binary : { base64: value.$binary, subType: value.$type };
  const base64 = textOrNull(binary.base64);
  if (base64 === null || (binary.subType !== '04' && binary.subType !== '4')) return base64;
  const hex = Buffer.from(base64, 'base64').toString('hex');
  return hex.length === 32 ? hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') : base64;
}
