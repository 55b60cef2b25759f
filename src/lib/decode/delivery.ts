import { isUint8Array } from 'node:util/types';
import { PipelineError } from '../errors';
import { type Delivery, type HubEvent } from './event';
import { type JsonObject, isObject } from './json';
import { enqueuedMillis, offsetText, partitionKeyText, sequenceNumber } from './system-properties';

/**
 * Brings together what the trigger hands over apart: the bodies and, in `context.triggerMetadata`, where each stands in its
 * partition. Only `systemPropertiesArray` lines up with the bodies for certain (`partitionKeyArray` drops empty entries,
 * `offsetArray` rounds, `enqueuedTimeUtcArray` has no zone), so it is the only source of positions.
 *
 * Application properties come from `propertiesArray`. Should it not line up, no entry can be told to belong to an event, and
 * an `eventId` on the wrong event would do more harm than none: all events get `{}`, and `propertiesLost` says so.
 *
 * @param bodies what a trigger with cardinality `many` and dataType `binary` delivers: an array of Buffers, not copied
 * @param triggerMetadata `context.triggerMetadata`, the first letter of every key lower-cased by the host
 * @throws PipelineError TRIGGER_METADATA_INVALID, naming the key; it never holds a body's or a property's content
 */
export function readDelivery(bodies: unknown, triggerMetadata: unknown): Delivery {
  if (!Array.isArray(bodies)) {
    throw invalid('the events', kindOf(bodies), `an array of Buffers: ${TRIGGER_SETTINGS}`);
  }
  if (!isObject(triggerMetadata)) throw invalid('triggerMetadata', kindOf(triggerMetadata), 'an object');
  const system = listOf(triggerMetadata.systemPropertiesArray, 'systemPropertiesArray', bodies.length);
  const properties = triggerMetadata.propertiesArray;
  const aligned = Array.isArray(properties) && properties.length === bodies.length;
  return {
    ...partitionOf(triggerMetadata),
    events: bodies.map((body: unknown, i) =>
      eventOf(bufferOf(body, i), system[i], aligned ? properties[i] : null, `systemPropertiesArray[${i}]`),
    ),
    ...(aligned || properties === undefined ? {} : { propertiesLost: true }),
  };
}

const TRIGGER_SETTINGS = "the trigger needs dataType 'binary' and cardinality 'many'";
const SAFE_NAME = /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/;
const PARTITION_ID = /^\d{1,9}$/;

function partitionOf(metadata: JsonObject): Omit<Delivery, 'events'> {
  const context = [metadata.partitionContext, metadata.triggerPartitionContext].find(isObject);
  if (context === undefined) throw invalid('partitionContext', kindOf(metadata.partitionContext), 'an object');
  // Names become folders of the lake, so nothing that could leave its folder may pass.
  const name = (key: string, pattern: RegExp, expected: string): string => {
    const value = context[key];
    const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.toLowerCase() : '';
    if (!pattern.test(text)) throw invalid(`partitionContext.${key}`, nameOf(value), expected);
    return text;
  };
  const { consumerGroup } = context;
  if (typeof consumerGroup !== 'string' || consumerGroup === '') {
    throw invalid('partitionContext.consumerGroup', nameOf(consumerGroup), 'a name');
  }
  const letters = 'letters, digits, ".", "_" and "-", a letter or digit first and last';
  return {
    namespace: name('fullyQualifiedNamespace', SAFE_NAME, `a host name (${letters})`),
    hub: name('eventHubName', SAFE_NAME, `a hub's name (${letters})`),
    partition: name('partitionId', PARTITION_ID, 'a number in digits'),
    consumerGroup,
  };
}

function eventOf(body: Buffer, system: unknown, properties: unknown, where: string): HubEvent {
  if (!isObject(system)) throw invalid(where, kindOf(system), 'an object');
  const sequence = sequenceNumber(system.sequenceNumber) ?? sequenceNumber(system['x-opt-sequence-number']);
  if (sequence === null) {
    const found = system.sequenceNumber ?? system['x-opt-sequence-number'];
    throw invalid(`${where}.sequenceNumber`, kindOf(found), 'an integer from 0 to 2^63 - 1 that was not rounded');
  }
  const offset = offsetText(system);
  if (offset === null) {
    throw invalid(
      `${where}['x-opt-offset']`,
      kindOf(system['x-opt-offset']),
      'text, or an integer that was not rounded',
    );
  }
  const enqueuedAt = enqueuedMillis(system);
  if (enqueuedAt === null) {
    throw invalid(`${where}['x-opt-enqueued-time']`, kindOf(system['x-opt-enqueued-time']), 'an ISO 8601 time');
  }
  const partitionKey = partitionKeyText(system);
  return { sequence, offset, enqueuedAt, partitionKey, properties: isObject(properties) ? properties : {}, body };
}

function bufferOf(body: unknown, i: number): Buffer {
  if (Buffer.isBuffer(body)) return body;
  if (isUint8Array(body)) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  throw invalid(`event ${i} of the batch`, kindOf(body), `a Buffer: ${TRIGGER_SETTINGS}`);
}

function listOf(value: unknown, key: string, length: number): readonly unknown[] {
  if (Array.isArray(value) && value.length === length) return value;
  throw invalid(key, kindOf(value), `an array of ${length}, one for each event`);
}

function invalid(key: string, found: string, expected: string): PipelineError {
  return new PipelineError(
    'TRIGGER_METADATA_INVALID',
    `${key}: found ${found}, expected ${expected}. The batch is not acknowledged and will be delivered again.`,
  );
}

/** What kind of thing a value is, without its content. */
function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'number') return Number.isInteger(value) ? 'a number' : 'a number that is not an integer';
  if (typeof value === 'string') return value === '' ? 'empty text' : `text of ${value.length} characters`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Names of namespaces, hubs and partitions are settings, not data: they may be shown. */
function nameOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? JSON.stringify(value).slice(0, 100) : kindOf(value);
}
