import { CLAIM_FACTS } from '../decode/claim';
import { isObject } from '../decode/json';

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
// TypeScript's library does not know either yet (proposal-json-parse-with-source; Node 22 has both).
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => unknown;
const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };

/**
 * What the hub carries instead of an event that lies in the lake: where, when and what happened, without the row.
 *
 * @param body an event of our capture
 */
export function referenceTo(body: Buffer, payloadRef: string): Buffer {
  // Numbers stay the tokens that they are: a position beyond 2^53 must not be rounded.
  const whole = parseWithSource(body.toString('utf8'), (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined ? rawJSON(source) : value,
  );
  const facts = isObject(whole) ? Object.entries(whole).filter(([name]) => CLAIM_FACTS.has(name)) : [];
  return Buffer.from(JSON.stringify({ ...Object.fromEntries(facts), payloadRef }));
}
