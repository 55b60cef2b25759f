/**
 * Where AMQP 1.0 encodings begin and end (specification, part 1.6), without decoding what is between: events pass through
 * as the bytes that were sent.
 */

/** What was received is not AMQP, or not a message. */
export class MalformedMessage extends Error {}

/** One section of a message, by positions in its bytes. */
export interface Section {
  /** 0x70 header, 0x71 delivery annotations, 0x72 message annotations, 0x73 properties, 0x74 application properties, 0x75-0x77 body, 0x78 footer. */
  readonly code: number;
  readonly start: number;
  /** Where its value begins. */
  readonly value: number;
  readonly end: number;
}

/** Descriptors may be sent as symbols; nobody does, but the specification allows it. */
const CODES_BY_SYMBOL: Readonly<Record<string, number>> = {
  'amqp:header:list': 0x70,
  'amqp:delivery-annotations:map': 0x71,
  'amqp:message-annotations:map': 0x72,
  'amqp:properties:list': 0x73,
  'amqp:application-properties:map': 0x74,
  'amqp:data:binary': 0x75,
  'amqp:amqp-sequence:list': 0x76,
  'amqp:amqp-value:*': 0x77,
  'amqp:footer:map': 0x78,
};

/**
 * The sections of an encoded message, in the order of its bytes.
 *
 * @throws MalformedMessage
 */
export function sectionsOf(message: Buffer): Section[] {
  const sections: Section[] = [];
  for (let start = 0; start < message.length;) {
    if (message[start] !== 0) throw new MalformedMessage(`byte ${start} begins no section`);
    const value = endOfValue(message, start + 1);
    const end = endOfValue(message, value);
    sections.push({ code: sectionCode(message, start + 1), start, value, end });
    start = end;
  }
  return sections;
}

function sectionCode(message: Buffer, at: number): number {
  switch (message[at]) {
    case 0x53:
      return message.readUInt8(at + 1);
    case 0x80:
      return Number(message.readBigUInt64BE(at + 1));
    default:
      return CODES_BY_SYMBOL[textAt(message, at) ?? ''] ?? 0;
  }
}

/**
 * Where the value that begins at `at` ends.
 *
 * @throws MalformedMessage when its bytes are not all there
 */
export function endOfValue(bytes: Buffer, at: number): number {
  let data = at + 1;
  let code = bytes[at];
  // A described value is a zero, its descriptor and the value.
  while (code === 0) {
    if (bytes[data] === 0) throw new MalformedMessage(`the descriptor at byte ${data} is described itself`);
    data = endOfValue(bytes, data) + 1;
    code = bytes[data - 1];
  }
  const end = data + widthAt(bytes, code, data);
  if (end > bytes.length) throw new MalformedMessage(`the value at byte ${at} ends after byte ${bytes.length}`);
  return end;
}

/** The high half of a constructor tells how wide the data is, or how wide the field is that tells it. */
function widthAt(bytes: Buffer, code: number | undefined, at: number): number {
  switch (code === undefined ? 0 : code >> 4) {
    case 0x4:
      return 0;
    case 0x5:
      return 1;
    case 0x6:
      return 2;
    case 0x7:
      return 4;
    case 0x8:
      return 8;
    case 0x9:
      return 16;
    case 0xa:
    case 0xc:
    case 0xe:
      return 1 + (bytes[at] ?? 0);
    case 0xb:
    case 0xd:
    case 0xf:
      if (at + 4 > bytes.length) break;
      return 4 + bytes.readUInt32BE(at);
    default:
  }
  throw new MalformedMessage(`byte ${at - 1} begins no value`);
}

/** The string or symbol at `at`; null where there is another type. */
export function textAt(bytes: Buffer, at: number): string | null {
  switch (bytes[at]) {
    case 0xa1:
    case 0xa3:
      return bytes.toString('utf8', at + 2, endOfValue(bytes, at));
    case 0xb1:
    case 0xb3:
      return bytes.toString('utf8', at + 5, endOfValue(bytes, at));
    default:
      return null;
  }
}

/** The bytes of the binary at `at`; null where there is another type. */
export function binaryAt(bytes: Buffer, at: number): Buffer | null {
  switch (bytes[at]) {
    case 0xa0:
      return bytes.subarray(at + 2, endOfValue(bytes, at));
    case 0xb0:
      return bytes.subarray(at + 5, endOfValue(bytes, at));
    default:
      return null;
  }
}

/** A key and its value, by positions. */
export interface Entry {
  readonly key: number;
  readonly value: number;
  readonly end: number;
}

/** The entries of the map at `at`; none for null. */
export function entriesAt(bytes: Buffer, at: number): Entry[] {
  const code = bytes[at];
  if (code === 0x40) return [];
  if (code !== 0xc1 && code !== 0xd1) throw new MalformedMessage(`no map begins at byte ${at}`);
  const mapEnd = endOfValue(bytes, at);
  const entries: Entry[] = [];
  for (let key = at + (code === 0xc1 ? 3 : 9); key < mapEnd;) {
    const value = endOfValue(bytes, key);
    const end = endOfValue(bytes, value);
    if (end > mapEnd) throw new MalformedMessage(`the entry at byte ${key} ends outside its map`);
    entries.push({ key, value, end });
    key = end;
  }
  return entries;
}
