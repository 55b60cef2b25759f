import { isObject } from './json';

/** All that a reference may say beside the path. Anything more would be lost, so then it is an event like any other. */
export const CLAIM_FACTS: ReadonlySet<string> = new Set([
  ...['source', 'op', 'ts_ms', 'transaction', 'payloadRef'],
  ...['_id', 'operationType', 'clusterTime', 'wallTime', 'ns', 'to', 'documentKey', 'lsid', 'txnNumber'],
]);

/**
 * The path of the file that holds the event's JSON, where the event may be a reference of our capture to one (over 1 MB, Event Hubs does not
 * take it whole); null for every other event. It is one where the path is that which `claimPath` of ledger/names.ts makes of the event's id.
 *
 * @param properties application properties; the reference stands in `payloadRef`, and in the body
 * @param value the parsed body
 */
export function claimOf(properties: Readonly<Record<string, unknown>>, value: unknown): string | null {
  const { payloadRef } = properties;
  if (typeof payloadRef !== 'string' || !isObject(value) || value.payloadRef !== payloadRef) return null;
  return Object.keys(value).every((name) => CLAIM_FACTS.has(name)) ? payloadRef : null;
}
