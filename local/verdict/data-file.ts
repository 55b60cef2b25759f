import { isUtf8 } from 'node:buffer';
import { type Shelf } from './sent';

/** What a data file's path says; docs/lake-format.md has the form. */
export interface DataFilePath {
  readonly shelf: Shelf;
  readonly source: string;
  /** `2026-11-25` */
  readonly day: string;
  /** Of the first event: `20261125T101112345Z` */
  readonly stamp: string;
  readonly partition: string;
  readonly incarnation: number;
  readonly first: bigint;
  readonly last: bigint;
  readonly lines: number;
}

const PATH =
  /^(bronze|quarantine)\/(postgresql|mongodb)\/(\d{4})\/(\d\d)\/(\d\d)\/data_(\d{8}T\d{9}Z)_(\d+)(?:_i(\d+))?_(\d+)-(\d+)_(\d+)\.json$/;

/** Null for a path that no data file has. */
export function readPath(path: string): DataFilePath | null {
  const found = PATH.exec(path);
  if (found === null) return null;
  const [, shelf, source, year, month, date, stamp, partition, incarnation, first, last, lines] = found;
  return {
    shelf: shelf as Shelf,
    source: source as string,
    day: `${year}-${month}-${date}`,
    stamp: stamp as string,
    partition: partition as string,
    incarnation: Number(incarnation ?? 1),
    first: BigInt(first as string),
    last: BigInt(last as string),
    lines: Number(lines),
  };
}

/** A line's own fields, and the bytes that were sent. */
export interface Line {
  readonly source: string;
  readonly namespace: string;
  readonly hub: string;
  readonly incarnation: number;
  readonly partition: string;
  readonly sequence: bigint;
  readonly enqueuedTime: string;
  readonly partitionKey: string | null;
  readonly sentId: string | null;
  /** The payload's text as it stands in the line, or the body that was set aside. */
  readonly content: Buffer;
}

/** Null for a line that is no UTF-8, no JSON, or lacks a field. */
export function readLine(bytes: Buffer, shelf: Shelf): Line | null {
  if (!isUtf8(bytes)) return null;
  let line: Record<string, unknown>;
  try {
    line = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
  } catch {
    return null;
  }
  const { source, namespace, hub, incarnation, partition, sequenceNumber, enqueuedTime, partitionKey, properties } = line;
  const sentId = (properties as Record<string, unknown> | null | undefined)?.['sentid'];
  const content = shelf === 'bronze' ? payloadIn(bytes) : bodyIn(line);
  if (
    typeof source !== 'string' ||
    typeof namespace !== 'string' ||
    typeof hub !== 'string' ||
    typeof incarnation !== 'number' ||
    typeof partition !== 'string' ||
    !Number.isSafeInteger(sequenceNumber) ||
    typeof enqueuedTime !== 'string' ||
    content === null
  ) {
    return null;
  }
  return {
    ...{ source, namespace, hub, incarnation, partition, enqueuedTime, content },
    sequence: BigInt(sequenceNumber as number),
    partitionKey: typeof partitionKey === 'string' ? partitionKey : null,
    sentId: typeof sentId === 'string' || typeof sentId === 'number' ? String(sentId) : null,
  };
}

const PAYLOAD = Buffer.from(',"payload":');

/** In the header's strings every quotation mark is escaped, so the first such text is the field. */
function payloadIn(bytes: Buffer): Buffer | null {
  const at = bytes.indexOf(PAYLOAD);
  return at < 0 ? null : bytes.subarray(at + PAYLOAD.length, bytes.length - 1);
}

function bodyIn({ reason, bodyBase64 }: Record<string, unknown>): Buffer | null {
  if (typeof reason !== 'string' || typeof bodyBase64 !== 'string') return null;
  const body = Buffer.from(bodyBase64, 'base64');
  // Node reads over what is no base64.
  return body.toString('base64') === bodyBase64 ? body : null;
}
