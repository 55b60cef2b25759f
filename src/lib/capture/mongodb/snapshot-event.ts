import { hash } from 'node:crypto';
import { type CapturedEvent } from '../port';
import { documentElement, jsonBytes, valueJson } from './canonical-json';
import { documentPlace } from './change';
import { formatClusterTime, type ClusterTime } from './cluster-time';
import { sourceField, type MongoSource } from './source-field';
import { idOf } from './snapshot-place';

/** What all events of one collection's snapshot have in common. */
export interface SnapshotSource extends MongoSource {
  readonly deployment: string;
  /** Where they stand: every change from this moment on comes in the stream. */
  readonly time: ClusterTime;
  readonly db: string;
  readonly collection: string;
}

// 128 bits: two documents of a collection must not share an id.
const ID_DIGITS = 32;

/**
 * The event that tells of a document that was read: in the shape of a change-stream document, so that whoever reads those reads it,
 * with an `operationType` of our own. `insert` would tell of a change that never was.
 *
 * @param document its BSON
 */
export async function snapshotEvent(source: SnapshotSource, document: Buffer): Promise<CapturedEvent> {
  const { name, deployment, history, time, db, collection } = source;
  const idElement = idOf(document);
  const id = valueJson(idElement);
  const place = `${db}.${collection}`;
  const head =
    `{"operationType":"read","clusterTime":{"$timestamp":{"t":${time.seconds},"i":${time.increment}}},` +
    `"ns":${JSON.stringify({ db, coll: collection })},"documentKey":{"_id":${id}}`;
  const tail = `,${sourceField(source)}}`;
  return {
    key: documentPlace(place, idElement),
    // With the time: a document that is copied again, after a rename, tells something else, and must not be taken for the first.
    eventId: `${deployment}/${name}/${history}/${formatClusterTime(time)}/${place}/${hash('sha256', id, 'hex').slice(0, ID_DIGITS)}`,
    body: await jsonBytes([`${head},"fullDocument":`, documentElement(document), tail]),
    facts: () => Buffer.from(`${head}${tail}`),
  };
}
