import fc from 'fast-check';
import { type HubEvent } from '../../src/lib/decode/event';
import { type EncodedPart, encodeRun } from '../../src/lib/lake/encode';
import { type RunContext, estimateBytes } from '../../src/lib/lake/line';
import { claimPath } from '../../src/lib/ledger/names';
import * as changeStream from '../decode/events/change-stream';
import * as debezium from '../decode/events/debezium';
import * as wal2json from '../decode/events/wal2json';

const context: RunContext = {
  source: 'postgresql',
  namespace: 'example.servicebus.windows.net',
  hub: 'postgresql-changes',
  incarnation: 2,
  partition: '3',
};

function eventOf(body: string | Buffer, i = 0, changes: Partial<HubEvent> = {}): HubEvent {
  return {
    sequence: 41207n + BigInt(i),
    offset: String(128256 + i),
    enqueuedAt: Date.UTC(2026, 10, 22, 23, 59, 59, 998),
    partitionKey: null,
    properties: {},
    body: Buffer.from(body),
    ...changes,
  };
}

/** A part's lines as bytes; the last must end in a line feed, too. */
function linesOf(part: EncodedPart | null): Buffer[] {
  const lines: Buffer[] = [];
  if (part === null) return lines;
  for (let start = 0; start < part.bytes.length;) {
    const end = part.bytes.indexOf('\n', start);
    if (end === -1) throw new Error('The last line does not end.');
    lines.push(part.bytes.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

/** What stands between the first `"payload":` and the line's last brace: headers in these tests never hold that text. */
function payloadOf(line: Buffer): Buffer {
  const key = Buffer.from('"payload":');
  return line.subarray(line.indexOf(key) + key.length, line.length - 1);
}

const withoutLineEnds = (body: Buffer): Buffer =>
  Buffer.from(body.map((byte) => (byte === 0x0a || byte === 0x0d ? 0x20 : byte)));
const parse = (line: Buffer): Record<string, unknown> => JSON.parse(line.toString()) as Record<string, unknown>;

async function encodeOne(body: string | Buffer): Promise<{ line: Buffer; unrecognised: number }> {
  const { bronze, quarantine, unrecognised } = await encodeRun([eventOf(body)], context);
  const [line, ...more] = [...linesOf(bronze), ...linesOf(quarantine)];
  if (line === undefined || more.length > 0) throw new Error('One event is one line.');
  return { line, unrecognised };
}

describe('a reference to an event that was too large for the hub', () => {
  const id = '7123/shop/1/00000000016E9768/1';
  const path = claimPath('postgresql', id);
  const source =
    '{"version":"1","connector":"postgresql","name":"shop","db":"shop","schema":"public","table":"orders","lsn":1,"history":1}';
  const stub = (ref: string, more = ''): string => `{"source":${source},"op":"c","payloadRef":"${ref}"${more}}`;
  const encode = async (body: string, properties: object): Promise<Record<string, unknown>> => {
    const { bronze } = await encodeRun([eventOf(body, 0, { properties: { ...properties } })], context);
    return parse(linesOf(bronze)[0] ?? Buffer.from('{}'));
  };

  test('is a line with its change, without a payload, and with the path', async () => {
    const line = await encode(stub(path), { eventId: id, payloadRef: path });
    expect(line).toMatchObject({ change: { operation: 'create', table: 'orders' }, payload: null, payloadRef: path });
    expect(Object.keys(line).at(-1)).toBe('payloadRef');
  });

  const other = claimPath('postgresql', '7123/shop/1/00000000016E9768/2');
  const elsewhere = claimPath('mongodb', id);
  test.each([
    ['a path that capture does not make', stub('claims/../bronze/x.json'), { payloadRef: 'claims/../bronze/x.json' }],
    ["another event's path", stub(other), { payloadRef: other }],
    ["another source's path", stub(elsewhere), { payloadRef: elsewhere }],
    ['no id', stub(path), { eventId: undefined }],
    ['the id of another history', stub(path).replace('"history":1', '"history":2'), {}],
    ['another sender', stub(path).replace('"version":"1"', '"version":"3.0.0.Final"'), {}],
    ['no path in the body', `{"source":${source},"op":"c"}`, {}],
    ['another path in the body', stub(elsewhere), {}],
    ['more than a reference says', stub(path, ',"after":{"id":1}'), {}],
    ['a property that is no text', stub(path), { payloadRef: 7 }],
    ['a body that is no object', `"${path}"`, {}],
  ])('is an event like any other where there is %s: nothing of it is dropped', async (_name, body, properties) => {
    const line = await encode(body, { eventId: id, payloadRef: path, ...properties });
    expect(line).not.toHaveProperty('payloadRef');
    expect(line['payload']).toEqual(JSON.parse(body));
  });
});

describe('a payload', () => {
  test.each([
    ['integers beyond 2^53', '{"id":9007199254740993,"low":-9223372036854775808}'],
    ['a decimal of 38 digits', '{"total":12345678901234567890123456789012345678.90}'],
    ['a float that is whole, minus zero, and more than a double holds', '[1.0,-0,-0.0,1e400,1E-400,0.1e+1]'],
    ['escapes as they were written', '{"a":"\\u00e9\\/\\n\\u0041\\ud83d\\ude00","\\u0061":1}'],
    ['repeated keys, in order', '{"b":1,"a":2,"b":3,"a":4}'],
    ['keys that objects have', '{"__proto__":{"a":1},"constructor":2,"toString":3}'],
    ['keys that arrays have', '{"2":"two","1":"one","length":0}'],
    ['text beyond ASCII', '{"city":"Šiška","smile":"😀","line":"\u2028\u2029\u0085"}'],
    ['white space', ' \t {\t"a" : 1 } \t'],
    ['a bare number', '5'],
    ['bare text', '"5"'],
    ['a bare null', 'null'],
    ['an empty object', '{}'],
  ])('keeps %s byte for byte', async (_name, body) => {
    const { line } = await encodeOne(body);
    expect(payloadOf(line).equals(Buffer.from(body))).toBe(true);
    expect(line.toString()).toMatch(/^\{"format":1,"source":"postgresql",.*\}$/s);
  });

  test('has spaces for the line ends of a pretty-printed body, and nothing else changed', async () => {
    const body = '{\r\n  "id": 9007199254740993,\r\n  "text": "one\\r\\ntwo"\r}\n\n';
    const { line } = await encodeOne(body);
    expect(payloadOf(line).toString()).toBe('{    "id": 9007199254740993,    "text": "one\\r\\ntwo" }  ');
  });

  test('of an empty body is null, and the change a tombstone', async () => {
    const { line, unrecognised } = await encodeOne('');
    expect(parse(line)).toMatchObject({
      change: { operation: 'tombstone', database: null, table: null, position: null },
      payload: null,
    });
    expect(unrecognised).toBe(0);
  });

  test('null is no tombstone', async () => {
    const { line, unrecognised } = await encodeOne('null');
    expect(parse(line)).toMatchObject({ change: null, payload: null });
    expect(unrecognised).toBe(1);
  });

  test('of a megabyte is kept, ASCII or not', async () => {
    for (const unit of ['x', 'é', '😀']) {
      const body = Buffer.from(JSON.stringify({ text: unit.repeat(1_000_000 / Buffer.byteLength(unit)) }));
      const { line } = await encodeOne(body);
      expect(payloadOf(line).equals(body)).toBe(true);
    }
  });
});

describe('a run', () => {
  test('puts each event into one of two files, in order, with its own header', async () => {
    const bodies = [debezium.postgresCreate, 'not json', '', '{"own":"format"}', '\ufeff{}', wal2json.insert];
    const events = bodies.map((body, i) => eventOf(body, i, { properties: { eventId: `event-${i}` } }));
    const { bronze, quarantine, unrecognised } = await encodeRun(events, context);
    expect([bronze?.count, quarantine?.count, unrecognised]).toEqual([4, 2, 1]);
    expect(linesOf(bronze).map((line) => parse(line))).toMatchObject([
      {
        sequenceNumber: 41207,
        offset: '128256',
        incarnation: 2,
        eventId: null,
        change: { operation: 'create', table: 'customers' },
      },
      {
        sequenceNumber: 41209,
        offset: '128258',
        incarnation: 2,
        eventId: null,
        change: { operation: 'tombstone' },
      },
      { sequenceNumber: 41210, offset: '128259', incarnation: 2, eventId: null, change: null },
      {
        sequenceNumber: 41212,
        offset: '128261',
        incarnation: 2,
        eventId: null,
        change: { operation: 'create', table: 'orders' },
      },
    ]);
    expect(linesOf(quarantine).map((line) => parse(line))).toMatchObject([
      {
        sequenceNumber: 41208,
        eventId: null,
        reason: 'not_json',
        bodyBase64: Buffer.from('not json').toString('base64'),
      },
      {
        sequenceNumber: 41211,
        eventId: null,
        reason: 'unreadable_json',
        bodyBase64: Buffer.from('\ufeff{}').toString('base64'),
      },
    ]);
  });

  test('takes the event id from what promises to be unique alone: a resume token does, the property of another sender does not', async () => {
    const { line } = await encodeOne(changeStream.insert);
    expect(parse(line).eventId).toBe(changeStream.RESUME_TOKEN);
  });

  test('without events has no files, nor has a run without lines for one', async () => {
    expect(await encodeRun([], context)).toEqual({
      bronze: null,
      quarantine: null,
      unrecognised: 0,
      sourceDelayMs: null,
    });
    expect((await encodeRun([eventOf('1')], context)).quarantine).toBeNull();
    expect((await encodeRun([eventOf('x')], context)).bronze).toBeNull();
  });

  test('lets others have their turn every four megabytes', async () => {
    const body = JSON.stringify({ text: 'x'.repeat(1_000_000) });
    let turns = 0;
    const count = (): void => {
      turns++;
      next = setImmediate(count);
    };
    let next = setImmediate(count);
    await encodeRun(
      Array.from({ length: 21 }, (_, i) => eventOf(body, i)),
      context,
    );
    clearImmediate(next);
    expect(turns).toBeGreaterThanOrEqual(4);
  });

  test('grows beyond its estimate where names are longer than any source allows', async () => {
    const table = 'ü'.repeat(50_000);
    const body = debezium.postgresCreate.replace('"customers"', JSON.stringify(table));
    const { bronze } = await encodeRun([eventOf(body, 0), eventOf(body, 1)], context);
    expect(linesOf(bronze).map((line) => parse(line))).toMatchObject([{ change: { table } }, { change: { table } }]);
  });
});

describe('the estimate', () => {
  const ordinary = [...Object.values(debezium), ...Object.values(wal2json), changeStream.insert, changeStream.update];

  test.each(ordinary.map((body, i) => [i, body]))('is not below the line of ordinary event %d', async (_i, body) => {
    const properties = {
      'content-Type': 'application/json',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    };
    const event = eventOf(body, 0, { partitionKey: 'Bestellungen für Šiška', properties });
    const { bronze } = await encodeRun([event], context);
    expect(bronze?.bytes.length).toBeLessThanOrEqual(estimateBytes(event));
  });

  test('is not below the line of a binary body', async () => {
    const event = eventOf(Buffer.alloc(100_000, 0xff));
    const { quarantine } = await encodeRun([event], context);
    expect(quarantine?.bytes.length).toBeLessThanOrEqual(estimateBytes(event));
  });

  test('is short by less than a third of a body that only begins like JSON', async () => {
    const event = eventOf(Buffer.alloc(100_000, '{'));
    const { quarantine } = await encodeRun([event], context);
    expect(quarantine?.bytes.length).toBeLessThanOrEqual(estimateBytes(event) + 100_000 / 3 + 1);
  });
});

/** Legal JSON as text, which has more forms than JSON.stringify writes. */
const jsonText = fc.letrec<{ value: string; space: string; text: string }>((tie) => {
  const { space, value, text } = { space: tie('space'), value: tie('value'), text: tie('text') };
  const between = (open: string, items: fc.Arbitrary<string[]>, close: string): fc.Arbitrary<string> =>
    items.map((list) => `${open}${list.join(',')}${close}`);
  const member = fc
    .tuple(space, text, space, value)
    .map(([before, key, after, item]) => `${before}${key}${after}:${item}`);
  return {
    space: fc.constantFrom('', '', ' ', '\t', '\n', '\r\n', '\r'),
    text: fc.oneof(
      fc.string({ unit: 'binary' }).map((content) => JSON.stringify(content)),
      fc.constantFrom(
        '"\\u00E9"',
        '"\\/"',
        '"\\uD83D\\uDE00"',
        '"\\\\ud83d"',
        '"__proto__"',
        '"a"',
        '"\\"payload\\":"',
      ),
    ),
    value: fc
      .tuple(
        space,
        fc.oneof(
          { depthSize: 'small' },
          fc.constantFrom('true', 'false', 'null', '-0', '1.0', '1e400', '9007199254740993', '0.10', '-1E+2'),
          fc.bigInt().map(String),
          text,
          between('[', fc.array(value, { maxLength: 4 }), ']'),
          between('{', fc.array(member, { maxLength: 4 }), '}'),
        ),
        space,
      )
      .map((parts) => parts.join('')),
  };
}).value;

describe('any JSON text', () => {
  test('is one line whose payload is the body, byte for byte but for line ends', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(jsonText, { minLength: 1, maxLength: 5 }), async (bodies) => {
        const { bronze, quarantine } = await encodeRun(
          bodies.map((body, i) => eventOf(body, i)),
          context,
        );
        const lines = linesOf(bronze);
        expect(quarantine).toBeNull();
        expect([bronze?.count, lines.length]).toEqual([bodies.length, bodies.length]);
        lines.forEach((line, i) => {
          const body = Buffer.from(bodies[i] ?? '');
          expect(line.includes('\r')).toBe(false);
          expect(payloadOf(line).equals(withoutLineEnds(body))).toBe(true);
          expect(parse(line)).toEqual({
            ...parse(line),
            sequenceNumber: 41207 + i,
            payload: JSON.parse(body.toString()) as unknown,
          });
        });
      }),
      { numRuns: 500 },
    );
  });
});

