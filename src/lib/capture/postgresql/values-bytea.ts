import { PgoutputError } from './pgoutput-error';
import { type ByteWriter } from './values-writer';

const BACKSLASH = 0x5c;
const LETTER_X = 0x78;
const QUOTE = 0x22;
const EQUALS = 0x3d;

const BASE64 = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 'latin1');

/** The value of a hexadecimal digit. */
const NIBBLES = Uint8Array.from({ length: 256 }, (_, code) => parseInt(String.fromCharCode(code), 16) || 0);

/**
 * Writes a bytea's `\x0123…` as a JSON string of base64.
 *
 * @throws PgoutputError for the other format, in which `bytea_output` of the session is not `hex`
 */
export function writeBytea(out: ByteWriter, text: Buffer, start: number, end: number): void {
  if (text[start] !== BACKSLASH || text[start + 1] !== LETTER_X) {
    throw new PgoutputError('a bytea value does not begin with \\x: set bytea_output = hex for the session');
  }
  const count = (end - start - 2) >> 1;
  out.reserve(Math.ceil(count / 3) * 4 + 2);
  const { bytes } = out;
  let { at } = out;
  bytes[at++] = QUOTE;
  for (let left = count, from = start + 2; left > 0; left -= 3, from += 6) {
    const first = byteAt(text, from);
    const second = left > 1 ? byteAt(text, from + 2) : 0;
    const third = left > 2 ? byteAt(text, from + 4) : 0;
    bytes[at++] = digit(first >> 2);
    bytes[at++] = digit(((first & 3) << 4) | (second >> 4));
    bytes[at++] = left > 1 ? digit(((second & 15) << 2) | (third >> 6)) : EQUALS;
    bytes[at++] = left > 2 ? digit(third & 63) : EQUALS;
  }
  bytes[at++] = QUOTE;
  out.at = at;
}

function byteAt(hex: Buffer, at: number): number {
  return ((NIBBLES[hex[at] ?? 0] ?? 0) << 4) | (NIBBLES[hex[at + 1] ?? 0] ?? 0);
}

function digit(sextet: number): number {
  return BASE64[sextet] ?? 0;
}
