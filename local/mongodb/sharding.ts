import { compare } from './compare';
import { idOf } from './documents';
import { type DocumentOperation, type Operation, type ShardPlace } from './oplog-entry';
import { valueAt } from './paths';
import { fields, type RawField } from './raw';
import { named, nothing } from './values';

/** How a collection is spread over the two shards. */
export interface Sharding {
  /** `{customer: 1, number: 1}` */
  readonly key: Buffer;
  /** Documents below are on the first shard, the others on the second; null where all are on the first. */
  readonly middle: Buffer | null;
}

export const isOnDocument = (operation: Operation): operation is DocumentOperation =>
  operation.kind === 'insert' || operation.kind === 'update' || operation.kind === 'delete';

/**
 * An operation as the shards carry it out: an update that moves a document to the other shard is a deletion here and an insertion
 * there, in one transaction. https://www.mongodb.com/docs/manual/core/sharding-change-shard-key-value/
 */
export function placed(operation: DocumentOperation, sharding: Sharding | null): readonly DocumentOperation[] {
  if (sharding === null) return [operation];
  const key = fields(sharding.key).map(({ name }) => name);
  const place = (document: Buffer): ShardPlace => ({ key, shard: shardOf(document, key, sharding.middle) });
  if (operation.kind !== 'update')
    return [{ ...operation, place: place(operation.kind === 'insert' ? operation.after : operation.before) }];
  const { ns, uuid, images, before, after } = operation;
  const [from, to] = [place(before), place(after)];
  if (from.shard === to.shard) return [{ ...operation, place: to }];
  return [
    { kind: 'delete', ns, uuid, images, before, place: from },
    { kind: 'insert', ns, uuid, images, after, place: to },
  ];
}

function shardOf(document: Buffer, key: readonly string[], middle: Buffer | null): number {
  if (middle === null) return 0;
  for (const [index, limit] of fields(middle).entries()) {
    const difference = compare(valueAt(document, key[index] ?? '') ?? nothing, limit);
    if (difference !== 0) return difference < 0 ? 0 : 1;
  }
  return 1;
}

/** `documentKey`: the fields of the shard key that the document has, then `_id`. */
export function documentKeyOf(document: Buffer, key: readonly string[]): readonly RawField[] {
  const parts = key.flatMap((name): RawField[] => {
    const value = valueAt(document, name);
    return value === undefined ? [] : [named(name, value)];
  });
  return key.includes('_id') ? parts : [...parts, named('_id', idOf(document))];
}
