/** The deepest nesting that readers of a whole file survive, DuckDB the first to give up; an event's own, without the line's. */
export const DEEPEST_NESTING = 500;

const BACKSLASH = 0x5c;
const QUOTE = 0x22;

/**
 * Whether legal JSON holds an escape of half a surrogate pair, which strict readers refuse together with the whole file. Judged
 * on the text: parsing would hide what a repeated key overwrites.
 */
export function hasUnpairedSurrogate(json: string): boolean {
  const first = json.indexOf('\\u');
  if (first === -1 || (json.indexOf('\\ud', first) === -1 && json.indexOf('\\uD', first) === -1)) return false;
  // In legal JSON backslashes occur only in strings and each begins an escape, so walking from one to the next is exact.
  let at = json.indexOf('\\');
  while (at !== -1) {
    const unit = escapedUnit(json, at);
    if (isHalf(unit, 0xdc00)) return true;
    if (!isHalf(unit, 0xd800)) at = json.indexOf('\\', at + 2);
    else if (isHalf(escapedUnit(json, at + 6), 0xdc00)) at = json.indexOf('\\', at + 12);
    else return true;
  }
  return false;
}

/** The UTF-16 unit of the escape `\uXXXX` at `at`, or NaN where there is no such escape. */
function escapedUnit(json: string, at: number): number {
  return json.startsWith('\\u', at) ? Number.parseInt(json.slice(at + 2, at + 6), 16) : NaN;
}

/** Whether `unit` is in the half of the surrogates that begins at `first`. */
function isHalf(unit: number, first: 0xd800 | 0xdc00): boolean {
  return unit >= first && unit < first + 0x400;
}

/** Whether arrays and objects of legal JSON lie within each other more than `limit` deep, under repeated keys too. */
export function nestsDeeperThan(json: string, limit: number): boolean {
  return json.length > 2 * limit && bracketsBeyond(json, limit) && deepest(json, limit) > limit;
}

/** A cheap doubt: whether there are more than `limit` opening brackets at all, those in strings included. */
function bracketsBeyond(json: string, limit: number): boolean {
  let count = 0;
  for (let at = json.indexOf('{'); at !== -1; at = json.indexOf('{', at + 1)) if (++count > limit) return true;
  for (let at = json.indexOf('['); at !== -1; at = json.indexOf('[', at + 1)) if (++count > limit) return true;
  return false;
}

/** The depth of the nesting, counted no further than just beyond `limit`. */
function deepest(json: string, limit: number): number {
  let depth = 0;
  let most = 0;
  for (let at = 0; at < json.length && most <= limit; at++) {
    const unit = json.charCodeAt(at);
    if (unit === QUOTE) at = endOfString(json, at);
    // `[` and `{` differ in the one bit that is masked out, as do `]` and `}`.
    else if ((unit & 0xffdf) === 0x5b) most = Math.max(most, ++depth);
    else if ((unit & 0xffdf) === 0x5d) depth--;
  }
  return most;
}

/** Where the string that begins at `start` has its closing quote. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (json.charCodeAt(at) !== QUOTE) at += json.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}
