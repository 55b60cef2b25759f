import { integerText, parseExactly } from '../../decode/integers';
import { isObject } from '../../decode/json';
import { type Verdict } from './judge';

/** A legacy record is a few hundred bytes; what is longer was written by something else. */
export const MAX_LEGACY_BYTES = 64 * 1024;

/** The sequence number in a legacy record's JSON; null where it bears none. */
export function legacySequence(body: string): bigint | null {
  try {
    const json = parseExactly(body);
    return isObject(json) ? sequence(integerText(json['SequenceNumber'])) : null;
  } catch {
    return null;
  }
}

/**
 * The host reads a legacy record only where there is no checkpoint of the present layout; it may go once that one is at
 * least as far.
 *
 * @param checkpoint what `sequencenumber` holds in the checkpoint of the same partition; null where there is none
 */
export function judgeLegacy(body: string, checkpoint: string | null): Exclude<Verdict, { do: 'compare' }> {
  const old = legacySequence(body);
  if (old === null) return { do: 'leave', reason: 'legacy_unreadable' };
  const present = sequence(checkpoint);
  return present !== null && present >= old
    ? { do: 'remove', reason: 'legacy_superseded' }
    : { do: 'leave', reason: 'legacy_needed' };
}

const sequence = (text: string | null): bigint | null =>
  /^\d{1,19}$/.test(text ?? '') ? BigInt(text as string) : null;
