import { types } from 'rhea';
import { type Hub } from './hub';
import { type Namespace } from './namespace';
import { type Partition } from './partition';
import { notFoundText } from './refusals';
import { badRequest, type Reply, type Request } from './reply';

/** The format code of AMQP's short strings; rhea's types lack the name. */
const STR8 = 0xa1;

/** Answers `READ` of a hub's or a partition's properties. The types are exact: the .NET client casts strictly. */
export function answerManagement(namespace: Namespace, { properties }: Request): Reply {
  const { operation, type, name, partition } = properties;
  if (operation !== 'READ') return badRequest('The operation must be READ.');
  if (typeof name !== 'string') return badRequest('The hub is missing: application property name.');
  const hub = namespace.hub(name);
  if (hub === undefined) return notFound(name);
  switch (type) {
    case 'com.microsoft:eventhub':
      return { status: 200, description: 'OK', body: hubProperties(hub) };
    case 'com.microsoft:partition': {
      const found = hub.partition(String(partition));
      if (found === undefined) return notFound(`${hub.name}/Partitions/${String(partition)}`);
      return { status: 200, description: 'OK', body: partitionProperties(hub, found) };
    }
    default:
      return badRequest('The type must be com.microsoft:eventhub or com.microsoft:partition.');
  }
}

const notFound = (entity: string): Reply => ({
  status: 404,
  description: notFoundText(entity),
  condition: 'amqp:not-found',
});

function hubProperties(hub: Hub): Record<string, unknown> {
  const ids = hub.partitions.map(({ id }) => id);
  return {
    name: hub.name,
    type: 'com.microsoft:eventhub',
    created_at: types.wrap_timestamp(hub.createdAt),
    partition_count: types.wrap_int(ids.length),
    partition_ids: types.wrap_array(ids, STR8, undefined),
    georeplication_factor: types.wrap_int(1),
  };
}

function partitionProperties(hub: Hub, partition: Partition): Record<string, unknown> {
  const { beginSequence, lastSequence } = partition;
  return {
    name: hub.name,
    type: 'com.microsoft:partition',
    partition: partition.id,
    begin_sequence_number: types.wrap_long(beginSequence),
    last_enqueued_sequence_number: types.wrap_long(lastSequence),
    last_enqueued_offset: partition.lastOffset,
    last_enqueued_time_utc: types.wrap_timestamp(partition.lastEnqueuedAt),
    is_partition_empty: types.wrap_boolean(lastSequence < beginSequence),
  };
}
