import { type Secret } from '../../config/secret';

/** A MongoDB deployment to capture, as the settings name it. */
export interface MongoDatabase {
  /** Ours: letters, digits, `_` and `-`. It names the progress file and the `source.name` of snapshot events. */
  readonly name: string;
  readonly connectionString: Secret;
  /** The setting that holds it, for messages. */
  readonly setting: string;
  /** The database whose change stream is read; null for the whole deployment. */
  readonly database: string | null;
  /** What is captured: `orders`, or `shop.orders` where the whole deployment is read; null for every collection. */
  readonly collections: readonly string[] | null;
  /** What an update tells of the document: https://www.mongodb.com/docs/manual/changeStreams/ */
  readonly fullDocument: 'updateLookup' | 'whenAvailable' | 'required' | 'default';
  /** Whether events tell of the document before the change; its collection has to keep such images. */
  readonly preImages: 'off' | 'whenAvailable' | 'required';
  /** Whether the documents that are there at the start are sent, too. */
  readonly snapshot: 'initial' | 'never';
}
