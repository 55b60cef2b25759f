import type { ReceivedEventData } from '@azure/event-hubs' with { 'resolution-mode': 'import' };
import { type HubEvent } from '../decode/event';
import { isObject, textOrNull } from '../decode/json';
import { offsetText, sequenceNumber } from '../decode/system-properties';
import { PipelineError } from '../errors';

/**
 * An event as the SDK received it (its body not parsed), in the very form that the trigger delivers: so that a line in the lake is the
 * same, whichever way its event came.
 *
 * @throws PipelineError EVENT_HUBS_FAILED where a number may have been rounded: the SDK has numbers, which are exact up to 2^53
 */
export function hubEventOf(event: ReceivedEventData): HubEvent {
  const raw = event.getRawAmqpMessage();
  const sequence = sequenceNumber(event.sequenceNumber);
  const offset = offsetText({ 'x-opt-offset': event.offset });
  if (sequence === null || offset === null) {
    throw new PipelineError(
      'EVENT_HUBS_FAILED',
      'Event Hubs delivered a sequence number or an offset that is not exact in this SDK: beyond 2^53. Nothing was read past it.',
    );
  }
  return {
    sequence,
    offset,
    enqueuedAt: event.enqueuedTimeUtc.getTime(),
    partitionKey: textOrNull(event.partitionKey),
    // The SDK turns times among the properties into numbers; the message as it came has them.
    properties: asTheHostHas(raw.applicationProperties ?? {}),
    body: bytesOf(event.body, raw.bodyType),
  };
}

/**
 * A data section's bytes, which the SDK leaves as they are; several are one after the other. What was sent as an AMQP value or sequence is
 * no bytes: it becomes its text, or its JSON.
 */
function bytesOf(body: unknown, bodyType: string | undefined): Buffer {
  if (Buffer.isBuffer(body)) return body;
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (body === undefined || (body === null && bodyType !== 'value')) return Buffer.alloc(0);
  if (bodyType === 'data' && Array.isArray(body)) return Buffer.concat(body.map((part) => bytesOf(part, bodyType)));
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

/** Application properties as they come through the host's JSON and its renaming: the first letter of each name lower-cased, nested too. */
function asTheHostHas(properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(plain(properties))) as Record<string, unknown>;
}

/** Times as .NET writes them, bytes in base64, long integers as numbers: JSON knows no others. */
function plain(value: unknown): unknown {
  if (value instanceof Date) return dotNetTime(value.getTime());
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [lowered(name), plain(part)]));
}

const lowered = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

/** No zeros at the end of the fraction, no fraction where it is zero. */
const dotNetTime = (ms: number): string =>
  new Date(ms).toISOString().replace(/\.(\d*?)0*Z$/, (_, digits: string) => (digits === '' ? 'Z' : `.${digits}Z`));
