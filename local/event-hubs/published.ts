import { binaryAt, MalformedMessage, sectionsOf } from './amqp-bytes';
import { readAnnotations, takeApart, type EventParts } from './event-bytes';

/** Microsoft's message format of a batch: an envelope whose data sections are whole encoded messages. */
export const BATCH_FORMAT = 0x80013700;

/** What one delivery publishes: all of it in one partition, or none. */
export interface Published {
  /** The envelope's or, for a single event, its own. */
  readonly partitionKey: string | null;
  readonly events: readonly EventParts[];
}

/**
 * Reads a delivery's payload.
 *
 * @param format the delivery's message format; anything but a batch is one event
 * @throws MalformedMessage
 */
export function readPublished(format: number, payload: Buffer): Published {
  if (format !== BATCH_FORMAT) {
    const event = takeApart(payload);
    return { partitionKey: event.partitionKey, events: [event] };
  }
  let partitionKey: string | null = null;
  const events: EventParts[] = [];
  for (const { code, start, value } of sectionsOf(payload)) {
    if (code === 0x72) ({ partitionKey } = readAnnotations(payload, value));
    if (code < 0x75) continue;
    const message = code === 0x75 ? binaryAt(payload, value) : null;
    if (message === null) throw new MalformedMessage(`the section at byte ${start} of the batch is not binary data`);
    events.push(takeApart(message));
  }
  if (events.length === 0) throw new MalformedMessage('the batch holds no event');
  return { partitionKey: partitionKey ?? events[0]?.partitionKey ?? null, events };
}
