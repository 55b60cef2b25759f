import fc from 'fast-check';
import { message as codec } from 'rhea';
import { entriesAt, MalformedMessage, sectionsOf, textAt } from '../../../local/event-hubs/amqp-bytes';
import { stamped, takeApart, withRuntimeInfo } from '../../../local/event-hubs/event-bytes';
import { BATCH_FORMAT, readPublished } from '../../../local/event-hubs/published';

const STAMP = { sequence: 41_207, offset: 128_256, enqueuedAt: Date.UTC(2026, 10, 22), partitionKey: null };

const encode = (message: Record<string, unknown>): Buffer => codec.encode(message);
const decode = (bytes: Buffer): Record<string, unknown> => codec.decode(bytes);

/** Messages with any of the sections that a sender may write. */
const messages = fc.record(
  {
    durable: fc.constant(true),
    delivery_annotations: fc.constant({ hop: 1 }),
    message_annotations: fc.dictionary(fc.stringMatching(/^x-own-[a-z]{1,9}$/), fc.oneof(fc.string(), fc.boolean())),
    message_id: fc.string({ minLength: 1 }),
    correlation_id: fc.string({ minLength: 1 }),
    content_type: fc.stringMatching(/^[a-z]{1,9}\/[a-z]{1,9}$/),
    application_properties: fc.dictionary(
      fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
      fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.boolean()),
    ),
    body: fc.oneof(
      fc.uint8Array({ maxLength: 400 }).map((bytes): unknown => codec.data_section(Buffer.from(bytes))),
      fc.string({ unit: 'binary' }),
      fc.array(fc.integer(), { minLength: 1 }).map((list): unknown => codec.sequence_section(list)),
    ),
  },
  { requiredKeys: ['body'] },
);

test('whatever a sender writes passes through, and the hub annotates beside it', () => {
  fc.assert(
    fc.property(messages, (message) => {
      const sent = encode(message);
      const delivered = stamped(takeApart(sent), STAMP);
      const { delivery_annotations: dropped, message_annotations: own, ...expected } = decode(sent);
      const { message_annotations: annotations, ...got } = decode(delivered);
      expect(got).toEqual(expected);
      expect(annotations).toEqual({
        'x-opt-sequence-number': 41_207,
        'x-opt-offset': '128256',
        'x-opt-enqueued-time': new Date(STAMP.enqueuedAt),
        ...(own as object | undefined),
      });
      expect(dropped === undefined).toBe(message.delivery_annotations === undefined);
      // Not only equal once decoded: the same bytes, from the properties to the end.
      const body = sectionsOf(sent).find(({ code }) => code > 0x72)?.start ?? sent.length;
      expect(delivered.subarray(delivered.length - (sent.length - body)).equals(sent.subarray(body))).toBe(true);
    }),
  );
});

test('the types of the annotations are those that .NET casts to', () => {
  const delivered = stamped(takeApart(encode({ body: 'x' })), STAMP);
  const annotations = sectionsOf(delivered).find(({ code }) => code === 0x72);
  const types = entriesAt(delivered, annotations?.value ?? 0).map(({ key, value }) => [
    textAt(delivered, key),
    delivered[key],
    delivered[value],
  ]);
  const [symbol, long, timestamp, string] = [0xa3, 0x81, 0x83, 0xa1];
  expect(types).toEqual([
    ['x-opt-sequence-number', symbol, long],
    ['x-opt-enqueued-time', symbol, timestamp],
    ['x-opt-offset', symbol, string],
  ]);
});

test('what a sender says of sequence number, offset and time is not believed', () => {
  const message_annotations = { 'x-opt-sequence-number': 1, 'x-opt-offset': '2', 'x-opt-enqueued-time': 3, mine: 4 };
  const { message_annotations: annotations } = decode(
    stamped(takeApart(encode({ body: 'x', message_annotations })), STAMP),
  );
  expect(annotations).toEqual({
    'x-opt-sequence-number': 41_207,
    'x-opt-offset': '128256',
    'x-opt-enqueued-time': new Date(STAMP.enqueuedAt),
    mine: 4,
  });
});

test("an event that bears no key gets the batch's; its own stays", () => {
  const stamp = { ...STAMP, partitionKey: 'of the batch' };
  const key = (message: Record<string, unknown>) =>
    (decode(stamped(takeApart(encode(message)), stamp))['message_annotations'] as Record<string, unknown>)[
      'x-opt-partition-key'
    ];
  expect(key({ body: 'x' })).toBe('of the batch');
  expect(key({ body: 'x', message_annotations: { 'x-opt-partition-key': 'own' } })).toBe('own');
});

test('runtime information comes after the header and changes nothing else', () => {
  const info = { lastSequence: 9, lastOffset: '77', lastEnqueuedAt: 5, retrievedAt: 6 };
  for (const header of [{}, { durable: true }]) {
    const event = stamped(takeApart(encode({ ...header, body: 'x', application_properties: { a: 1 } })), STAMP);
    const { delivery_annotations: annotations, ...rest } = decode(withRuntimeInfo(event, info));
    expect(rest).toEqual(decode(event));
    expect(annotations).toEqual({
      last_enqueued_sequence_number: 9,
      last_enqueued_offset: '77',
      last_enqueued_time_utc: new Date(5),
      runtime_info_retrieval_time_utc: new Date(6),
    });
    const codes = sectionsOf(withRuntimeInfo(event, info)).map(({ code }) => code);
    expect(codes).toEqual([...codes].sort());
  }
});

test('every cut of a message is malformed or a shorter message, and never anything else', () => {
  const sent = encode({ message_annotations: { a: 1 }, application_properties: { b: 'c' }, body: 'text' });
  for (let length = 0; length < sent.length; length += 1) {
    try {
      const { rest } = takeApart(sent.subarray(0, length));
      expect(rest.length).toBeLessThan(sent.length);
    } catch (error) {
      expect(error).toBeInstanceOf(MalformedMessage);
    }
  }
});

test('any bytes at all are read or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(0, BATCH_FORMAT), (bytes, format) => {
      try {
        readPublished(format, Buffer.from(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedMessage);
      }
    }),
    { numRuns: 2000 },
  );
});

test.each<[string, Buffer]>([
  ['no event', encode({ body: codec.data_sections([]) })],
  ['a value instead of data', encode({ body: 'text' })],
  ['data that is no message', encode({ body: codec.data_section(Buffer.from('text')) })],
])('a batch of %s is malformed', (_, payload) => {
  expect(() => readPublished(BATCH_FORMAT, payload)).toThrow(MalformedMessage);
});
