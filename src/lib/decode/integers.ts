/**
 * Thrown by `integerText` for a number that `JSON.parse` may have rounded. Whoever holds the text parses it again with
 * `parseExactly`. A thrown constant, because the case is one in a lifetime (2^53 bytes of WAL are nine petabytes) and the
 * hot path should not pay for it.
 */
export const INEXACT = new Error('a number beyond 2^53 was rounded when it was parsed');

/** No 64-bit integer has more characters, sign included. */
const LONGEST_INTEGER = 20;

const INTEGER = /^-?\d{1,20}$/;

/**
 * The decimal text of an integer given as a number, a bigint or a decimal string; null for anything else.
 * @throws INEXACT where a number is too large to be trusted.
 */
export function integerText(value: unknown): string | null {
  switch (typeof value) {
    case 'number':
      if (Number.isSafeInteger(value)) return String(value);
      if (Number.isInteger(value)) throw INEXACT;
      return null;
    case 'bigint':
      return value.toString();
    case 'string':
      return INTEGER.test(value) ? value : null;
    default:
      return null;
  }
}

/** The same integer as a number, where a number can hold it; null otherwise. */
export function safeInteger(value: unknown): number | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : null;
  const text = integerText(value);
  if (text === null) return null;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : null;
}

/** The same, where it counts something: from 0 on. */
export function safeCount(value: unknown): number | null {
  const number = safeInteger(value);
  return number === null || number < 0 ? null : number;
}

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
/** TypeScript's library does not know the reviver's third argument yet (proposal-json-parse-with-source; Node 22 has it). */
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => unknown;

/**
 * `JSON.parse`, with each integer that a number cannot hold as a bigint. Slow; other numbers that look like large integers
 * (`1e20`) come out as null, since nothing that is read with it is ever written that way.
 */
export function parseExactly(text: string): unknown {
  return parseWithSource(text, (_key, value, { source }) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || Number.isSafeInteger(value)) return value;
    return source !== undefined && source.length <= LONGEST_INTEGER && INTEGER.test(source) ? BigInt(source) : null;
  });
}
