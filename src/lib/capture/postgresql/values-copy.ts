import { PgoutputError } from './pgoutput-error';
import { NULL_VALUE, type Tuple } from './pgoutput-messages';

const TAB = 0x09;
const LINE_FEED = 0x0a;
const BACKSLASH = 0x5c;
const LETTER_N = 0x4e;

/** What a letter behind a backslash stands for. Any other byte there stands for itself. */
const CONTROLS: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', v: '\v', f: '\f', r: '\r' };

const ESCAPED = Uint8Array.from({ length: 256 }, (_, code) => {
  const letter = String.fromCharCode(code);
  return (CONTROLS[letter] ?? letter).charCodeAt(0);
});

/**
 * Reads a row of `COPY … TO STDOUT` in the text format, without its line feed. The values are views of `row`, or of a copy of
 * it where it has escapes. https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS
 *
 * @throws PgoutputError when it has another number of columns than `count`
 */
export function parseCopyRow(row: Buffer, count: number): Tuple {
  let bytes = row;
  const starts: number[] = [];
  const lengths: number[] = [];
  for (let start = 0; start <= row.length && (count > 0 || row.length > 0);) {
    let end = start;
    let escaped = false;
    for (; end < row.length && row[end] !== TAB; end++) if (row[end] === BACKSLASH) escaped = true;
    if (escaped && !isNull(row, start, end) && bytes === row) bytes = Buffer.from(row);
    starts.push(start);
    lengths.push(!escaped ? end - start : isNull(row, start, end) ? NULL_VALUE : unescape(bytes, start, end));
    start = end + 1;
  }
  if (starts.length !== count) {
    throw new PgoutputError(`a row of COPY has ${starts.length} columns, expected ${count}`);
  }
  return { bytes, starts, lengths };
}

function isNull(row: Buffer, start: number, end: number): boolean {
  return end - start === 2 && row[start] === BACKSLASH && row[start + 1] === LETTER_N;
}

/** Takes the escapes out in place, and returns how many bytes are left. */
function unescape(bytes: Buffer, start: number, end: number): number {
  let to = start;
  for (let from = start; from < end; from++, to++) {
    const byte = bytes[from] ?? 0;
    bytes[to] = byte === BACKSLASH ? (ESCAPED[bytes[++from] ?? 0] ?? 0) : byte;
  }
  return to - start;
}

/** Cuts what `COPY … TO STDOUT` sends into rows, however it was split on the way. */
export class CopyRows {
  #parts: Buffer[] = [];

  /** The rows that end in `chunk`, without their line feeds. */
  push(chunk: Buffer): Buffer[] {
    this.#parts.push(chunk);
    // A line feed within a value is written `\n`, so each that comes ends a row.
    if (!chunk.includes(LINE_FEED)) return [];
    const bytes = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts);
    const rows: Buffer[] = [];
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
      rows.push(bytes.subarray(start, end));
      start = end + 1;
    }
    this.#parts = start === bytes.length ? [] : [bytes.subarray(start)];
    return rows;
  }
}
