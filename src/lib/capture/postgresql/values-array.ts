import { type ArrayKind, type ValueKind } from './types-kind';
import { writeString } from './values-string';
import { type ByteWriter } from './values-writer';

type WriteValue = (out: ByteWriter, kind: ValueKind, bytes: Buffer, start: number, end: number) => void;

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Writes an array's text (`{1,NULL,"a \"b\""}`, nested for each dimension, with `[2:3]=` in front where it does not begin at
 * 1) as a JSON array. What does not read as an array is written as a string, so that nothing is lost.
 * https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
 */
export function writeArray(
  out: ByteWriter,
  kind: ArrayKind,
  bytes: Buffer,
  start: number,
  end: number,
  writeElement: WriteValue,
): void {
  const before = out.length;
  const open = bytes[start] === OPEN_BRACKET ? bytes.indexOf(EQUALS, start) + 1 : start;
  const array = new ArrayText(out, kind, bytes, open, end, writeElement);
  if (array.level() && array.at === end) return;
  out.rewind(before);
  writeString(out, bytes, start, end);
}

/** Reads one array's text from `at` on and writes what it reads. Each method says whether the text was what it expects. */
class ArrayText {
  at: number;
  readonly #out: ByteWriter;
  readonly #kind: ArrayKind;
  readonly #bytes: Buffer;
  readonly #end: number;
  readonly #writeElement: WriteValue;

  constructor(out: ByteWriter, kind: ArrayKind, bytes: Buffer, at: number, end: number, writeElement: WriteValue) {
    this.at = at;
    this.#out = out;
    this.#kind = kind;
    this.#bytes = bytes;
    this.#end = end;
    this.#writeElement = writeElement;
  }

  /** What is between a pair of braces. */
  level(): boolean {
    const [out, bytes, end] = [this.#out, this.#bytes, this.#end];
    if (bytes[this.at++] !== OPEN_BRACE) return false;
    out.byte(OPEN_BRACKET);
    if (bytes[this.at] === CLOSE_BRACE) {
      this.at++;
      out.byte(CLOSE_BRACKET);
      return true;
    }
    while (this.#element() && this.at < end) {
      const behind = bytes[this.at++];
      if (behind === CLOSE_BRACE) {
        out.byte(CLOSE_BRACKET);
        return true;
      }
      if (behind !== this.#kind.delimiter) return false;
      out.byte(COMMA);
    }
    return false;
  }

  #element(): boolean {
    switch (this.#bytes[this.at]) {
      case OPEN_BRACE:
        return this.level();
      case QUOTE:
        return this.#quoted();
      default:
        return this.#unquoted();
    }
  }

  #unquoted(): boolean {
    const [out, kind, bytes, end] = [this.#out, this.#kind, this.#bytes, this.#end];
    const start = this.at;
    let at = start;
    while (at < end && bytes[at] !== kind.delimiter && bytes[at] !== CLOSE_BRACE) at++;
    this.at = at;
    if (at === start) return false;
    if (isNull(bytes, start, at)) out.ascii('null');
    else this.#writeElement(out, kind.element, bytes, start, at);
    return true;
  }

  /** In quotation marks, where a backslash stands in front of what is to stand for itself. */
  #quoted(): boolean {
    const [out, kind, bytes, end] = [this.#out, this.#kind, this.#bytes, this.#end];
    const start = ++this.at;
    let escapes = 0;
    let at = start;
    for (; at < end && bytes[at] !== QUOTE; at++) {
      if (bytes[at] !== BACKSLASH) continue;
      escapes++;
      at++;
    }
    if (at >= end) return false;
    this.at = at + 1;
    if (escapes === 0) {
      this.#writeElement(out, kind.element, bytes, start, at);
    } else {
      const plain = unescaped(bytes, start, at, escapes);
      this.#writeElement(out, kind.element, plain, 0, plain.length);
    }
    return true;
  }
}

function isNull(bytes: Buffer, start: number, end: number): boolean {
  return end - start === 4 && bytes.toString('latin1', start, end) === 'NULL';
}

function unescaped(bytes: Buffer, start: number, end: number, escapes: number): Buffer {
  const plain = Buffer.allocUnsafe(end - start - escapes);
  for (let from = start, to = 0; from < end; from++, to++) {
    if (bytes[from] === BACKSLASH) from++;
    plain[to] = bytes[from] ?? 0;
  }
  return plain;
}
