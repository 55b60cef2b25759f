import { closeSync, fstatSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import {
  decodeHead,
  decodeRecord,
  encodeHead,
  HEAD_BYTES,
  PREFIX_BYTES,
  type RecordIndex,
  type SegmentHead,
} from './record';

/**
 * A file that grows at its end. Writing is synchronous: once it returns the bytes are the operating system's, and survive the
 * end of this process, however it ends. (Not a loss of power: nothing is flushed to the disk.)
 */
export class SegmentFile {
  readonly path: string;
  readonly #descriptor: number;
  #size: number;

  private constructor(path: string, descriptor: number, size: number) {
    this.path = path;
    this.#descriptor = descriptor;
    this.#size = size;
  }

  /** Bytes written. */
  get size(): number {
    return this.#size;
  }

  /**
   * Makes a file that is not there yet.
   *
   * @throws Error of the file system; the file is not there then
   */
  static create(path: string, head: SegmentHead): SegmentFile {
    const file = new SegmentFile(path, openSync(path, 'wx+'), 0);
    try {
      file.append(encodeHead(head));
    } catch (error) {
      file.remove();
      throw error;
    }
    return file;
  }

  /**
   * Opens a file and tells what is in it, record after record. A last record that is not whole is cut off: its sender was
   * never told that it is stored.
   *
   * @param log told what was cut off
   * @returns null where not even the head is whole: the process ended while it was made
   * @throws Error where a record is damaged that others follow
   */
  static open(
    path: string,
    log: (line: string) => void,
  ): { readonly file: SegmentFile; readonly head: SegmentHead; readonly records: RecordIndex[] } | null {
    const descriptor = openSync(path, 'r+');
    const file = new SegmentFile(path, descriptor, fstatSync(descriptor).size);
    const head = file.#size < HEAD_BYTES ? null : decodeHead(file.read(0, HEAD_BYTES));
    if (head === null) {
      file.close();
      if (file.#size > HEAD_BYTES)
        throw new Error(`${path} is no segment of events: it was damaged or is another program's`);
      return null;
    }
    try {
      return { file, head, records: file.#records(log) };
    } catch (error) {
      file.close();
      throw error;
    }
  }

  #records(log: (line: string) => void): RecordIndex[] {
    const records: RecordIndex[] = [];
    for (let position = HEAD_BYTES; position < this.#size;) {
      const left = this.#size - position - PREFIX_BYTES;
      const prefix = left < 0 ? null : this.read(position, PREFIX_BYTES);
      const length = prefix?.readUInt32BE(0) ?? Infinity;
      const whole = prefix !== null && length <= left;
      const record = whole
        ? decodeRecord(this.read(position + PREFIX_BYTES, length), prefix.readUInt32BE(4), position)
        : null;
      if (record === null) {
        if (whole && length < left)
          throw new Error(`${this.path} is damaged at byte ${position}; start with an empty folder`);
        log(`${this.path}: cut off ${this.#size - position} bytes of a batch that was not written to its end`);
        this.#cut(position);
        break;
      }
      records.push(record);
      position += PREFIX_BYTES + length;
    }
    return records;
  }

  /**
   * Writes all of `bytes` at the end, or nothing.
   *
   * @throws Error of the file system
   */
  append(bytes: Buffer): void {
    const end = this.#size;
    try {
      for (let written = 0; written < bytes.length;)
        written += writeSync(this.#descriptor, bytes, written, bytes.length - written, end + written);
    } catch (error) {
      this.#cut(end);
      throw error;
    }
    this.#size = end + bytes.length;
  }

  read(start: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    for (let read = 0; read < length;) {
      const count = readSync(this.#descriptor, bytes, read, length - read, start + read);
      if (count === 0) throw new Error(`${this.path} ends before byte ${start + length}: who shortened it?`);
      read += count;
    }
    return bytes;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** Closes and deletes. */
  remove(): void {
    this.close();
    rmSync(this.path, { force: true });
  }

  #cut(size: number): void {
    ftruncateSync(this.#descriptor, size);
    this.#size = size;
  }
}
