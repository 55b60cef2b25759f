import { isUtf8 } from 'node:buffer';

// What would move a terminal's cursor, colour it, or turn the text's direction: controls, format characters, line separators.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;

/** Text that is safe on a terminal: line feeds and tabs stay, other controls are told as escapes. */
export function printableText(text: string): string {
  return text.replace(UNPRINTABLE, (character) =>
    character === '\n' || character === '\t' ? character : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** `00000010  6e 6f 20 4a 53 4f 4e                              |no JSON|`, a line for each 16 bytes. */
export function hexDump(bytes: Buffer): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const hex = [...row].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = [...row].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  |${text}|`);
  }
  return lines.join('\n');
}

/** A body for people: as text where it is text, else as a dump; no more than `maxBytes` of it. */
export function printableBody(body: Buffer, maxBytes: number): string {
  const shown = body.subarray(0, maxBytes);
  const more = body.length - shown.length;
  const isText = isUtf8(body);
  // Cut inside a character, its half is left out.
  const text = isText ? printableText(new TextDecoder().decode(shown, { stream: true })) : hexDump(shown);
  return more === 0 ? text : `${text}\n… and ${more.toLocaleString('en')} bytes more: --raw writes them all`;
}
