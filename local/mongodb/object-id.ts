import { BSON } from 'mongodb';
import { type RawValue } from './raw';
import { objectId } from './values';

/** One that nobody else makes, sorted by time: what the server gives to a document that comes without `_id`. */
export const newObjectId = (now: number): RawValue =>
  objectId(Buffer.from(BSON.ObjectId.generate(Math.floor(now / 1000))));
