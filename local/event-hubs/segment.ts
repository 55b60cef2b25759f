import { join } from 'node:path';
import { type RecentEvents } from './recent';
import { encodeRecord, type SegmentHead, type StampedBatch } from './record';
import { SegmentFile } from './segment-file';

/** Where segments are kept; null: in memory alone. */
export interface SegmentPlace {
  readonly folder: string;
  readonly recent: RecentEvents;
  readonly log: (line: string) => void;
}

/** A stretch of a partition's events: appended to at its end, deleted as a whole. An index of numbers is kept for each event. */
export class Segment {
  readonly head: SegmentHead;
  readonly #file: SegmentFile | null;
  readonly #recent: RecentEvents | null;
  readonly #offsets: number[] = [];
  readonly #times: number[] = [];
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];
  /** The event itself, while it is held in memory. */
  readonly #held: (Buffer | undefined)[] = [];
  #bytes = 0;

  private constructor(head: SegmentHead, file: SegmentFile | null, recent: RecentEvents | null) {
    this.head = head;
    this.#file = file;
    this.#recent = recent;
  }

  static create(place: SegmentPlace | null, head: SegmentHead): Segment {
    if (place === null) return new Segment(head, null, null);
    return new Segment(
      head,
      SegmentFile.create(join(place.folder, segmentName(head.firstSequence)), head),
      place.recent,
    );
  }

  /** @returns null where the file was never made whole */
  static open(place: SegmentPlace, name: string): Segment | null {
    const opened = SegmentFile.open(join(place.folder, name), place.log);
    if (opened === null) return null;
    const segment = new Segment(opened.head, opened.file, place.recent);
    for (const { enqueuedAt, places } of opened.records) {
      for (const { offset, start, length } of places) segment.#add(offset, enqueuedAt, start, length, undefined);
    }
    return segment;
  }

  /** The sequence number after its last event. */
  get end(): number {
    return this.head.firstSequence + this.#offsets.length;
  }

  /** Bytes of its events. */
  get bytes(): number {
    return this.#bytes;
  }

  append(batch: StampedBatch): void {
    const { events, enqueuedAt, firstSequence } = batch;
    if (this.#file === null) {
      for (const { offset, bytes } of events) this.#add(offset, enqueuedAt, 0, bytes.length, bytes);
      return;
    }
    const { record, places } = encodeRecord(batch, this.#file.size);
    this.#file.append(record);
    events.forEach(({ offset, bytes }, index) => {
      this.#add(offset, enqueuedAt, places[index]?.start ?? 0, bytes.length, bytes);
      this.#recent?.add(this, firstSequence + index, bytes.length);
    });
  }

  /** @throws RangeError where it has no such event */
  read(sequence: number): Buffer {
    const index = this.#index(sequence);
    const held = this.#held[index];
    if (held !== undefined) return held;
    if (this.#file === null) throw new RangeError(`event ${sequence} is neither in memory nor on disk`);
    return this.#file.read(this.#starts[index] ?? 0, this.#lengths[index] ?? 0);
  }

  offsetOf(sequence: number): number {
    return this.#offsets[this.#index(sequence)] ?? 0;
  }

  /** UTC, milliseconds since 1970. */
  enqueuedAt(sequence: number): number {
    return this.#times[this.#index(sequence)] ?? 0;
  }

  /** Lets go of an event's copy in memory. */
  forget(sequence: number): void {
    if (this.#file !== null) this.#held[this.#index(sequence)] = undefined;
  }

  close(): void {
    this.#file?.close();
  }

  remove(): void {
    this.#file?.remove();
  }

  #index(sequence: number): number {
    const index = sequence - this.head.firstSequence;
    if (index < 0 || index >= this.#offsets.length) throw new RangeError(`event ${sequence} is not in this segment`);
    return index;
  }

  #add(offset: number, enqueuedAt: number, start: number, length: number, held: Buffer | undefined): void {
    this.#offsets.push(offset);
    this.#times.push(enqueuedAt);
    this.#starts.push(start);
    this.#lengths.push(length);
    this.#held.push(held);
    this.#bytes += length;
  }
}

const SUFFIX = '.events';

/** Names sort as sequence numbers do. */
const segmentName = (firstSequence: number): string => `${String(firstSequence).padStart(16, '0')}${SUFFIX}`;

export const isSegmentName = (name: string): boolean => name.endsWith(SUFFIX);
