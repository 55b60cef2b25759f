import { readDelivery } from '../../src/lib/decode/delivery';
import { PipelineError } from '../../src/lib/errors';
import sample from './trigger-metadata.json';

type Json = Record<string, unknown>;

const bodies = sample.bodies.map((body) => Buffer.from(body, 'base64'));

/** The sample's metadata, with one event whose system properties are changed. */
function metadataOf(system: Json, rest: Json = {}): Json {
  return {
    ...sample.triggerMetadata,
    systemPropertiesArray: [{ ...sample.triggerMetadata.systemPropertiesArray[0], ...system }],
    propertiesArray: [{}],
    ...rest,
  };
}

function readOne(system: Json, rest: Json = {}) {
  const [event] = readDelivery([Buffer.from('{}')], metadataOf(system, rest)).events;
  if (event === undefined) throw new Error('One event was delivered.');
  return event;
}

function errorOf(act: () => unknown): PipelineError {
  try {
    act();
  } catch (error) {
    if (error instanceof PipelineError) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}

describe('a delivery as a real host made it', () => {
  const delivery = readDelivery(bodies, sample.triggerMetadata);

  test('names its partition', () => {
    expect(delivery).toMatchObject({
      namespace: 'example.servicebus.windows.net',
      hub: 'postgresql-changes',
      partition: '3',
      consumerGroup: 'lake',
    });
    expect(delivery.propertiesLost).toBeUndefined();
  });

  test('places each event, with its own partition key although partitionKeyArray has one less', () => {
    expect(delivery.events.map(({ body, ...rest }) => ({ ...rest, body: body.toString() }))).toEqual([
      {
        sequence: 41207n,
        offset: '128256',
        enqueuedAt: Date.UTC(2026, 10, 22, 23, 59, 59, 998),
        partitionKey: 'public.orders:9007199254740993',
        properties: { 'content-Type': 'application/json' },
        body: '{"op":"c","after":{"id":9007199254740993}}',
      },
      {
        sequence: 41208n,
        offset: '128384',
        enqueuedAt: Date.UTC(2026, 10, 23, 0, 0, 0, 2),
        partitionKey: null,
        properties: {},
        body: '',
      },
      {
        sequence: 41209n,
        offset: '128512',
        enqueuedAt: Date.UTC(2026, 10, 23, 0, 0, 0, 4),
        partitionKey: 'public.orders:7',
        properties: {},
        body: 'not json',
      },
    ]);
  });

  test('an empty batch is a delivery without events', () => {
    const empty = { ...sample.triggerMetadata, systemPropertiesArray: [], propertiesArray: [] };
    expect(readDelivery([], empty).events).toEqual([]);
  });
});

describe('bodies', () => {
  test('are not copied, whether Buffer or Uint8Array', () => {
    const bytes = new Uint8Array([0, 0x7b, 0x7d, 0]);
    const { events } = readDelivery([bytes.subarray(1, 3)], metadataOf({}));
    expect(events[0]?.body.toString()).toBe('{}');
    bytes[1] = 0x5b;
    expect(events[0]?.body[0]).toBe(0x5b);
  });

  test.each([
    ['parsed objects', [{ secret: 'hunter2' }], 'an object'],
    ['strings', ['{"secret":"hunter2"}'], 'text of 20 characters'],
    ['a missing body', [null], 'nothing'],
    ['no array at all', { secret: 'hunter2' }, 'an object'],
    ['one Buffer, as cardinality one delivers', Buffer.from('{"secret":"hunter2"}'), 'an object'],
  ])('that are %s mean a wrong trigger, and are not shown', (_name, wrong, found) => {
    const error = errorOf(() => readDelivery(wrong, metadataOf({})));
    expect(error.code).toBe('TRIGGER_METADATA_INVALID');
    expect(error.retryable).toBe(false);
    expect(error.message).toContain(found);
    expect(error.message).toContain("dataType 'binary' and cardinality 'many'");
    expect(error.message).not.toContain('hunter2');
  });
});

describe('a sequence number', () => {
  test.each<[unknown, bigint]>([
    [0, 0n],
    [41207, 41207n],
    ['41207', 41207n],
    ['9223372036854775807', 2n ** 63n - 1n],
    [41207n, 41207n],
    [Number.MAX_SAFE_INTEGER, 2n ** 53n - 1n],
    [{ low: 41207, high: 0, unsigned: false }, 41207n],
    [{ low: -1, high: 0, unsigned: false }, 2n ** 32n - 1n],
    [{ low: 1, high: 2 ** 21, unsigned: false }, 2n ** 53n + 1n],
    [{ low: -1, high: 0x7fff_ffff, unsigned: true }, 2n ** 63n - 1n],
  ])('given as %p is exact', (value, expected) => {
    expect(readOne({ sequenceNumber: value }).sequence).toBe(expected);
  });

  test.each([
    2 ** 53,
    1.5,
    -1,
    NaN,
    '',
    ' 5',
    '-5',
    '5.0',
    '0x10',
    '9223372036854775808',
    2n ** 63n,
    -1n,
    true,
    [],
    {},
    { low: 1 },
    { low: 1.5, high: 0 },
    { low: 2 ** 32, high: 0 },
    { low: 0, high: 2 ** 31 },
    { low: '1', high: '0' },
    { low: 0, high: -1, unsigned: false },
    { low: 0, high: -1, unsigned: true },
  ])('given as %p is refused', (value) => {
    const error = errorOf(() => readOne({ sequenceNumber: value, 'x-opt-sequence-number': null }));
    expect(error.code).toBe('TRIGGER_METADATA_INVALID');
    expect(error.message).toContain('systemPropertiesArray[0].sequenceNumber');
  });

  test('comes from x-opt-sequence-number where the host left its own copy out or rounded it', () => {
    expect(readOne({ sequenceNumber: undefined, 'x-opt-sequence-number': 7 }).sequence).toBe(7n);
    expect(readOne({ sequenceNumber: 2 ** 60, 'x-opt-sequence-number': '1152921504606846977' }).sequence).toBe(
      2n ** 60n + 1n,
    );
  });
});

describe('an offset', () => {
  test.each<[string, Json, string]>([
    ['the exact text', { 'x-opt-offset': '9007199254740993', offset: 9007199254740992 }, '9007199254740993'],
    ['text that is no number, as geo-replication makes it', { 'x-opt-offset': '1:128256:a' }, '1:128256:a'],
    ['a number', { 'x-opt-offset': 128256 }, '128256'],
    ['the host’s text', { 'x-opt-offset': null, offsetString: '5', offset: 6 }, '5'],
    ['the host’s number', { 'x-opt-offset': undefined, offsetString: '', offset: 6 }, '6'],
  ])('is %s', (_name, system, expected) => {
    expect(readOne(system).offset).toBe(expected);
  });

  test('that was rounded is refused', () => {
    const error = errorOf(() => readOne({ 'x-opt-offset': 2 ** 60, offsetString: null, offset: 2 ** 60 }));
    expect(error.message).toContain("systemPropertiesArray[0]['x-opt-offset']");
  });
});

describe('the time of acceptance', () => {
  test.each<[string, Json]>([
    ['in UTC', { 'x-opt-enqueued-time': '2026-11-23T00:00:00.002Z' }],
    ['in another zone', { 'x-opt-enqueued-time': '2026-11-22T19:00:00.002-05:00' }],
    ['with seven digits', { 'x-opt-enqueued-time': '2026-11-23T00:00:00.0029999+00:00' }],
    ['without a zone, which is UTC', { 'x-opt-enqueued-time': undefined, enqueuedTimeUtc: '2026-11-23T00:00:00.002' }],
    ['before the copy without a zone', { 'x-opt-enqueued-time': '2026-11-23T00:00:00.002Z', enqueuedTimeUtc: 'never' }],
  ])('%s', (_name, system) => {
    expect(readOne(system).enqueuedAt).toBe(Date.UTC(2026, 10, 23, 0, 0, 0, 2));
  });

  test('may have no fraction', () => {
    expect(readOne({ 'x-opt-enqueued-time': '2026-11-23T00:00:00+00:00' }).enqueuedAt).toBe(Date.UTC(2026, 10, 23));
  });

  test.each([undefined, null, '', 'yesterday', '2026-02-30T00:00:00Z', 1795392000000, {}])('%p is refused', (value) => {
    const error = errorOf(() => readOne({ 'x-opt-enqueued-time': value, enqueuedTimeUtc: value }));
    expect(error.message).toContain("systemPropertiesArray[0]['x-opt-enqueued-time']");
  });
});

describe('a partition key', () => {
  test.each<[Json, string | null]>([
    [{ 'x-opt-partition-key': 'a', partitionKey: 'b' }, 'a'],
    [{ 'x-opt-partition-key': undefined, partitionKey: 'b' }, 'b'],
    [{ 'x-opt-partition-key': null, partitionKey: null }, null],
    [{ 'x-opt-partition-key': 5, partitionKey: {} }, null],
  ])('%j', (system, expected) => {
    expect(readOne(system, { partitionKeyArray: ['of another event'] }).partitionKey).toBe(expected);
  });
});

describe('application properties', () => {
  test('that do not line up are given to no event, and this is told', () => {
    const delivery = readDelivery(bodies, {
      ...sample.triggerMetadata,
      propertiesArray: [{ eventId: 'a' }, { eventId: 'b' }],
    });
    expect(delivery.events.map(({ properties }) => properties)).toEqual([{}, {}, {}]);
    expect(delivery.propertiesLost).toBe(true);
  });

  test('may be missing altogether', () => {
    const delivery = readDelivery([Buffer.from('1')], metadataOf({}, { propertiesArray: undefined }));
    expect(delivery.events[0]?.properties).toEqual({});
    expect(delivery.propertiesLost).toBeUndefined();
  });

  test('that are no object are none', () => {
    expect(readOne({}, { propertiesArray: [null] }).properties).toEqual({});
    expect(readOne({}, { propertiesArray: [['a']] }).properties).toEqual({});
  });

  test('keep a key named __proto__ a key', () => {
    const [properties] = JSON.parse('[{"__proto__":{"eventId":"forged"}}]') as Json[];
    const event = readOne({}, { propertiesArray: [properties] });
    expect(Object.keys(event.properties)).toEqual(['__proto__']);
    expect(event.properties.eventId).toBeUndefined();
  });
});

describe('the partition', () => {
  const context = sample.triggerMetadata.partitionContext;
  const withContext = (changes: Json): Json => metadataOf({}, { partitionContext: { ...context, ...changes } });

  test('may be named by triggerPartitionContext alone', () => {
    const delivery = readDelivery([Buffer.from('1')], metadataOf({}, { partitionContext: undefined }));
    expect(delivery.partition).toBe('3');
  });

  test('has its namespace and hub in lower case, as the host writes its checkpoints', () => {
    const names = {
      fullyQualifiedNamespace: 'Example.ServiceBus.Windows.NET',
      eventHubName: 'PostgreSQL-Changes',
      partitionId: 12,
    };
    expect(readDelivery([Buffer.from('1')], withContext(names))).toMatchObject({
      namespace: 'example.servicebus.windows.net',
      hub: 'postgresql-changes',
      partition: '12',
    });
  });

  test.each([
    ['fullyQualifiedNamespace', '../other'],
    ['fullyQualifiedNamespace', 'a/b'],
    ['fullyQualifiedNamespace', undefined],
    ['eventHubName', '..'],
    ['eventHubName', '.hidden'],
    ['eventHubName', 'ends-in-a-dot.'],
    ['eventHubName', 'a b'],
    ['eventHubName', 'a\\b'],
    ['eventHubName', 'a%2fb'],
    ['eventHubName', ''],
    ['eventHubName', ['a']],
    ['partitionId', '3/..'],
    ['partitionId', '-1'],
    ['partitionId', 1.5],
    ['partitionId', null],
    ['consumerGroup', ''],
    ['consumerGroup', 5],
  ])('is refused where %s is %p, since names become paths', (key, value) => {
    const error = errorOf(() => readDelivery([Buffer.from('1')], withContext({ [key]: value })));
    expect(error.code).toBe('TRIGGER_METADATA_INVALID');
    expect(error.message).toContain(`partitionContext.${key}`);
  });
});

describe('metadata that do not fit', () => {
  test.each<[string, unknown, string]>([
    ['none', undefined, 'triggerMetadata'],
    ['an array', [], 'triggerMetadata'],
    ['no contexts', metadataOf({}, { partitionContext: null, triggerPartitionContext: 'x' }), 'partitionContext'],
    ['no system properties', metadataOf({}, { systemPropertiesArray: undefined }), 'systemPropertiesArray'],
    ['system properties of fewer events', metadataOf({}, { systemPropertiesArray: [] }), 'an array of 0'],
    [
      'system properties that are no object',
      metadataOf({}, { systemPropertiesArray: ['x'] }),
      'systemPropertiesArray[0]',
    ],
  ])('%s: the message names the key', (_name, metadata, key) => {
    const error = errorOf(() => readDelivery([Buffer.from('1')], metadata));
    expect(error.code).toBe('TRIGGER_METADATA_INVALID');
    expect(error.message).toContain(key);
  });

  test('property values are never shown', () => {
    const error = errorOf(() =>
      readOne(
        { sequenceNumber: 'hunter2', 'x-opt-sequence-number': undefined },
        { propertiesArray: [{ secret: 'hunter2' }] },
      ),
    );
    expect(error.message).not.toContain('hunter2');
  });
});
