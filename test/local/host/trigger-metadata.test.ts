import { hostTriggerMetadata, triggerMetadataFor, type MetadataEvent } from '../../../local/host/trigger-metadata';
import fixture from '../../fixtures/trigger-metadata.json';

const partition = {
  namespace: 'example.servicebus.windows.net',
  hub: 'postgresql-changes',
  consumerGroup: 'lake',
  partition: '3',
};

const event = (given: Partial<MetadataEvent>): MetadataEvent => ({
  sequence: 1n,
  offset: '0',
  enqueuedAt: Date.UTC(2026, 0, 1),
  partitionKey: null,
  properties: {},
  ...given,
});

test('the events of the recorded batch give the recorded metadata', () => {
  const events = [
    {
      sequence: 41207n,
      offset: '128256',
      enqueuedAt: Date.UTC(2026, 10, 22, 23, 59, 59, 998),
      partitionKey: 'public.orders:9007199254740993',
      properties: { 'Content-Type': 'application/json' },
      contentType: 'application/json',
    },
    {
      sequence: 41208n,
      offset: '128384',
      enqueuedAt: Date.UTC(2026, 10, 23, 0, 0, 0, 2),
      partitionKey: null,
      properties: {},
    },
    {
      sequence: 41209n,
      offset: '128512',
      enqueuedAt: Date.UTC(2026, 10, 23, 0, 0, 0, 4),
      partitionKey: 'public.orders:7',
      properties: {},
    },
  ];
  expect(triggerMetadataFor(partition, events)).toEqual(fixture.triggerMetadata);
});

test('times lose the zeros at the end of their fraction, as .NET writes them', () => {
  const at = (ms: number) => event({ enqueuedAt: Date.UTC(2026, 0, 1, 0, 0, 10, ms) });
  expect(triggerMetadataFor(partition, [at(0), at(100), at(120), at(5)])['enqueuedTimeUtcArray']).toEqual([
    '2026-01-01T00:00:10',
    '2026-01-01T00:00:10.1',
    '2026-01-01T00:00:10.12',
    '2026-01-01T00:00:10.005',
  ]);
});

test('offsets beyond 2^53 are rounded in offsetArray and exact in the system properties', () => {
  const metadata = triggerMetadataFor(partition, [event({ offset: '9007199254740993' })]);
  expect(metadata['offsetArray']).toEqual([9007199254740992]);
  expect(metadata['systemPropertiesArray']).toEqual([
    expect.objectContaining({ 'x-opt-offset': '9007199254740993', offset: 9007199254740992 }),
  ]);
});

test('an offset that is no number stays a text', () => {
  const metadata = triggerMetadataFor(partition, [event({ offset: '1:128' })]);
  expect(metadata['offsetArray']).toEqual(['1:128']);
});

test('a partition key of digits becomes a number, an empty one vanishes, so the array does not line up', () => {
  const events = [event({ partitionKey: '7' }), event({ partitionKey: '' }), event({ partitionKey: 'a' })];
  expect(triggerMetadataFor(partition, events)['partitionKeyArray']).toEqual([7, 'a']);
});

test('older workers hand over sequence numbers as two halves', () => {
  const metadata = triggerMetadataFor(partition, [event({ sequence: 2n ** 32n + 5n })], 'objects');
  expect(metadata['sequenceNumberArray']).toEqual([{ low: 5, high: 1, unsigned: false }]);
  const low = triggerMetadataFor(partition, [event({ sequence: 2n ** 31n })], 'objects');
  expect(low['sequenceNumberArray']).toEqual([{ low: -(2 ** 31), high: 0, unsigned: false }]);
});

test('the host sends names in .NET case; nothing is lower-cased before the library sees it', () => {
  const metadata = hostTriggerMetadata(partition, [event({ properties: { Tenant: 'a' } })]);
  expect(Object.keys(metadata)).toContain('SystemPropertiesArray');
  expect(metadata['PropertiesArray']).toEqual({ json: '[{"Tenant":"a"}]' });
});
