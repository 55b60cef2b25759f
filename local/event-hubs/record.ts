import { crc32 } from 'node:zlib';

/**
 * How a segment file is written: a head, then one record for each batch, so that a batch cut off half written is gone as a
 * whole. Numbers are big-endian; sequence numbers, offsets and times are doubles, exact to 2^53.
 */

/** Events of one batch, stamped, in order. */
export interface StampedBatch {
  readonly firstSequence: number;
  /** UTC, milliseconds since 1970. */
  readonly enqueuedAt: number;
  readonly events: readonly StampedEvent[];
}

export interface StampedEvent {
  readonly offset: number;
  readonly bytes: Buffer;
}

/** What a segment's head tells: where its partition stood when it was begun. */
export interface SegmentHead {
  readonly firstSequence: number;
  /** The offset of the first event to come. */
  readonly nextOffset: number;
  /** Of the partition's last event before; null while there was none. */
  readonly last: { readonly offset: number; readonly enqueuedAt: number } | null;
}

const MAGIC = Buffer.from('EHSEG\x01\r\n', 'latin1');
export const HEAD_BYTES = MAGIC.length + 4 * 8 + 4;

/** Length and checksum of what follows them. */
export const PREFIX_BYTES = 8;
const FIXED_BYTES = 8 + 8 + 4;
const ENTRY_BYTES = 8 + 4;

export function encodeHead({ firstSequence, nextOffset, last }: SegmentHead): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  let at = MAGIC.copy(head);
  for (const value of [firstSequence, nextOffset, last?.offset ?? NaN, last?.enqueuedAt ?? NaN])
    at = head.writeDoubleBE(value, at);
  head.writeUInt32BE(crc32(head.subarray(0, at)), at);
  return head;
}

/** @returns null where the bytes are no head */
export function decodeHead(head: Buffer): SegmentHead | null {
  if (head.length < HEAD_BYTES || !head.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  const end = HEAD_BYTES - 4;
  if (head.readUInt32BE(end) !== crc32(head.subarray(0, end))) return null;
  const value = (index: number) => head.readDoubleBE(MAGIC.length + 8 * index);
  const last = Number.isNaN(value(2)) ? null : { offset: value(2), enqueuedAt: value(3) };
  return { firstSequence: value(0), nextOffset: value(1), last };
}

/** One event's place in the file. */
export interface Place {
  readonly offset: number;
  readonly start: number;
  readonly length: number;
}

/** A batch's record, and where its events are when it begins at `position`. */
export function encodeRecord(
  batch: StampedBatch,
  position: number,
): { readonly record: Buffer; readonly places: Place[] } {
  const { events } = batch;
  const head = Buffer.allocUnsafe(PREFIX_BYTES + FIXED_BYTES + events.length * ENTRY_BYTES);
  let at = head.writeDoubleBE(batch.firstSequence, PREFIX_BYTES);
  at = head.writeDoubleBE(batch.enqueuedAt, at);
  at = head.writeUInt32BE(events.length, at);
  let start = position + head.length;
  const places = events.map(({ offset, bytes: { length } }) => {
    at = head.writeDoubleBE(offset, at);
    at = head.writeUInt32BE(length, at);
    const place = { offset, start, length };
    start += length;
    return place;
  });
  const record = Buffer.concat([head, ...events.map(({ bytes }) => bytes)]);
  record.writeUInt32BE(record.length - PREFIX_BYTES, 0);
  record.writeUInt32BE(crc32(record.subarray(PREFIX_BYTES)), 4);
  return { record, places };
}

/** A record read back, without its events' bytes. */
export interface RecordIndex {
  readonly firstSequence: number;
  readonly enqueuedAt: number;
  readonly places: readonly Place[];
}

/**
 * Reads what follows a record's prefix.
 *
 * @param position where the record begins in its file
 * @returns null where the checksum is another
 */
export function decodeRecord(content: Buffer, checksum: number, position: number): RecordIndex | null {
  if (content.length < FIXED_BYTES || crc32(content) !== checksum) return null;
  const count = content.readUInt32BE(16);
  let start = position + PREFIX_BYTES + FIXED_BYTES + count * ENTRY_BYTES;
  const places = Array.from({ length: count }, (_, index) => {
    const at = FIXED_BYTES + index * ENTRY_BYTES;
    const length = content.readUInt32BE(at + 8);
    const place = { offset: content.readDoubleBE(at), start, length };
    start += length;
    return place;
  });
  return { firstSequence: content.readDoubleBE(0), enqueuedAt: content.readDoubleBE(8), places };
}
