import { type ReceivedEventData } from '@azure/event-hubs';
import { type RpcTypedData } from './rpc';
import { hostTriggerMetadata, withoutZone, type MetadataEvent, type ReadPartition } from './trigger-metadata';
import { type Call } from './worker';

/** `dataType` of an Event Hubs binding; `undefined` when it was left out. */
export type DataType = 'binary' | 'string' | 'undefined';

/**
 * A batch as the host hands it to the worker: the bodies in the form that the binding asks for, and the trigger metadata.
 *
 * @throws Error where a body is no JSON and `dataType` was left out: the real host fails such a batch before the handler is called
 */
export function batchCall(partition: ReadPartition, events: readonly ReceivedEventData[], dataType: DataType): Call {
  const bodies = events.map(({ body }) => bytesOf(body));
  return { data: dataOf(bodies, dataType), triggerMetadata: hostTriggerMetadata(partition, events.map(metadataOf)) };
}

function dataOf(bodies: readonly Buffer[], dataType: DataType): RpcTypedData {
  switch (dataType) {
    case 'binary':
      return { collectionBytes: { bytes: bodies } };
    case 'string':
      // The host drops empty texts, so that bodies and metadata do not line up.
      return { collectionString: { string: bodies.filter(({ length }) => length > 0).map(String) } };
    case 'undefined':
      return { json: JSON.stringify(bodies.map((body) => JSON.parse(String(body)) as unknown)) };
    default:
      return dataType satisfies never;
  }
}

/**
 * A data section's bytes, which the client leaves as they are. What was sent as an AMQP value or sequence is no bytes: here it
 * becomes its text, or its JSON.
 */
function bytesOf(body: unknown): Buffer {
  if (body === null || body === undefined) return Buffer.alloc(0);
  if (Buffer.isBuffer(body)) return body;
  if (body instanceof Uint8Array) return Buffer.from(body);
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function metadataOf(event: ReceivedEventData): MetadataEvent {
  // The client turns times among the properties into numbers; the message as it came has them.
  const { applicationProperties = {} } = event.getRawAmqpMessage();
  return {
    sequence: BigInt(event.sequenceNumber),
    offset: event.offset,
    enqueuedAt: event.enqueuedTimeUtc.getTime(),
    partitionKey: event.partitionKey ?? null,
    properties: plain(applicationProperties),
    others: othersOf(event),
    ...(event.contentType === undefined ? {} : { contentType: event.contentType }),
  };
}

/** AMQP's names of a message's properties, less those that have their own place. */
const PROPERTY_NAMES = {
  messageId: 'message-id',
  userId: 'user-id',
  to: 'to',
  subject: 'subject',
  replyTo: 'reply-to',
  correlationId: 'correlation-id',
  contentEncoding: 'content-encoding',
  absoluteExpiryTime: 'absolute-expiry-time',
  creationTime: 'creation-time',
  groupId: 'group-id',
  groupSequence: 'group-sequence',
  replyToGroupId: 'reply-to-group-id',
} as const;

/** Those that `systemProperties` of the trigger metadata sets itself. */
const OWN_ANNOTATIONS = ['x-opt-sequence-number', 'x-opt-offset', 'x-opt-enqueued-time', 'x-opt-partition-key'];

function othersOf(event: ReceivedEventData): Record<string, unknown> {
  const { properties = {}, messageAnnotations = {} } = event.getRawAmqpMessage();
  const values = properties as Readonly<Record<string, unknown>>;
  const named = Object.entries(PROPERTY_NAMES).map(([key, name]) => [name, values[key]] as const);
  const annotations = Object.entries(messageAnnotations).filter(([name]) => !OWN_ANNOTATIONS.includes(name));
  const given = [...named, ...annotations].filter(([, value]) => value !== undefined && value !== null);
  return plain(Object.fromEntries(given));
}

/** Values as the host's JSON has them: times as .NET writes them, bytes in base64. */
function plain(properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, plainValue(value)]));
}

function plainValue(value: unknown): unknown {
  if (value instanceof Date) return `${withoutZone(value.getTime())}Z`;
  if (Buffer.isBuffer(value)) return value.toString('base64');
  return typeof value === 'bigint' ? Number(value) : value;
}
