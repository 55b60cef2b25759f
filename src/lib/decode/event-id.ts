import { type Change } from './change';
import { isObject, textOrNull, type JsonObject } from './json';

/**
 * The event's own name, by which readers recognise what was sent twice. Null where nothing promises that two events never share one:
 * a change that is taken for a repeat is lost to them, a repeat that is not recognised is only counted twice.
 *
 * @param properties application properties
 * @param value the parsed body
 * @param change what the body says that happened
 */
export function eventIdOf(
  properties: Readonly<Record<string, unknown>>,
  value: unknown,
  change: Change | null,
): string | null {
  if (!isObject(value)) return null;
  return capturedId(properties, value) ?? resumeTokenId(value, change) ?? cloudEventId(value, change);
}

/**
 * The id that our capture gave the event. Null for events of others, whose property `eventId` may be constant: ours have a body that
 * states which history of which server it is of, and an id of that history.
 */
export function capturedId(properties: Readonly<Record<string, unknown>>, value: JsonObject): string | null {
  const { source } = value;
  const id = textOrNull(properties.eventId);
  if (id === null || !isObject(source) || source.version !== '1') return null;
  const { name, history } = source;
  return typeof name === 'string' && Number.isSafeInteger(history) && `/${id}`.includes(`/${name}/${String(history)}/`)
    ? id
    : null;
}

/** The server writes it so. Other products put a place in their own feed there, which several events may share. */
const RESUME_TOKEN = /^(?:[0-9a-fA-F]{2})+$/;

/** A resume token is unique in its deployment, and the same whenever the event is sent: `{server}/{history}/{_data}`, as far as they are stated. */
function resumeTokenId({ operationType, _id }: JsonObject, change: Change | null): string | null {
  if (typeof operationType !== 'string' || change === null || !isObject(_id)) return null;
  const token = textOrNull(_id._data);
  if (token === null || !RESUME_TOKEN.test(token)) return null;
  return [change.server, change.history, token].filter((part) => part !== null && part !== undefined).join('/');
}

/**
 * The CloudEvents specification promises that `source` and `id` together are unique: `{source} {id}`. Debezium does not keep it: all rows
 * of a snapshot have one id, and so have the delete and the create that a change of a key is.
 */
function cloudEventId(value: JsonObject, change: Change | null): string | null {
  const { specversion, source, id } = value;
  if (typeof specversion !== 'string' || change !== null) return null;
  if (Object.keys(value).some((name) => name.startsWith('iodebezium'))) return null;
  // A URI has no space.
  if (typeof source !== 'string' || !/^\S+$/.test(source)) return null;
  const text = textOrNull(id);
  return text === null ? null : `${source} ${text}`;
}
