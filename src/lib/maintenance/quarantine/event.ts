import { isUtf8 } from 'node:buffer';
import { type QuarantineReason } from '../../decode/body';
import { HEAD_BYTES, tellHead } from '../../ledger/line-head';
import { readLineHead } from '../deep/line-head';
import { hasLineShape } from '../deep/shape';
import { type EventId } from './id';

/** A quarantined event as its line tells it. */
export interface QuarantinedEvent {
  readonly id: EventId;
  readonly offset: string;
  /** ISO 8601, UTC. */
  readonly enqueuedTime: string;
  readonly partitionKey: string | null;
  /** As the host handed them over: the first letter of each name is lower case. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly reason: QuarantineReason;
  readonly bodyBase64: string;
}

export const REASONS = ['not_json', 'not_utf8', 'unreadable_json'] as const satisfies readonly QuarantineReason[];

const reasons = new Set<unknown>(REASONS);

/** Reads a line of a quarantine file, without its line feed; null where it is no such line of any version. */
export function readQuarantineLine(line: Buffer): QuarantinedEvent | 'newer_format' | null {
  if (!isUtf8(line)) return null;
  const text = line.toString('utf8');
  const head = readLineHead(text);
  if (head === null) return tellHead(text.slice(0, HEAD_BYTES))?.kind === 'newer' ? 'newer_format' : null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!hasLineShape(value, 'quarantine') || !reasons.has(value['reason'])) return null;
  const bodyBase64 = value['bodyBase64'];
  if (typeof bodyBase64 !== 'string' || Buffer.from(bodyBase64, 'base64').toString('base64') !== bodyBase64)
    return null;
  return {
    id: { ...head.owner, sequence: head.sequence },
    offset: value['offset'] as string,
    enqueuedTime: value['enqueuedTime'] as string,
    partitionKey: value['partitionKey'] as string | null,
    properties: value['properties'] as Record<string, unknown>,
    reason: value['reason'] as QuarantineReason,
    bodyBase64,
  };
}

/** The bytes that the sender sent. */
export function bodyOf({ bodyBase64 }: QuarantinedEvent): Buffer {
  return Buffer.from(bodyBase64, 'base64');
}
