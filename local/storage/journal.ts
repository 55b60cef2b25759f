import { closeSync, ftruncateSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';

/** Before each line: its checksum as 8 hexadecimal digits, and a space. */
const CHECKSUM_LENGTH = 9;

/**
 * Lines of text in numbered files, `{path}.{n}`. Writing is synchronous: a line that was written is the operating system's, and
 * survives the end of this process, however it ends. (Not a loss of power: nothing is flushed to the disk.)
 */
export class Journal {
  readonly #path: string;
  readonly #log: (line: string) => void;
  #number: number;
  /** Null while the file of this number holds nothing: it is made by the first line. */
  #file: { readonly descriptor: number; size: number } | null = null;

  constructor(path: string, log: (line: string) => void) {
    this.#path = path;
    this.#log = log;
    this.#number = (this.#numbers().at(-1) ?? 0) + 1;
  }

  /**
   * What earlier processes wrote, the oldest line first. A last line that is not whole is left out: its writer was killed
   * before it answered anyone.
   *
   * @throws Error where a line is damaged that another one follows
   */
  read(): string[] {
    const numbers = this.#numbers();
    return numbers.flatMap((number) => {
      const path = this.#pathOf(number);
      const lines = readFileSync(path, 'utf8').split('\n');
      const torn = lines.pop() ?? '';
      if (torn !== '' && number !== numbers.at(-1)) throw damaged(path, lines.length);
      if (torn !== '') this.#log(`${path}: left out a change that was not written to its end`);
      return lines.map((line, index) => {
        const text = line.slice(CHECKSUM_LENGTH);
        if (line.slice(0, CHECKSUM_LENGTH) !== checksum(text)) throw damaged(path, index);
        return text;
      });
    });
  }

  /**
   * Writes one line, whole or not at all.
   *
   * @param text without a line break
   * @throws Error of the file system
   */
  append(text: string): void {
    const bytes = Buffer.from(`${checksum(text)}${text}\n`);
    this.#file ??= { descriptor: openSync(this.#pathOf(this.#number), 'w'), size: 0 };
    const { descriptor, size } = this.#file;
    try {
      for (let written = 0; written < bytes.length;)
        written += writeSync(descriptor, bytes, written, bytes.length - written, size + written);
    } catch (error) {
      ftruncateSync(descriptor, size);
      throw error;
    }
    this.#file.size += bytes.length;
  }

  /** Lines go to another file from here on; its number. */
  next(): number {
    this.close();
    this.#number += 1;
    return this.#number;
  }

  /** Deletes the files of lower numbers. */
  forgetBefore(number: number): void {
    for (const each of this.#numbers()) if (each < number) rmSync(this.#pathOf(each));
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file.descriptor);
    this.#file = null;
  }

  #numbers(): number[] {
    const prefix = `${basename(this.#path)}.`;
    return readdirSync(dirname(this.#path))
      .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
      .map((name) => Number(name.slice(prefix.length)))
      .sort((a, b) => a - b);
  }

  #pathOf(number: number): string {
    return join(dirname(this.#path), `${basename(this.#path)}.${number}`);
  }
}

const checksum = (text: string): string => `${crc32(text).toString(16).padStart(8, '0')} `;

const damaged = (path: string, line: number): Error =>
  new Error(`${path} is damaged in line ${line + 1}: start with an empty folder`);
