import { type HubPartition } from '../../src/lib/decode/event';
import { type RpcTypedData } from './rpc';

/** The partition that a batch came from, as its reader knows it. */
export type ReadPartition = HubPartition & {
  readonly consumerGroup: string;
  /** Whether a checkpoint follows the batch; true when left out. */
  readonly isCheckpointing?: boolean;
};

/** An event, without its body. */
export interface MetadataEvent {
  readonly sequence: bigint;
  readonly offset: string;
  /** UTC, milliseconds since 1970. */
  readonly enqueuedAt: number;
  readonly partitionKey: string | null;
  /** The sender's application properties. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** AMQP's own content type, if the sender set it. */
  readonly contentType?: string;
  /** The other AMQP properties and message annotations, by AMQP's names. */
  readonly others?: Readonly<Record<string, unknown>>;
}

/** How the worker hands over 64-bit integers: by its version as numbers or as the objects of protobufjs. */
export type Longs = 'numbers' | 'objects';

/**
 * Trigger metadata as the host sends it for a batch: names in .NET's case, texts in collections of texts. The oddities
 * are the host's: keys of events without one are left out, times in `EnqueuedTimeUtc…` have no zone.
 */
export function hostTriggerMetadata(
  partition: ReadPartition,
  events: readonly MetadataEvent[],
  longs: Longs = 'numbers',
): Record<string, RpcTypedData> {
  const context = {
    IsCheckpointingAfterInvocation: partition.isCheckpointing ?? true,
    FullyQualifiedNamespace: partition.namespace,
    EventHubName: partition.hub,
    ConsumerGroup: partition.consumerGroup,
    PartitionId: partition.partition,
  };
  const keys = events.map((event) => event.partitionKey).filter((key) => key !== null && key !== '');
  const sequences = events.map(({ sequence }) => (longs === 'numbers' ? Number(sequence) : longObject(sequence)));
  return {
    TriggerPartitionContext: json(context),
    PartitionContext: json(context),
    PartitionKeyArray: texts(keys as string[]),
    OffsetArray: texts(events.map((event) => event.offset)),
    OffsetStringArray: texts(events.map((event) => event.offset)),
    SequenceNumberArray: { collectionSint64: { sint64: sequences } },
    EnqueuedTimeUtcArray: json(events.map((event) => withoutZone(event.enqueuedAt))),
    PropertiesArray: json(events.map((event) => event.properties)),
    SystemPropertiesArray: json(events.map(systemProperties)),
  };
}

/** `context.triggerMetadata` for a batch: what `@azure/functions` makes of `hostTriggerMetadata`. */
export function triggerMetadataFor(
  partition: ReadPartition,
  events: readonly MetadataEvent[],
  longs: Longs = 'numbers',
): Record<string, unknown> {
  const entries = Object.entries(hostTriggerMetadata(partition, events, longs));
  return Object.fromEntries(entries.map(([key, data]) => [lowered(key), loweredKeys(fromRpc(data))]));
}

function systemProperties(event: MetadataEvent): Record<string, unknown> {
  return {
    ...event.others,
    ...(event.contentType === undefined ? {} : { 'content-type': event.contentType }),
    'x-opt-sequence-number': Number(event.sequence),
    'x-opt-offset': event.offset,
    'x-opt-enqueued-time': `${withoutZone(event.enqueuedAt)}+00:00`,
    ...(event.partitionKey === null ? {} : { 'x-opt-partition-key': event.partitionKey }),
    SequenceNumber: Number(event.sequence),
    // .NET's `long Offset`; the extension gives -1 for an offset that is no number.
    Offset: /^\d+$/.test(event.offset) ? Number(event.offset) : -1,
    OffsetString: event.offset,
    PartitionKey: event.partitionKey,
    EnqueuedTimeUtc: withoutZone(event.enqueuedAt),
  };
}

/** As .NET writes a time: no zeros at the end of the fraction, no fraction when it is zero. */
export const withoutZone = (time: number): string =>
  new Date(time).toISOString().replace(/\.(\d*?)0*Z$/, (_, digits: string) => (digits === '' ? '' : `.${digits}`));

const longObject = (value: bigint): object => ({
  low: Number(BigInt.asIntN(32, value)),
  high: Number(BigInt.asIntN(32, value >> 32n)),
  unsigned: false,
});

const json = (value: unknown): RpcTypedData => ({ json: JSON.stringify(value) });

const texts = (values: readonly string[]): RpcTypedData => ({ collectionString: { string: values } });

/** The library's reading of a value: texts become what they are in JSON, which is how offsets lose their digits. */
function fromRpc(data: RpcTypedData): unknown {
  if ('json' in data) return JSON.parse(data.json);
  if ('collectionString' in data) return data.collectionString.string.map(parsedOrText);
  if ('collectionSint64' in data) return data.collectionSint64.sint64;
  if ('string' in data) return parsedOrText(data.string);
  throw new Error('trigger metadata holds texts, numbers and JSON');
}

function parsedOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const lowered = (key: string): string => key.charAt(0).toLowerCase() + key.slice(1);

function loweredKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(loweredKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [lowered(key), loweredKeys(part)]));
}
