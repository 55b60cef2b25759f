import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type AmqpError } from 'rhea';
import { stamped, type EventParts } from './event-bytes';
import { type StampedEvent } from './record';
import { beyondTheEnd } from './refusals';
import { isSegmentName, Segment, type SegmentPlace } from './segment';
import { type StartPosition } from './selector';

/** What a partition is told when it is opened. */
export interface PartitionSettings {
  readonly retentionMs: number;
  /** Null: memory alone. */
  readonly place: SegmentPlace | null;
  /** A new segment is begun when one holds so many bytes. */
  readonly segmentBytes: number;
  /** UTC, milliseconds since 1970. */
  readonly now: () => number;
}

/** Offsets count bytes and begin here, so that nobody takes one for a sequence number. */
const FIRST_OFFSET = 4096;

/** .NET's least time, which the service tells for a partition that never had an event. */
const NEVER = Date.parse('0001-01-01T00:00:00Z');

/** One partition's events, from the oldest within the retention to the newest. */
export class Partition {
  readonly id: string;
  readonly #settings: PartitionSettings;
  /** Never empty: the last one remembers where numbers stand when all events have expired. */
  readonly #segments: Segment[];
  readonly #watchers = new Set<() => void>();
  #begin: number;
  #nextOffset: number;
  #last: { readonly offset: number; readonly enqueuedAt: number } | null;

  /** @throws Error where what is on disk is damaged */
  constructor(id: string, settings: PartitionSettings) {
    this.id = id;
    this.#settings = settings;
    this.#segments = openSegments(settings.place);
    this.#begin = this.#oldest.head.firstSequence;
    const { head, end } = this.#newest;
    this.#nextOffset = head.nextOffset;
    this.#last = head.last;
    if (end > head.firstSequence) {
      const offset = this.#newest.offsetOf(end - 1);
      this.#last = { offset, enqueuedAt: this.#newest.enqueuedAt(end - 1) };
      this.#nextOffset = offset + this.#newest.read(end - 1).length;
    }
  }

  /** -1 while nothing was ever published. */
  get lastSequence(): number {
    return this.#newest.end - 1;
  }

  get lastOffset(): string {
    return this.#last === null ? '-1' : String(this.#last.offset);
  }

  get lastEnqueuedAt(): number {
    return this.#last?.enqueuedAt ?? NEVER;
  }

  /** The oldest event that is still delivered; one after the last when there is none. */
  get beginSequence(): number {
    this.expire();
    return this.#begin;
  }

  /**
   * Stores a batch as a whole and wakes the readers.
   *
   * @throws Error of the file system; nothing is stored then
   */
  append(events: readonly EventParts[], partitionKey: string | null): void {
    this.expire();
    // Clocks are set back; a partition's times never go backwards.
    const enqueuedAt = Math.max(this.#settings.now(), this.lastEnqueuedAt);
    if (this.#newest.bytes >= this.#settings.segmentBytes) this.#beginSegment();
    const firstSequence = this.#newest.end;
    let offset = this.#nextOffset;
    const batch = events.map((parts, index): StampedEvent => {
      const bytes = stamped(parts, { sequence: firstSequence + index, offset, enqueuedAt, partitionKey });
      const event = { offset, bytes };
      offset += bytes.length;
      return event;
    });
    this.#newest.append({ firstSequence, enqueuedAt, events: batch });
    this.#nextOffset = offset;
    this.#last = { offset: batch.at(-1)?.offset ?? offset, enqueuedAt };
    for (const wake of this.#watchers) wake();
  }

  /** The sequence number to begin with, or why there is none. */
  find(position: StartPosition): number | AmqpError {
    const begin = this.beginSequence;
    const end = this.#newest.end;
    switch (position.kind) {
      case 'earliest':
        return begin;
      case 'latest':
        return end;
      case 'sequenceNumber': {
        const { value, inclusive } = position;
        if (value >= end && !(inclusive && value === end)) return beyondTheEnd('sequence number', value, end - 1);
        return Math.max(begin, inclusive ? value : value + 1);
      }
      case 'offset': {
        const { value, inclusive } = position;
        if (value > (this.#last?.offset ?? -1)) return beyondTheEnd('offset', value, this.lastOffset);
        return this.#first(begin, (segment, sequence) => isAfter(segment.offsetOf(sequence), value, inclusive));
      }
      case 'enqueuedTime': {
        const { value, inclusive } = position;
        return this.#first(begin, (segment, sequence) => isAfter(segment.enqueuedAt(sequence), value, inclusive));
      }
      default:
        return position satisfies never;
    }
  }

  /** An event as consumers get it. */
  read(sequence: number): Buffer {
    return this.#segmentOf(sequence).read(sequence);
  }

  /** Calls `wake` whenever events were stored, until the function that is returned is called. */
  watch(wake: () => void): () => void {
    this.#watchers.add(wake);
    return () => void this.#watchers.delete(wake);
  }

  /** Leaves behind what is older than the retention; files go when nothing in them is left. */
  expire(): void {
    const limit = this.#settings.now() - this.#settings.retentionMs;
    const expired = (segment: Segment) =>
      segment.end > segment.head.firstSequence && segment.enqueuedAt(segment.end - 1) < limit;
    if (expired(this.#newest)) this.#beginSegment();
    while (this.#segments.length > 1 && expired(this.#oldest)) this.#segments.shift()?.remove();
    const { head, end } = this.#oldest;
    this.#begin = Math.max(this.#begin, head.firstSequence);
    if (this.#begin < end && this.#oldest.enqueuedAt(this.#begin) < limit)
      this.#begin = this.#first(this.#begin, (segment, sequence) => segment.enqueuedAt(sequence) >= limit);
  }

  close(): void {
    for (const segment of this.#segments) segment.close();
  }

  get #oldest(): Segment {
    return this.#segments[0] as Segment;
  }

  get #newest(): Segment {
    return this.#segments.at(-1) as Segment;
  }

  #beginSegment(): void {
    const head = { firstSequence: this.#newest.end, nextOffset: this.#nextOffset, last: this.#last };
    this.#segments.push(Segment.create(this.#settings.place, head));
  }

  #segmentOf(sequence: number): Segment {
    const segment = this.#segments.findLast(({ head }) => head.firstSequence <= sequence);
    if (segment === undefined) throw new RangeError(`event ${sequence} has expired`);
    return segment;
  }

  /** The first event from `begin` on for which `isSo`, which once true stays true; one after the last when there is none. */
  #first(begin: number, isSo: (segment: Segment, sequence: number) => boolean): number {
    let low = begin;
    let high = this.#newest.end;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (isSo(this.#segmentOf(middle), middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

const isAfter = (value: number, limit: number, inclusive: boolean): boolean =>
  inclusive ? value >= limit : value > limit;

function openSegments(place: SegmentPlace | null): Segment[] {
  const first = { firstSequence: 0, nextOffset: FIRST_OFFSET, last: null };
  if (place === null) return [Segment.create(null, first)];
  mkdirSync(place.folder, { recursive: true });
  const segments: Segment[] = [];
  for (const name of readdirSync(place.folder).filter(isSegmentName).sort()) {
    const segment = Segment.open(place, name);
    const expected = segments.at(-1)?.end;
    if (segment === null) {
      rmSync(join(place.folder, name));
    } else if (expected !== undefined && segment.head.firstSequence !== expected) {
      throw new Error(`${place.folder} lacks the events from ${expected} to ${segment.head.firstSequence - 1}`);
    } else {
      segments.push(segment);
    }
  }
  return segments.length > 0 ? segments : [Segment.create(place, first)];
}
