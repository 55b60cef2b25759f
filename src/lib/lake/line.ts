import { toUSVString } from 'node:util';
import { type Change } from '../decode/change';
import { type HubEvent, type HubPartition, type Source } from '../decode/event';
import { isoFromMillis } from '../decode/time';
import { type QuarantineReason } from '../decode/body';
import { lineHead } from '../ledger/line-head';

/** What all lines of a run have in common. */
export interface RunContext extends HubPartition {
  readonly source: Source;
  /** 1, or one more for each time that the hub was made anew. */
  readonly incarnation: number;
}

/** The beginning that all lines of a run share, up to the colon behind `sequenceNumber`. */
export function runPrefix(context: RunContext): string {
  return `${lineHead(context)},"sequenceNumber":`;
}

/** A bronze line up to its payload, which `}` and a line feed follow. */
export function bronzeHead(prefix: string, event: HubEvent, eventId: string | null, change: Change | null): string {
  return `${head(prefix, event, eventId)},"change":${change === null ? 'null' : changeJson(change)},"payload":`;
}

/** A quarantine line up to the body in base64, which a quotation mark, `}` and a line feed follow. */
export function quarantineHead(prefix: string, event: HubEvent, reason: QuarantineReason): string {
  return `${head(prefix, event, null)},"reason":"${reason}","bodyBase64":"`;
}

function head(prefix: string, event: HubEvent, eventId: string | null): string {
  return (
    `${prefix}${event.sequence},"offset":${quoted(event.offset)},` +
    `"enqueuedTime":${unescaped(isoFromMillis(event.enqueuedAt))},"partitionKey":${orNull(event.partitionKey)},` +
    `"properties":${propertiesJson(event.properties)}${mayBeRounded(event.properties) ? INEXACT : ''},"eventId":${orNull(eventId)}`
  );
}

function changeJson(change: Change): string {
  const changes = change.changes === undefined ? '' : `,"changes":${change.changes}`;
  const index = change.index === undefined ? '' : `,"index":${change.index}`;
  const relation = change.relation === undefined ? '' : `,"relation":${change.relation}`;
  const history = change.history === undefined ? '' : `,"history":${change.history}`;
  return (
    `{"operation":"${change.operation}",${namesJson(change)}${relation},"committedTime":${unescaped(change.committedTime)}` +
    `${history},"position":${unescaped(change.position)}${index},"transactionId":${orNull(change.transactionId)}${changes}}`
  );
}

// Neighbouring events are mostly of the same table, and five strings are compared faster than quoted.
let lastNames: Pick<Change, 'server' | 'database' | 'schema' | 'table'> = {
  ...{ server: null, database: null, schema: null, table: null },
};
let lastNamesJson = '"server":null,"database":null,"schema":null,"table":null';

function namesJson(change: Change): string {
  const { server, database, schema, table } = change;
  const { table: lastTable, schema: lastSchema, database: lastDatabase, server: lastServer } = lastNames;
  if (table !== lastTable || schema !== lastSchema || database !== lastDatabase || server !== lastServer) {
    lastNames = { server, database, schema, table };
    lastNamesJson = `"server":${orNull(server)},"database":${orNull(database)},"schema":${orNull(schema)},"table":${orNull(table)}`;
  }
  return lastNamesJson;
}

/** For times and positions, which this program forms itself of digits, letters and punctuation that need no escape. */
function unescaped(text: string | null): string {
  return text === null ? 'null' : `"${text}"`;
}

function orNull(text: string | null): string {
  return text === null ? 'null' : quoted(text);
}

/**
 * A JSON string. Half a surrogate pair becomes U+FFFD: `JSON.stringify` would write it as an escape that breaks the readers of
 * the whole file.
 */
function quoted(text: string): string {
  return isPlain(text) ? `"${text}"` : JSON.stringify(toUSVString(text));
}

/** Whether `text` is printable ASCII without `"` and `\`, which needs no escape. A regular expression takes twice as long. */
function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x20 || unit > 0x7e || unit === 0x22 || unit === 0x5c) return false;
  }
  return true;
}

/** Application properties as JSON; a bigint, which JSON does not know, as text. */
function propertiesJson(properties: Readonly<Record<string, unknown>>): string {
  // Most events have none, and this asks without making a list of keys.
  for (const key in properties) if (Object.hasOwn(properties, key)) return wellFormedJson(properties);
  return '{}';
}

const INEXACT = ',"propertiesInexact":true';

/** The host hands 64-bit integers over as JavaScript's numbers: beyond 2^53 nothing says which one was sent. */
function mayBeRounded(properties: Readonly<Record<string, unknown>>): boolean {
  for (const key in properties) {
    const value = properties[key];
    if (typeof value === 'number' && !(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) return true;
  }
  return false;
}

function wellFormedJson(value: unknown): string {
  const json = jsonOf(value);
  // `JSON.stringify` writes half a pair, and nothing else, as `\ud…`; behind another backslash it is only text, and harmless.
  return json.includes('\\ud') ? JSON.stringify(wellFormed(JSON.parse(json))) : json;
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item));
  }
}

/** The same JSON value with well-formed keys and strings. `Object.fromEntries` keeps a key `__proto__` a key. */
function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return toUSVString(value);
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [toUSVString(key), wellFormed(item)]));
}

/** More than the fixed parts of a line and the facts of its change take up, however the source's names turn out. */
const FIXED_BYTES = 1024;
const OPENERS = new Set([0x7b, 0x5b]);

/**
 * About how many bytes an event's line will have, without reading its body: an upper bound for ordinary events. A body that
 * begins like JSON and is not JSON takes up to a third more, in base64; whoever needs a bound for that adds it.
 */
export function estimateBytes(event: HubEvent): number {
  let bytes = FIXED_BYTES + 3 * (event.offset.length + (event.partitionKey?.length ?? 0));
  for (const key in event.properties) {
    const value = event.properties[key];
    bytes += 3 * key.length + 6 + (typeof value === 'string' ? 6 * value.length : 64);
  }
  const first = event.body[0];
  const looksLikeJson = first !== undefined && OPENERS.has(first);
  return bytes + (looksLikeJson ? event.body.length : Math.ceil(event.body.length / 3) * 4);
}
