import { entriesAt, MalformedMessage, sectionsOf, textAt } from './amqp-bytes';

/**
 * An event as it was sent, taken apart where the hub's annotations go. Every part is a piece of the sender's own bytes;
 * delivery annotations are for the next hop alone and are dropped.
 */
export interface EventParts {
  /** The header section; mostly empty. */
  readonly header: Buffer;
  /** The sender's message annotations, keys and values one after the other, less those that the hub gives. */
  readonly annotations: readonly Buffer[];
  readonly partitionKey: string | null;
  /** Properties, application properties, body and footer. */
  readonly rest: Buffer;
}

/** What the hub gives an event. */
export interface Stamp {
  readonly sequence: number;
  readonly offset: number;
  /** UTC, milliseconds since 1970. */
  readonly enqueuedAt: number;
  /** The batch's, for an event that does not bear one itself. */
  readonly partitionKey: string | null;
}

/** The newest event of a partition, told with each delivery to those who asked for it. */
export interface RuntimeInfo {
  readonly lastSequence: number;
  readonly lastOffset: string;
  readonly lastEnqueuedAt: number;
  readonly retrievedAt: number;
}

const GIVEN_BY_HUB = new Set(['x-opt-sequence-number', 'x-opt-offset', 'x-opt-enqueued-time']);

/**
 * @param message one encoded AMQP message
 * @throws MalformedMessage
 */
export function takeApart(message: Buffer): EventParts {
  let header = message.subarray(0, 0);
  let annotations: Buffer[] = [];
  let partitionKey: string | null = null;
  let rest = message.length;
  let before = 0;
  for (const { code, start, value, end } of sectionsOf(message)) {
    if (code < 0x70 || code > 0x78) throw new MalformedMessage(`byte ${start} begins an unknown section`);
    if (code < before) throw new MalformedMessage(`the section at byte ${start} is out of order`);
    before = code;
    if (code === 0x70) header = message.subarray(start, end);
    if (code === 0x72) ({ annotations, partitionKey } = readAnnotations(message, value));
    if (code > 0x72) rest = Math.min(rest, start);
  }
  return { header, annotations, partitionKey, rest: message.subarray(rest) };
}

/** The sender's annotations in the section whose value begins at `at`. */
export function readAnnotations(
  message: Buffer,
  at: number,
): Pick<EventParts, 'partitionKey'> & { annotations: Buffer[] } {
  const annotations: Buffer[] = [];
  let partitionKey: string | null = null;
  for (const { key, value, end } of entriesAt(message, at)) {
    const name = textAt(message, key) ?? '';
    if (name === 'x-opt-partition-key') partitionKey = textAt(message, value);
    if (!GIVEN_BY_HUB.has(name)) annotations.push(message.subarray(key, end));
  }
  return { annotations, partitionKey };
}

const symbol = (text: string): Buffer => Buffer.concat([Buffer.from([0xa3, text.length]), Buffer.from(text, 'latin1')]);

const SEQUENCE = Buffer.concat([symbol('x-opt-sequence-number'), Buffer.from([0x81])]);
const OFFSET = Buffer.concat([symbol('x-opt-offset'), Buffer.from([0xa1])]);
const ENQUEUED_AT = Buffer.concat([symbol('x-opt-enqueued-time'), Buffer.from([0x83])]);
const PARTITION_KEY = Buffer.concat([symbol('x-opt-partition-key'), Buffer.from([0xb1])]);
/** A described map with sizes of four bytes. */
const ANNOTATIONS = Buffer.from([0x00, 0x53, 0x72, 0xd1]);

/** The event as every consumer gets it: the hub's annotations before the sender's own, all else untouched. */
export function stamped(parts: EventParts, stamp: Stamp): Buffer {
  const fixed = Buffer.allocUnsafe(SEQUENCE.length + 8 + ENQUEUED_AT.length + 8);
  let at = SEQUENCE.copy(fixed);
  at = fixed.writeBigInt64BE(BigInt(stamp.sequence), at);
  at += ENQUEUED_AT.copy(fixed, at);
  fixed.writeBigInt64BE(BigInt(stamp.enqueuedAt), at);
  const pairs = [fixed, OFFSET, shortText(String(stamp.offset)), ...parts.annotations];
  let count = 6 + 2 * parts.annotations.length;
  if (stamp.partitionKey !== null && parts.partitionKey === null) {
    pairs.push(PARTITION_KEY, longText(stamp.partitionKey));
    count += 2;
  }
  const size = pairs.reduce((total, { length }) => total + length, 4);
  const head = Buffer.allocUnsafe(ANNOTATIONS.length + 8);
  ANNOTATIONS.copy(head);
  head.writeUInt32BE(size, 4);
  head.writeUInt32BE(count, 8);
  return Buffer.concat([parts.header, head, ...pairs, parts.rest]);
}

function shortText(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function longText(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

const LAST_SEQUENCE = Buffer.concat([symbol('last_enqueued_sequence_number'), Buffer.from([0x81])]);
const LAST_OFFSET = Buffer.concat([symbol('last_enqueued_offset'), Buffer.from([0xa1])]);
const LAST_ENQUEUED_AT = Buffer.concat([symbol('last_enqueued_time_utc'), Buffer.from([0x83])]);
const RETRIEVED_AT = Buffer.concat([symbol('runtime_info_retrieval_time_utc'), Buffer.from([0x83])]);

/** A stored event with the delivery annotations that tell of its partition, where the specification wants them. */
export function withRuntimeInfo(event: Buffer, info: RuntimeInfo): Buffer {
  const pairs = Buffer.concat([
    LAST_SEQUENCE,
    eightBytes(info.lastSequence),
    LAST_OFFSET,
    shortText(info.lastOffset),
    LAST_ENQUEUED_AT,
    eightBytes(info.lastEnqueuedAt),
    RETRIEVED_AT,
    eightBytes(info.retrievedAt),
  ]);
  const head = Buffer.from([0x00, 0x53, 0x71, 0xd1, 0, 0, 0, 0, 0, 0, 0, 8]);
  head.writeUInt32BE(pairs.length + 4, 4);
  const [first] = sectionsOf(event);
  const headerEnd = first?.code === 0x70 ? first.end : 0;
  return Buffer.concat([event.subarray(0, headerEnd), head, pairs, event.subarray(headerEnd)]);
}

function eightBytes(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}