describe('any bytes', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 64 }).map((array) => Buffer.from(array)),
    fc.string().map((text) => Buffer.from(text)),
    // JSON with one byte changed is often not JSON any more.
    fc.tuple(jsonText, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([text, at, byte]) => {
      const body = Buffer.from(text);
      body[at % body.length] = byte;
      return body;
    }),
  );

  test('are in bronze or quarantine, once, and can be had back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { maxLength: 5 }), async (bodies) => {
        const { bronze, quarantine } = await encodeRun(
          bodies.map((body, i) => eventOf(body, i)),
          context,
        );
        const lines = [...linesOf(bronze), ...linesOf(quarantine)];
        expect((bronze?.count ?? 0) + (quarantine?.count ?? 0)).toBe(bodies.length);
        const seen = lines.map((line) => {
          const { sequenceNumber, bodyBase64, change } = parse(line);
          const body = bodies[Number(sequenceNumber) - 41207] ?? Buffer.alloc(0);
          if (typeof bodyBase64 === 'string') expect(Buffer.from(bodyBase64, 'base64').equals(body)).toBe(true);
          else if (body.length > 0) expect(payloadOf(line).equals(withoutLineEnds(body))).toBe(true);
          else expect(change).toMatchObject({ operation: 'tombstone' });
          return Number(sequenceNumber);
        });
        expect(seen.sort((a, b) => a - b)).toEqual(bodies.map((_, i) => 41207 + i));
      }),
      { numRuns: 500 },
    );
  });
});
