import { closeSync, existsSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type Catalog } from './catalog';
import { decodeRecord, encodeEntry, encodeTruncated, type JournalRecord } from './journal-record';
import { type OplogEntry } from './oplog-entry';

const NAME = 'journal.bin';
/** At the head of the file: what it is, and its format. */
const HEAD = Buffer.from('MongoDB stand-in, journal 2\n');
/** Length and checksum. */
const PREFIX_BYTES = 8;
/** How much is read from the file at a time. */
const READ_BYTES = 4 << 20;

/**
 * A file that every change is appended to, read once when the server starts. Writing is synchronous: what was acknowledged is the
 * operating system's, and survives the end of this process, however it ends. (Not a loss of power: nothing is flushed to the disk.)
 */
export class Journal {
  readonly #path: string;
  readonly #descriptor: number;
  readonly #log: (line: string) => void;
  #size: number;
  #pending: Buffer[] = [];
  /** What was read from the file last. */
  #block = { start: 0, bytes: Buffer.alloc(0) };

  /** @throws Error that names the file when it is another program's */
  constructor(folder: string, log: (line: string) => void) {
    mkdirSync(folder, { recursive: true });
    this.#path = join(folder, NAME);
    this.#log = log;
    this.#descriptor = openSync(this.#path, existsSync(this.#path) ? 'r+' : 'wx+');
    this.#size = fstatSync(this.#descriptor).size;
    if (this.#size < HEAD.length) {
      // New, or the process ended while it was made.
      this.#size = 0;
      this.#append([HEAD]);
    } else if (!this.#readAt(0, HEAD.length).equals(HEAD)) {
      this.close();
      throw new Error(`${this.#path} is damaged or of another version: start with an empty folder`);
    }
  }

  /**
   * What it holds, the oldest first. A last record that is not whole is cut off: its writer was never told that it is stored.
   *
   * @param catalog brought up to date by the caller between one record and the next
   * @throws Error where a record is damaged that others follow
   */
  *read(catalog: Catalog): Generator<JournalRecord> {
    for (let at = HEAD.length; at < this.#size;) {
      const left = this.#size - at - PREFIX_BYTES;
      const prefix = left < 0 ? null : this.#readAt(at, PREFIX_BYTES);
      const length = prefix?.readUInt32BE(0) ?? Infinity;
      const payload = length <= left ? this.#readAt(at + PREFIX_BYTES, length) : null;
      if (prefix === null || payload === null || crc32(payload) !== prefix.readUInt32BE(4)) {
        if (length < left) throw new Error(`${this.#path} is damaged at byte ${at}: start with an empty folder`);
        this.#log(`${this.#path}: cut off ${this.#size - at} bytes of a change that was not written to its end`);
        ftruncateSync(this.#descriptor, at);
        this.#size = at;
        break;
      }
      // A copy: documents are kept for long, the block that was read should not be.
      yield decodeRecord(Buffer.from(payload), catalog);
      at += PREFIX_BYTES + length;
    }
    this.#block = { start: 0, bytes: Buffer.alloc(0) };
  }

  add(entry: OplogEntry): void {
    this.#addRecord(encodeEntry(entry));
  }

  addTruncated(keptEntries: number): void {
    this.#addRecord(encodeTruncated(keptEntries));
  }

  /**
   * Writes what was added.
   *
   * @throws Error of the file system
   */
  flush(): void {
    if (this.#pending.length === 0) return;
    this.#append(this.#pending);
    this.#pending = [];
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #addRecord(payload: Buffer): void {
    const prefix = Buffer.allocUnsafe(PREFIX_BYTES);
    prefix.writeUInt32BE(payload.length, 0);
    prefix.writeUInt32BE(crc32(payload), 4);
    this.#pending.push(prefix, payload);
  }

  #append(parts: readonly Buffer[]): void {
    const bytes = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
    for (let written = 0; written < bytes.length;)
      written += writeSync(this.#descriptor, bytes, written, bytes.length - written, this.#size + written);
    this.#size += bytes.length;
  }

  #readAt(start: number, length: number): Buffer {
    const { start: blockStart, bytes } = this.#block;
    const offset = start - blockStart;
    if (offset >= 0 && offset + length <= bytes.length) return bytes.subarray(offset, offset + length);
    const block = Buffer.allocUnsafe(Math.min(Math.max(length, READ_BYTES), this.#size - start));
    for (let read = 0; read < block.length;) {
      const count = readSync(this.#descriptor, block, read, block.length - read, start + read);
      if (count === 0) throw new Error(`${this.#path} ends before byte ${start + block.length}: who shortened it?`);
      read += count;
    }
    this.#block = { start, bytes: block };
    return block.subarray(0, length);
  }
}
