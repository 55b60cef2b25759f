import { CLAIM_FACTS } from '../decode/claim';
import { isObject } from '../decode/json';

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
// TypeScript's library does not know either yet (proposal-json-parse-with-source; Node 22 has both).
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => unknown;
const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };

/**
 * What the hub carries instead of an event that lies in the lake: where, when and what happened, without the row. The event's body is not
 * read for it: a body may be longer than a string can be.
 *
 * @param facts of the event: see `CapturedEvent`
 */
export function referenceTo(facts: Buffer, payloadRef: string): Buffer {
  return Buffer.concat([facts.subarray(0, -1), Buffer.from(`,"payloadRef":${JSON.stringify(payloadRef)}}`)]);
}

/** The facts of an event of our capture, by its body. */
export function factsOf(body: Buffer): Buffer {
  // Numbers stay the tokens that they are: a position beyond 2^53 must not be rounded.
  const whole = parseWithSource(body.toString('utf8'), (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined ? rawJSON(source) : value,
  );
  const facts = isObject(whole) ? Object.entries(whole).filter(([name]) => CLAIM_FACTS.has(name)) : [];
  return Buffer.from(JSON.stringify(Object.fromEntries(facts)));
}
