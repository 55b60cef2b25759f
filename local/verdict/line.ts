import { isUtf8 } from 'node:buffer';
import { fieldsOf, labelsOf } from './fields';
import { type Shelf } from './sent';

/** A line's own fields, and the bytes that were sent. */
export interface Line {
  readonly source: string;
  readonly namespace: string;
  readonly hub: string;
  readonly incarnation: number;
  readonly partition: string;
  readonly sequence: bigint;
  /** `2026-11-25T10:11:12.345Z` */
  readonly enqueuedTime: string;
  readonly partitionKey: string | null;
  readonly properties: Readonly<Record<string, unknown>>;
  /** What the change says that happened; null where there is no change, and in quarantine. */
  readonly operation: string | null;
  /** The payload's text as it stands in the line, or the body that was set aside. */
  readonly content: Buffer;
}

/** The format that is judged here. It stands first in every line, whatever the format. */
const FORMAT = '1';
const FORMAT_OF = /^\{"format":([1-9]\d*),/;

const BEFORE = [
  ...['format', 'source', 'namespace', 'hub', 'incarnation', 'partition', 'sequenceNumber', 'offset', 'enqueuedTime'],
  ...['partitionKey', 'properties'],
];
const BEHIND = { bronze: ['eventId', 'change', 'payload'], quarantine: ['eventId', 'reason', 'bodyBase64'] };
const LABELS = {
  bronze: labelsOf([...BEFORE, ...BEHIND.bronze]),
  quarantine: labelsOf([...BEFORE, ...BEHIND.quarantine]),
};
/** What stands behind `properties` of which a number may have been rounded by the host. */
const INEXACT = ',"propertiesInexact":true';
/** What stands for the payload where the event lies in a file of its own: no payload can look so. */
const REFERENCE = /^null,"payloadRef":"claims\/(?:postgresql|mongodb)\/[0-9a-f]{64}\.json"$/;
const REASONS: readonly unknown[] = ['not_json', 'not_utf8', 'unreadable_json'];

/**
 * `newer_format` for a line of a later format, of which nothing more is known here. Null for one that is no UTF-8, no JSON, or has
 * other fields than docs/lake-format.md gives it.
 */
export function readLine(bytes: Buffer, shelf: Shelf): Line | 'newer_format' | null {
  const format = FORMAT_OF.exec(bytes.toString('latin1', 0, 40))?.[1] ?? FORMAT;
  if (format !== FORMAT) return 'newer_format';
  if (!isUtf8(bytes)) return null;
  const texts = fieldsOf(bytes, LABELS[shelf]) ?? fieldsOf(bytes, labelsInexact(shelf));
  if (texts === null) return null;
  if (shelf === 'bronze' && REFERENCE.test((texts.at(-1) as Buffer).toString('latin1', 0, 200))) {
    texts[texts.length - 1] = Buffer.from('null');
  }
  const [, source, namespace, hub, incarnation, partition, , offset, time, partitionKey, properties, eventId, ...rest] =
    texts.map((text, i) => parsed(text, shelf === 'bronze' && i === texts.length - 1));
  // 64-bit: a parser would round it.
  const sequence = (texts[6] as Buffer).toString();
  const event = shelf === 'bronze' ? changeAndPayload(rest, texts.at(-1) as Buffer) : reasonAndBody(rest);
  if (
    texts[0]?.toString() !== FORMAT ||
    !isText(source) ||
    !isText(namespace) ||
    !isText(hub) ||
    !Number.isSafeInteger(incarnation) ||
    !isText(partition) ||
    !/^(0|[1-9]\d*)$/.test(sequence) ||
    !isText(offset) ||
    !isText(time) ||
    !isTime(time) ||
    !isTextOrNull(partitionKey) ||
    !isObject(properties) ||
    !isTextOrNull(eventId) ||
    event === null
  ) {
    return null;
  }
  return {
    ...{ source, namespace, hub, partition, partitionKey, properties },
    ...event,
    incarnation: incarnation as number,
    sequence: BigInt(sequence),
    enqueuedTime: time,
  };
}

/** The labels of a line whose properties may be inexact: the flag is part of the label behind them. */
function labelsInexact(shelf: Shelf): Buffer[] {
  return LABELS[shelf].map((label, i) => (i === BEFORE.length ? Buffer.from(`${INEXACT}${label.toString()}`) : label));
}

type EventPart = Pick<Line, 'operation' | 'content'>;

function changeAndPayload([change, payload]: readonly unknown[], text: Buffer): EventPart | null {
  if (payload === undefined) return null;
  if (change === null) return { operation: null, content: text };
  if (!isObject(change) || !isText(change['operation'])) return null;
  return { operation: change['operation'], content: text };
}

function reasonAndBody([reason, base64]: readonly unknown[]): EventPart | null {
  if (!REASONS.includes(reason) || typeof base64 !== 'string') return null;
  const content = Buffer.from(base64, 'base64');
  // Node reads over what is no base64.
  return content.toString('base64') === base64 ? { operation: null, content } : null;
}

/** Undefined for what is no JSON, or has space around it: a payload keeps what its sender put there, a line has none. */
function parsed(text: Buffer, isPayload: boolean): unknown {
  const json = text.toString();
  if (!isPayload && json !== json.trim()) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isTextOrNull = (value: unknown): value is string | null => value === null || isText(value);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isTime(text: string): boolean {
  const time = new Date(text);
  return !Number.isNaN(time.getTime()) && time.toISOString() === text;
}
