import { type Row } from './tables';

/**
 * The names and values of a JSON object, the values as they stand there: a JSON parser would round their numbers. A name that
 * comes twice has its last value.
 *
 * @param json an object without white space between its tokens, as current_state.sql writes it
 */
export function rowTokens(json: string): Row {
  const entries: [string, string][] = [];
  for (let at = 1; at < json.length - 1;) {
    const colon = endOfValue(json, at);
    const comma = endOfValue(json, colon + 1);
    entries.push([JSON.parse(json.slice(at, colon)) as string, json.slice(colon + 1, comma)]);
    at = comma + 1;
  }
  return Object.fromEntries(entries);
}

/** Where the value or the name that begins at `start` ends: at the colon, comma or bracket that is not its own. */
function endOfValue(json: string, start: number): number {
  let depth = 0;
  for (let at = start; at < json.length; at += 1) {
    const character = json[at];
    if (character === '"') at = closingQuote(json, at);
    else if (character === '{' || character === '[') depth += 1;
    else if (depth === 0 && (character === ':' || character === ',' || character === '}')) return at;
    else if (character === '}' || character === ']') depth -= 1;
  }
  return json.length;
}

function closingQuote(json: string, open: number): number {
  for (let at = open + 1; at < json.length; at += 1) {
    if (json[at] === '\\') at += 1;
    else if (json[at] === '"') return at;
  }
  return json.length;
}
