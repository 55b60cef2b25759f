import { isAscii, isUtf8 } from 'node:buffer';
import { DEEPEST_NESTING, hasUnpairedSurrogate, nestsDeeperThan } from './readable';

/**
 * Why a body is set aside: `not_json`; `not_utf8`; `unreadable_json` for legal JSON that would break the readers of a whole
 * file (a leading byte-order mark, an unpaired surrogate escape, nesting deeper than 500).
 */
export type QuarantineReason = 'not_json' | 'not_utf8' | 'unreadable_json';

/** What an event's body is. `text` is the JSON as it was sent; `value` what it means to JavaScript, so integers may be rounded. */
export type Body =
  | { readonly kind: 'json'; readonly value: unknown; readonly text: string }
  | { readonly kind: 'tombstone' }
  | { readonly kind: 'quarantine'; readonly reason: QuarantineReason };

const TOMBSTONE: Body = { kind: 'tombstone' };
const BYTE_ORDER_MARK = '\uFEFF';

/** Reads a body; it never throws. An empty body is a tombstone; a body `null` is JSON. */
export function readBody(body: Buffer): Body {
  if (body.length === 0) return TOMBSTONE;
  const text = textOf(body);
  if (text === null) return quarantine('not_utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return quarantine(isJsonBehindMark(text) ? 'unreadable_json' : 'not_json');
  }
  if (hasUnpairedSurrogate(text) || nestsDeeperThan(text, DEEPEST_NESTING)) return quarantine('unreadable_json');
  return { kind: 'json', value, text };
}

/** Most bodies are ASCII, which decodes several times faster as Latin-1. */
function textOf(body: Buffer): string | null {
  if (isAscii(body)) return body.toString('latin1');
  return isUtf8(body) ? body.toString('utf8') : null;
}

function isJsonBehindMark(text: string): boolean {
  if (!text.startsWith(BYTE_ORDER_MARK)) return false;
  try {
    JSON.parse(text.slice(1));
    return true;
  } catch {
    return false;
  }
}

function quarantine(reason: QuarantineReason): Body {
  return { kind: 'quarantine', reason };
}
