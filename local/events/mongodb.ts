import { type GeneratedEvent } from './generated-event';
import { type Random } from './random';
import { type ShopChange } from './shop';

const NAMES = { create: 'insert', update: 'update', delete: 'delete' } as const;

/** A change as a MongoDB change stream tells it, in relaxed or in canonical Extended JSON. */
export function mongoChange(change: ShopChange, random: Random): GeneratedEvent {
  const { table, operation, after, before, committedAt, position } = change;
  const id = (after ?? before)?.id ?? 0n;
  const isCanonical = random.in(0.5);
  const time = `{"$timestamp":{"t":${Math.floor(committedAt / 1000)},"i":${position % 1000n}}}`;
  const wall = isCanonical
    ? `{"$date":{"$numberLong":"${committedAt}"}}`
    : `{"$date":"${new Date(committedAt).toISOString()}"}`;
  const key = isCanonical ? `{"$numberLong":"${id}"}` : `${id}`;
  const document = after === null ? '' : `,"fullDocument":{"_id":${key},${after.fields}}`;
  const update =
    operation === 'update'
      ? `,"updateDescription":{"updatedFields":{"version":${after?.version ?? 0}},"removedFields":[],"truncatedArrays":[]}`
      : '';
  return {
    source: 'mongodb',
    partitionKey: `shop.${table}:${id}`,
    properties: { origin: 'change-stream' },
    body: Buffer.from(
      `{"_id":{"_data":"82${position.toString(16).toUpperCase()}"},"operationType":"${NAMES[operation]}","clusterTime":${time},` +
        `"wallTime":${wall},"ns":{"db":"shop","coll":"${table}"},"documentKey":{"_id":${key}}${update}${document}}`,
    ),
    expect: 'bronze',
  };
}
