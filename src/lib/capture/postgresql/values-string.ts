import { type ByteWriter } from './values-writer';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

/** 1 for ASCII characters that stand for themselves within a JSON string. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, code) =>
  code >= SPACE && code < 0x80 && code !== QUOTE && code !== BACKSLASH ? 1 : 0,
);

/** How JSON writes the others; empty for bytes beyond ASCII. */
const ESCAPES = Array.from({ length: 256 }, (_, code) =>
  PLAIN[code] === 1 || code >= 0x80 ? '' : JSON.stringify(String.fromCharCode(code)).slice(1, -1),
);

/** U+FFFD in UTF-8 */
const REPLACEMENT = '\u00ef\u00bf\u00bd';

/**
 * Writes text as a JSON string. Runs of bytes that need no escape are copied whole. What is not UTF-8 (a database with the
 * encoding SQL_ASCII holds anything) becomes U+FFFD, as the WHATWG's decoders have it.
 */
export function writeString(out: ByteWriter, bytes: Buffer, start: number, end: number): void {
  out.byte(QUOTE);
  let run = start;
  let at = start;
  while (at < end) {
    const byte = bytes[at] ?? 0;
    if (PLAIN[byte] === 1) {
      at++;
      continue;
    }
    const sequence = byte < 0x80 ? 0 : utf8Sequence(bytes, at, end);
    if (sequence > 0) {
      at += sequence;
      continue;
    }
    out.raw(bytes, run, at);
    out.ascii(byte < 0x80 ? (ESCAPES[byte] ?? '') : REPLACEMENT);
    at += byte < 0x80 ? 1 : -sequence;
    run = at;
  }
  out.raw(bytes, run, end);
  out.byte(QUOTE);
}

/**
 * How long the UTF-8 sequence at `at` is, which begins with a byte beyond ASCII; where it is none, how many bytes one U+FFFD
 * stands for, negated. By table 3-7 of the Unicode standard.
 */
function utf8Sequence(bytes: Buffer, at: number, end: number): number {
  const first = bytes[at] ?? 0;
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length === 0) return -1;
  // Overlong forms, halves of surrogate pairs and what is beyond U+10FFFF show in the second byte.
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  const second = at + 1 < end ? (bytes[at + 1] ?? 0) : 0;
  if (second < least || second > most) return -1;
  for (let index = 2; index < length; index++) {
    const next = at + index < end ? (bytes[at + index] ?? 0) : 0;
    if ((next & 0xc0) !== 0x80) return -index;
  }
  return length;
}
