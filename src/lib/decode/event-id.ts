import { isObject, textOrNull } from './json';

/**
 * The sender's own name for an event, by which readers tell what was sent twice: the application property `eventId`, else the
 * resume token of a MongoDB change-stream document, else the `id` of a CloudEvent (unique for its `source`); else null.
 * @param properties application properties
 * @param value the parsed body, or null where there is none
 */
export function eventIdOf(properties: Readonly<Record<string, unknown>>, value: unknown): string | null {
  const given = textOrNull(properties.eventId);
  if (given !== null || !isObject(value)) return given;
  const token = isObject(value._id) ? textOrNull(value._id._data) : null;
  return token ?? (typeof value.specversion === 'string' ? textOrNull(value.id) : null);
}
