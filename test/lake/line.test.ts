import { type Change } from '../../src/lib/decode/change';
import { type HubEvent } from '../../src/lib/decode/event';
import { type RunContext, bronzeHead, estimateBytes, quarantineHead, runPrefix } from '../../src/lib/lake/line';

const context: RunContext = {
  source: 'postgresql',
  namespace: 'example.servicebus.windows.net',
  hub: 'postgresql-changes',
  incarnation: 1,
  partition: '3',
};
const event: HubEvent = {
  sequence: 41207n,
  offset: '128256',
  enqueuedAt: Date.UTC(2026, 10, 22, 23, 59, 59, 998),
  partitionKey: 'public.orders:7',
  properties: { 'content-Type': 'application/json', retry: 2 },
  body: Buffer.from('{}'),
};
const change: Change = {
  operation: 'create',
  server: 'shop',
  database: 'shop',
  schema: 'public',
  table: 'orders',
  committedTime: '2026-11-22T23:59:59.812345Z',
  position: '00000016/B374D848',
  transactionId: '771',
};

const prefix = runPrefix(context);
const line = (changes: Partial<HubEvent> = {}, eventId: string | null = null, of: Change | null = change): string =>
  `${bronzeHead(prefix, { ...event, ...changes }, eventId, of)}null}`;
const parsed = (changes: Partial<HubEvent> = {}, eventId: string | null = null, of: Change | null = change) =>
  JSON.parse(line(changes, eventId, of)) as Record<string, unknown>;

describe('the head of a bronze line', () => {
  test('has every key in the order of the format', () => {
    expect(line({}, 'order-7')).toBe(
      '{"format":1,"source":"postgresql","namespace":"example.servicebus.windows.net","hub":"postgresql-changes","incarnation":1,' +
        '"partition":"3","sequenceNumber":41207,"offset":"128256","enqueuedTime":"2026-11-22T23:59:59.998Z",' +
        '"partitionKey":"public.orders:7","properties":{"content-Type":"application/json","retry":2},"eventId":"order-7",' +
        '"change":{"operation":"create","server":"shop","database":"shop","schema":"public","table":"orders",' +
        '"committedTime":"2026-11-22T23:59:59.812345Z","position":"00000016/B374D848","transactionId":"771"},' +
        '"payload":null}',
    );
  });

  test('has null for what is not known, never a missing key', () => {
    const none: Change = {
      operation: 'invalidate',
      ...{
        server: null,
        database: null,
        schema: null,
        table: null,
        committedTime: null,
        position: null,
        transactionId: null,
      },
    };
    expect(line({ partitionKey: null, properties: {} }, null, none)).toContain(
      '"partitionKey":null,"properties":{},"eventId":null,"change":{"operation":"invalidate","server":null,"database":null,"schema":null,' +
        '"table":null,"committedTime":null,"position":null,"transactionId":null},',
    );
    expect(line({}, null, null)).toContain('"eventId":null,"change":null,"payload":');
  });

  test('tells the place in the transaction where it is known, behind the position', () => {
    expect(line({}, null, { ...change, index: 4 })).toContain(
      '"position":"00000016/B374D848","index":4,"transactionId":"771"},',
    );
  });

  test('has the history that the position belongs to where the event states it, before the position', () => {
    expect(line({}, null, { ...change, history: 2 })).toContain('"history":2,"position":"00000016/B374D848",');
    expect(line()).not.toContain('history');
  });

  test('names the server of each event, also where neighbouring events differ in nothing else', () => {
    for (const server of ['shop', 'outlet', null, 'shop']) {
      expect(parsed({}, null, { ...change, server }).change).toEqual({ ...change, server });
    }
  });

  test("has the table's OID where it is known, behind the names", () => {
    expect(line({}, null, { ...change, relation: 16405 })).toContain(
      '"table":"orders","relation":16405,"committedTime":',
    );
  });

  test.each([
    [2 ** 53, true],
    [-(2 ** 63), true],
    [2 ** 53 - 1, false],
    [0.1, false],
    ['9007199254740993', false],
  ])('says of properties with %p that a number may have been rounded: %p', (value, inexact) => {
    const text = line({ properties: { small: 1, value } });
    expect(text.includes(`${JSON.stringify(value)}},"propertiesInexact":true,"eventId":`)).toBe(inexact);
    expect(text.includes('propertiesInexact')).toBe(inexact);
  });

  test('tells the number of changes only of a transaction', () => {
    expect(parsed({}, null, { ...change, operation: 'transaction', changes: 0 }).change).toEqual({
      ...change,
      operation: 'transaction',
      changes: 0,
    });
    expect(parsed().change).toEqual(change);
  });

  test.each([2n ** 53n + 1n, 2n ** 63n - 1n, 0n])('writes sequence number %p in full', (sequence) => {
    expect(line({ sequence })).toContain(`"sequenceNumber":${sequence.toString()},"offset"`);
  });

  test('does not take the names of one change for those of the next', () => {
    const names = [
      { database: 'a', schema: 'b', table: 'c' },
      { database: 'a', schema: null, table: 'c' },
      { database: null, schema: null, table: 'c' },
      { database: 'a', schema: 'b', table: null },
      { database: 'a', schema: 'b', table: 'c' },
      { database: 'x', schema: 'b', table: 'c' },
    ];
    for (const given of names)
      expect(parsed({}, null, { ...change, ...given }).change).toEqual({ ...change, ...given });
  });

  test.each([
    ['quotation marks', 'a"b'],
    ['backslashes', 'a\\b'],
    ['control characters', 'a\u0000\b\n\r\t\u001f\u007fb'],
    ['text beyond ASCII', 'Bestellung für Šiška 😀 \u2028'],
    ['nothing', ''],
  ])('escapes %s wherever they stand', (_name, text) => {
    const all = { database: text, schema: text, table: text, transactionId: text };
    const written = parsed({ offset: text, partitionKey: text, properties: { [text]: text } }, text, {
      ...change,
      ...all,
    });
    expect(written).toMatchObject({ offset: text, partitionKey: text, properties: { [text]: text }, eventId: text });
    expect(written.change).toEqual({ ...change, ...all });
  });
});

