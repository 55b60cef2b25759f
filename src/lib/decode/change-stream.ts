import { type Change, type Operation } from './change';
import { dateText, timestampParts } from './extended-json';
import { safeInteger } from './integers';
import { type JsonObject, isObject, textOrNull } from './json';
import { clusterTimeText, sessionTransaction } from './mongodb';
import { serverOf } from './postgresql';
import { isoFromMillis } from './time';

/**
 * A MongoDB change-stream document, in canonical or relaxed Extended JSON.
 * https://www.mongodb.com/docs/manual/reference/change-events/
 * @throws INEXACT where a number is too large to be trusted.
 */
export function recogniseChangeStream(value: JsonObject): Change | null {
  const operation = operationOf(value.operationType);
  // `operationType` alone is not enough: every event of a change stream has a resume token and a cluster time.
  if (operation === null || !(isResumeToken(value._id) || isObject(value.clusterTime))) return null;
  const namespace = isObject(value.ns) ? value.ns : {};
  const cluster = timestampParts(value.clusterTime);
  return {
    operation,
    // Behind the server's own fields our capture states whose they are.
    ...serverOf(isObject(value.source) ? value.source : {}),
    database: textOrNull(namespace.db),
    schema: null,
    table: textOrNull(namespace.coll),
    committedTime: committedTime(value.wallTime, cluster?.seconds),
    position: cluster === null ? null : clusterTimeText(cluster.seconds, cluster.increment),
    transactionId: value.lsid === undefined ? null : sessionTransaction(value.lsid, value.txnNumber),
  };
}

/** Every resume token holds `_data`; an application's own `_id` may be any object. */
function isResumeToken(id: unknown): boolean {
  return isObject(id) && Object.hasOwn(id, '_data');
}

/** `wallTime` (MongoDB 6 and later) has milliseconds; the cluster time only seconds. */
function committedTime(wallTime: unknown, clusterSeconds: unknown): string | null {
  const wall = wallTime === undefined ? null : dateText(wallTime);
  if (wall !== null) return wall;
  const seconds = safeInteger(clusterSeconds);
  return seconds === null ? null : isoFromMillis(seconds * 1000);
}

function operationOf(operationType: unknown): Operation | null {
  switch (operationType) {
    case 'insert':
      return 'create';
    // No server says so: our capture tells a snapshot's documents in this shape.
    case 'read':
      return 'read';
    // `create` is how the lake calls a new row or document, so a new collection needs another name.
    case 'create':
      return 'createCollection';
    case 'update':
    case 'delete':
    case 'replace':
    case 'invalidate':
    case 'drop':
    case 'rename':
    case 'dropDatabase':
    case 'createIndexes':
    case 'dropIndexes':
    case 'modify':
    case 'shardCollection':
    case 'reshardCollection':
    case 'refineCollectionShardKey':
      return operationType;
    default:
      return null;
  }
}
