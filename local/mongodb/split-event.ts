import { CommandError } from './errors';
import { documentOf, fields } from './raw';
import { eventToken, tokenDocument, type EventPosition, type ResumeToken } from './resume-token';
import { embedded, int, make, named } from './values';

/** https://github.com/mongodb/mongo/blob/master/src/mongo/db/pipeline/change_stream_split_event_helpers.cpp */
const MAX_INTERNAL_BYTES = 16 * 1024 * 1024 + 16 * 1024;
const MAX_EVENT_BYTES = MAX_INTERNAL_BYTES - 8 * 1024;

/** A document that goes out to the client, and the token after which a stream goes on. */
export interface Fragment {
  readonly token: ResumeToken;
  readonly document: Buffer;
}

export const needsSplit = (document: Buffer): boolean => document.length > MAX_EVENT_BYTES;

/** Of an event that is not to be split. */
export function tooLarge(document: Buffer): CommandError | null {
  if (document.length <= MAX_INTERNAL_BYTES) return null;
  return new CommandError(
    10334,
    `BSONObj size: ${document.length} (0x${document.length.toString(16).toUpperCase()}) is invalid. Size must be between 0 and ${MAX_INTERNAL_BYTES}(16MB) First element: _id`,
  );
}

/**
 * Cuts an event between its fields: the smallest first, as many to a fragment as it holds. The same event is always cut at the same
 * places, so that a stream can go on after a fragment.
 */
export function splitEvent(document: Buffer, position: EventPosition, token: ResumeToken): Fragment[] {
  const parts = fields(document)
    .filter(({ name }) => name !== '_id')
    .map((part) => ({ part, bytes: 2 + Buffer.byteLength(part.name) + part.bytes.length }))
    .sort((a, b) => a.bytes - b.bytes || (a.part.name < b.part.name ? -1 : 1));
  const limit = MAX_EVENT_BYTES - tokenDocument(token).length;
  const groups: (typeof parts)[] = [];
  let room = 0;
  for (const each of parts) {
    if (groups.length === 0 || each.bytes > room) {
      groups.push([]);
      room = limit - frame(position, groups.length - 1, 0).length;
    }
    groups.at(-1)?.push(each);
    room -= each.bytes;
    if (room < 0) throw new CommandError(7182500, 'Splitting change event failed: a field is larger than a fragment');
  }
  return groups.map((group, index) => ({
    token: eventToken(position, index),
    document: documentOf([...fields(frame(position, index, groups.length)), ...group.map(({ part }) => part)]),
  }));
}

const frame = (position: EventPosition, index: number, of: number): Buffer =>
  documentOf([
    named('_id', embedded(tokenDocument(eventToken(position, index)))),
    named('splitEvent', embedded(make({ fragment: int(index + 1), of: int(of) }))),
  ]);