describe('half a surrogate pair', () => {
  test('comes out as U+FFFD in texts, keys and values, and pairs stay whole', () => {
    const properties = { 'k\ud83d': ['\ude00', { '\ude00': 'a\ud83d\ude00b\ud83d' }], n: 1, yes: true, none: null };
    const text = line({ partitionKey: '\ud83d', offset: '\ude00', properties }, 'x\ud83d');
    expect(text).not.toMatch(/\\ud/i);
    expect(JSON.parse(text)).toMatchObject({
      partitionKey: '\ufffd',
      offset: '\ufffd',
      properties: { 'k\ufffd': ['\ufffd', { '\ufffd': 'a😀b\ufffd' }], n: 1, yes: true, none: null },
      eventId: 'x\ufffd',
    });
  });

  test('is not seen in text that only looks like its escape', () => {
    expect(parsed({ properties: { path: 'C:\\ud83d' } }).properties).toEqual({ path: 'C:\\ud83d' });
  });
});

describe('application properties', () => {
  test('named like what every object has are written, and nothing is inherited', () => {
    const properties = JSON.parse('{"__proto__":{"a":"\\ud83d"},"constructor":1,"toString":"x"}') as Record<
      string,
      unknown
    >;
    expect(line({ properties })).toContain('"properties":{"__proto__":{"a":"\ufffd"},"constructor":1,"toString":"x"},');
    expect(line({ properties: Object.create({ inherited: 1 }) as Record<string, unknown> })).toContain(
      '"properties":{},',
    );
  });

  test('that JSON does not know do not stop the event', () => {
    expect(parsed({ properties: { big: 2n ** 63n, none: undefined, nan: NaN } }).properties).toEqual({
      big: '9223372036854775808',
      nan: null,
    });
  });
});

describe('the head of a quarantine line', () => {
  test('is that of a bronze line, with the reason and the body in base64 for its change and payload', () => {
    const head = quarantineHead(prefix, event, 'not_json');
    const bronze = bronzeHead(prefix, event, null, null);
    expect(head).toBe(bronze.replace('"change":null,"payload":', '"reason":"not_json","bodyBase64":"'));
  });
});

describe('the estimate of a line’s size', () => {
  test('counts a body that cannot be JSON as base64', () => {
    const json = estimateBytes({ ...event, body: Buffer.from(`[${' '.repeat(2998)}]`) });
    const avro = estimateBytes({ ...event, body: Buffer.alloc(3000, 1) });
    expect(avro - json).toBe(1000);
  });

  test('does not read the body', () => {
    const body = Buffer.alloc(1_000_000, '{');
    expect(estimateBytes({ ...event, body })).toBeLessThan(1_002_000);
  });
});
