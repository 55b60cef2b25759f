import { isObject } from './json';

/** Where capture keeps what is too large for the hub: `claimPath` of ledger/names.ts makes these. */
const CLAIM = /^claims\/(?:postgresql|mongodb)\/[0-9a-f]{64}\.json$/;

/** All that a reference may say beside the path. Anything more would be lost, so then it is an event like any other. */
export const CLAIM_FACTS: ReadonlySet<string> = new Set([
  ...['source', 'op', 'ts_ms', 'transaction', 'payloadRef'],
  ...['_id', 'operationType', 'clusterTime', 'wallTime', 'ns', 'to', 'documentKey', 'lsid', 'txnNumber'],
]);

/**
 * The path of the file that holds the event's JSON, where the event is our capture's reference to one (over 1 MB, Event Hubs
 * does not take it whole); null for every other event.
 *
 * @param properties application properties; the reference stands in `payloadRef`, and in the body
 * @param value the parsed body
 */
export function claimOf(properties: Readonly<Record<string, unknown>>, value: unknown): string | null {
  const { payloadRef } = properties;
  if (typeof payloadRef !== 'string' || !CLAIM.test(payloadRef)) return null;
  if (!isObject(value) || value.payloadRef !== payloadRef) return null;
  return Object.keys(value).every((name) => CLAIM_FACTS.has(name)) ? payloadRef : null;
}
