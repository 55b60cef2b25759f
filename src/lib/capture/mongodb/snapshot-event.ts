import { hash } from 'node:crypto';
import { factsOf } from '../claim';
import { type CapturedEvent } from '../port';
import { documentJson, valueJson } from './canonical-json';
import { formatClusterTime, type ClusterTime } from './cluster-time';
import { sourceField, type MongoSource } from './source-field';
import { idOf } from './snapshot-place';

/** What all events of one collection's snapshot have in common. */
export interface SnapshotSource extends MongoSource {
  readonly deployment: string;
  /** Where they stand: every later change comes in the stream. */
  readonly startTime: ClusterTime;
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
export function snapshotEvent(source: SnapshotSource, document: Buffer): CapturedEvent {
  const { name, deployment, history, startTime, db, collection } = source;
  const id = valueJson(idOf(document));
  const place = `${db}.${collection}`;
  const { seconds, increment } = startTime;
  const body = Buffer.from(
    `{"operationType":"read","clusterTime":{"$timestamp":{"t":${seconds},"i":${increment}}},` +
      `"ns":${JSON.stringify({ db, coll: collection })},"documentKey":{"_id":${id}},"fullDocument":${documentJson(document)}${sourceField(source)}}`,
  );
  return {
    key: `${place}/{"_id":${id}}`,
    // With the time: a snapshot that is taken anew, after history was lost, tells something else, and must not be taken for the first.
    eventId: `${deployment}/${name}/${history}/${formatClusterTime(startTime)}/${place}/${hash('sha256', id, 'hex').slice(0, ID_DIGITS)}`,
    body,
    facts: () => factsOf(body),
  };
}
