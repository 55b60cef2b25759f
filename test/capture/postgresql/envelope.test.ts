import { EnvelopeEncoder } from '../../../src/lib/capture/postgresql/envelope';
import { type CaptureStep } from '../../../src/lib/capture/postgresql/envelope-steps';
import { PgoutputError } from '../../../src/lib/capture/postgresql/pgoutput-error';
import { definitionOf, takeDefined } from './defined';
import * as wire from './wire';

const SOURCE = { name: 'shop', database: 'shop', systemId: '7431234567890123456', history: 1 };
const ORDERS = 16_384;
const ID = { name: 'id', typeOid: 20, isKey: true };
const NOTE = { name: 'note', typeOid: 25 };
const relation = wire.relation({ oid: ORDERS, schema: 'public', table: 'orders', columns: [ID, NOTE] });

const AT_US = 1_764_158_400_000_123n;
const COMMIT_LSN = 24_025_000n;
const LSN = 24_023_128n;
const NOW_MS = 1_764_158_400_050;
const begin = wire.begin({ commitLsn: COMMIT_LSN, atUs: AT_US, transactionId: 755 });
const commit = wire.commit(COMMIT_LSN, 24_025_064n, AT_US);

/** What stands behind the rows of the event with the number `order`. */
const tail = (operation: string, order: number) =>
  '"source":{"version":"1","connector":"postgresql","name":"shop","ts_ms":1764158400000,"snapshot":"false","db":"shop",' +
  '"ts_us":1764158400000123,"schema":"public","table":"orders","relation":16384,"txId":755,"lsn":24023128,"commit_lsn":24025000,"history":1},' +
  `"op":"${operation}","ts_ms":1764158400050,"transaction":{"id":"755:24025000","total_order":${order}}}`;

test('a transaction becomes one event for each change, byte for byte as they are agreed on', () => {
  const encoder = new EnvelopeEncoder(SOURCE);
  const steps = [
    begin,
    relation,
    wire.insert(ORDERS, ['42', 'a "b"']),
    wire.update(ORDERS, ['42', null]),
    wire.remove(ORDERS, 'K', ['42', null]),
    wire.truncate([ORDERS]),
    commit,
  ].map((payload) => takeDefined(encoder, payload, LSN, NOW_MS));

  expect(steps.map(({ kind }) => kind)).toEqual([
    'begin',
    'relation',
    'events',
    'events',
    'events',
    'events',
    'commit',
  ]);
  expect(steps[0]).toMatchObject({ commitLsn: COMMIT_LSN, committedAtUs: AT_US, transactionId: 755 });
  expect(steps[6]).toMatchObject({ commitLsn: COMMIT_LSN, endLsn: 24_025_064n });
  expect(readable(steps)).toEqual([
    {
      key: 'public.orders/[42]',
      eventId: '7431234567890123456/shop/1/00000000016E97A8/1',
      body: `{"before":null,"after":{"id":42,"note":"a \\"b\\""},${tail('c', 1)}`,
    },
    {
      key: 'public.orders/[42]',
      eventId: '7431234567890123456/shop/1/00000000016E97A8/2',
      body: `{"before":null,"after":{"id":42,"note":null},${tail('u', 2)}`,
    },
    {
      key: 'public.orders/[42]',
      eventId: '7431234567890123456/shop/1/00000000016E97A8/3',
      body: `{"before":{"id":42},"after":null,${tail('d', 3)}`,
    },
    {
      key: 'public.orders',
      eventId: '7431234567890123456/shop/1/00000000016E97A8/4',
      body: `{"before":null,"after":null,${tail('t', 4)}`,
    },
  ]);
});

test('a change of the key is a delete of the old row and a create of the new one', () => {
  const events = within(relation, wire.update(ORDERS, ['43', wire.UNCHANGED], ['K', ['42', null]]));
  expect(events.map(({ key }) => key)).toEqual(['public.orders/[42]', 'public.orders/[43]']);
  expect(events.map(({ body }) => body)).toEqual([
    `{"before":{"id":42},"after":null,${tail('d', 1)}`,
    `{"before":null,"after":{"id":43},"unchanged":["note"],${tail('c', 2)}`,
  ]);
});

test('an old key that is the same is an ordinary update, and fills in a key that the new row left out', () => {
  const columns = [
    { ...NOTE, isKey: true },
    { name: 'count', typeOid: 23 },
  ];
  const [event] = within(
    wire.relation({ oid: ORDERS, schema: 'public', table: 'orders', columns }),
    wire.update(ORDERS, [wire.UNCHANGED, '2'], ['K', ['long', null]]),
  );
  expect(event).toMatchObject({
    key: 'public.orders/["long"]',
    body: `{"before":null,"after":{"note":"long","count":2},${tail('u', 1)}`,
  });
});

describe('with a full replica identity', () => {
  const full = wire.relation({
    oid: ORDERS,
    schema: 'public',
    table: 'orders',
    identity: 'f',
    columns: [ID, { ...NOTE, isKey: true }],
  });

  test('before is the whole old row, and a long value that was not touched comes from there', () => {
    const [updated, deleted] = within(
      full,
      wire.update(ORDERS, ['42', wire.UNCHANGED], ['O', ['42', 'long']]),
      wire.remove(ORDERS, 'O', ['42', null]),
    );
    expect(updated?.body).toBe(`{"before":{"id":42,"note":"long"},"after":{"id":42,"note":"long"},${tail('u', 1)}`);
    expect(deleted?.body).toBe(`{"before":{"id":42,"note":null},"after":null,${tail('d', 2)}`);
  });

  test('rows are told apart by the key of the definition, and by nothing where that has none', () => {
    const encoder = new EnvelopeEncoder(SOURCE);
    encoder.take(begin, LSN, NOW_MS);
    takeDefined(encoder, full, LSN, NOW_MS);
    const moved = wire.update(ORDERS, ['43', 'x'], ['O', ['42', 'x']]);
    expect(keys(encoder.take(moved, LSN, NOW_MS))).toEqual(['public.orders']);
    takeDefined(encoder, full, LSN, NOW_MS, { key: ['id'] });
    expect(keys(encoder.take(moved, LSN, NOW_MS))).toEqual(['public.orders/[42]', 'public.orders/[43]']);
  });

  describe('of a root whose partitions have others', () => {
    const long = 'x'.repeat(10);
    const under = (partitionKeys: readonly (readonly string[])[], ...payloads: readonly Buffer[]) => {
      const encoder = new EnvelopeEncoder(SOURCE);
      const known = { key: ['id'], partitionKeys };
      return readable([begin, full, ...payloads].map((payload) => takeDefined(encoder, payload, LSN, NOW_MS, known)));
    };

    test('NULL in an old row is not believed where a partition leaves the column out', () => {
      const [gone, came, deleted] = under(
        [['id']],
        wire.update(ORDERS, ['43', wire.UNCHANGED], ['O', ['42', null]]),
        wire.remove(ORDERS, 'O', ['43', null]),
      );
      expect(gone?.body).toBe(`{"before":{"id":42},"after":null,${tail('d', 1)}`);
      expect(came?.body).toBe(`{"before":null,"after":{"id":43},"unchanged":["note"],${tail('c', 2)}`);
      expect(deleted?.body).toBe(`{"before":{"id":43},"after":null,${tail('d', 3)}`);
    });

    test('an old row that has what no such partition would is whole', () => {
      const [updated] = under([['id']], wire.update(ORDERS, ['42', wire.UNCHANGED], ['O', ['42', long]]));
      expect(updated?.body).toBe(
        `{"before":{"id":42,"note":"${long}"},"after":{"id":42,"note":"${long}"},${tail('u', 1)}`,
      );
    });

    test('an update has no before where the old row may be a part', () => {
      const [updated] = under([['id', 'note']], wire.update(ORDERS, ['42', 'y'], ['O', ['42', 'x']]));
      expect(updated?.body).toBe(`{"before":null,"after":{"id":42,"note":"y"},${tail('u', 1)}`);
    });

    test('NULL is believed where all partitions have a full one, too', () => {
      const [updated] = under([], wire.update(ORDERS, ['42', 'y'], ['O', ['42', null]]));
      expect(updated?.body).toBe(`{"before":{"id":42,"note":null},"after":{"id":42,"note":"y"},${tail('u', 1)}`);
    });
  });
});

test('without a replica identity, an insert has the key of the definition', () => {
  const encoder = new EnvelopeEncoder(SOURCE);
  encoder.take(begin, LSN, NOW_MS);
  const columns = [{ ...ID, isKey: false }];
  const none = wire.relation({ oid: ORDERS, schema: 'public', table: 'orders', identity: 'n', columns });
  takeDefined(encoder, none, LSN, NOW_MS, { key: ['id'] });
  expect(keys(encoder.take(wire.insert(ORDERS, ['42']), LSN, NOW_MS))).toEqual(['public.orders/[42]']);
});

test('a table without a key has its name as the key of all events, whatever the catalog has', () => {
  const columns = [{ ...ID, isKey: false }];
  const keyless = wire.relation({ oid: ORDERS, schema: 'public', table: 'orders', columns });
  const encoder = new EnvelopeEncoder(SOURCE);
  encoder.take(begin, LSN, NOW_MS);
  takeDefined(encoder, keyless, LSN, NOW_MS, { key: ['id'] });
  expect(keys(encoder.take(wire.insert(ORDERS, ['1']), LSN, NOW_MS))).toEqual(['public.orders']);
});

test('a key of several columns is told in the table’s order, in exact tokens', () => {
  const columns = [{ name: 'a', typeOid: 1700, isKey: true }, NOTE, { name: 'b', typeOid: 20, isKey: true }];
  const [event] = within(
    wire.relation({ oid: ORDERS, schema: 'public', table: 'orders', columns }),
    wire.insert(ORDERS, ['1.50', 'x', '9007199254740993']),
  );
  expect(event?.key).toBe('public.orders/["1.50",9007199254740993]');
});

test('types that are not built in are written by the definition: as the catalog has them, else by their names', () => {
  const columns = [{ ...ID, typeOid: 20_001 }, NOTE, { name: 'more', typeOid: 20_002 }];
  const table = wire.relation({ oid: ORDERS, schema: 'public', table: 'orders', columns });
  const row = wire.insert(ORDERS, ['42', 'x', '{7}']);
  const domain = { oid: 20_001, typtype: 'd', typcategory: 'N', typbasetype: 20, typelem: 0, typdelim: ',' };
  const array = { oid: 20_002, typtype: 'b', typcategory: 'A', typbasetype: 0, typelem: 20_001, typdelim: ',' };
  const encoder = new EnvelopeEncoder(SOURCE);
  encoder.take(begin, LSN, NOW_MS);
  const step = takeDefined(encoder, table, LSN, NOW_MS, { types: [domain, array] });
  expect(after(encoder.take(row, LSN, NOW_MS))).toBe('{"id":42,"note":"x","more":[7]}');
  if (step.kind !== 'relation') throw new Error('no relation');
  const definition = definitionOf(step.relation);
  encoder.define(definition);
  expect(after(encoder.take(row, LSN, NOW_MS))).toBe('{"id":"42","note":"x","more":"{7}"}');
  const types = [
    { oid: 20_001, schema: 'pg_catalog', name: 'int8' },
    { oid: 20_002, schema: 'public', name: '_large' },
  ];
  if (definition.stream === null) throw new Error('no stream');
  encoder.define({ ...definition, stream: { ...definition.stream, types } });
  expect(after(encoder.take(row, LSN, NOW_MS))).toBe('{"id":42,"note":"x","more":["7"]}');
});

test('a relation message in mid-stream changes the columns from there on', () => {
  const renamed = wire.relation({
    oid: ORDERS,
    schema: 'public',
    table: 'orders',
    columns: [ID, { name: 'remark', typeOid: 25 }, { name: 'paid', typeOid: 16 }],
  });
  const events = within(relation, wire.insert(ORDERS, ['1', 'x']), renamed, wire.insert(ORDERS, ['2', 'y', 't']));
  expect(events.map(({ body }) => body)).toEqual([
    `{"before":null,"after":{"id":1,"note":"x"},${tail('c', 1)}`,
    `{"before":null,"after":{"id":2,"remark":"y","paid":true},${tail('c', 2)}`,
  ]);
});

test('a message within a transaction is counted with its changes', () => {
  const message = wire.message({ transactional: true, lsn: LSN, prefix: 'a "b"', content: Buffer.from([0, 255]) });
  const [, event] = within(relation, wire.insert(ORDERS, ['1', 'x']), message);
  expect(event).toEqual({
    key: 'message/a "b"',
    eventId: '7431234567890123456/shop/1/00000000016E97A8/2',
    body:
      '{"message":{"prefix":"a \\"b\\"","content":"AP8="},' +
      '"source":{"version":"1","connector":"postgresql","name":"shop","ts_ms":1764158400000,"snapshot":"false",' +
      '"db":"shop","ts_us":1764158400000123,"schema":"","table":"","txId":755,"lsn":24023128,"commit_lsn":24025000,"history":1},' +
      '"op":"m","ts_ms":1764158400050,' +
      '"transaction":{"id":"755:24025000","total_order":2}}',
  });
});

test('a message outside of transactions has neither a transaction nor a commit time', () => {
  const message = wire.message({ transactional: false, lsn: LSN, prefix: 'p', content: Buffer.from('hi') });
  const step = new EnvelopeEncoder(SOURCE).take(message, 0n, NOW_MS);
  expect(readable([step])).toEqual([
    {
      key: 'message/p',
      eventId: '7431234567890123456/shop/1/00000000016E9058/m',
      body:
        '{"message":{"prefix":"p","content":"aGk="},' +
        '"source":{"version":"1","connector":"postgresql","name":"shop","snapshot":"false","db":"shop",' +
        '"schema":"","table":"","lsn":24023128,"commit_lsn":24023128,"history":1},' +
        '"op":"m","ts_ms":1764158400050}',
    },
  ]);
});

test('origins come to nothing, and names of types are handed on', () => {
  const encoder = new EnvelopeEncoder(SOURCE);
  encoder.take(begin, LSN, NOW_MS);
  expect(encoder.take(wire.origin(1n, 'elsewhere'), LSN, NOW_MS)).toEqual({ kind: 'nothing' });
  const type = { kind: 'type', oid: 20_001, schema: 'public', name: 'mood' };
  expect(encoder.take(wire.type(20_001, 'public', 'mood'), LSN, NOW_MS)).toEqual({ kind: 'type', type });
});

test('names of any kind are escaped, and the highest positions stay exact', () => {
  const highest = 2n ** 64n - 1n;
  const encoder = new EnvelopeEncoder({ ...SOURCE, name: 'my "shop"', database: 'Größe' });
  encoder.take(wire.begin({ commitLsn: highest, atUs: AT_US, transactionId: 4_294_967_295 }), LSN, NOW_MS);
  const columns = [{ name: 'a"\n', typeOid: 23, isKey: true }];
  const named = wire.relation({ oid: ORDERS, schema: 'Söme "schema"', table: '__proto__', columns });
  takeDefined(encoder, named, LSN, NOW_MS);
  const [event] = readable([encoder.take(wire.insert(ORDERS, ['1']), highest - 1n, NOW_MS)]);
  expect(event?.eventId).toBe('7431234567890123456/my "shop"/1/FFFFFFFFFFFFFFFF/1');
  expect(event?.key).toBe('"Söme ""schema""".__proto__/[1]');
  expect(event?.body).toContain('"lsn":18446744073709551614,"commit_lsn":18446744073709551615,"history":1}');
  expect(JSON.parse(event?.body ?? '')).toMatchObject({
    after: { 'a"\n': 1 },
    source: { name: 'my "shop"', db: 'Größe', schema: 'Söme "schema"', table: '__proto__' },
    transaction: { id: '4294967295:18446744073709551615' },
  });
});

describe('what is not in its turn is refused', () => {
  test.each([
    [
      'a change before any transaction',
      [relation, wire.insert(ORDERS, ['1', 'x'])],
      'a change comes outside of a transaction',
    ],
    ['a commit of nothing', [commit], 'a change comes outside of a transaction'],
    ['a transaction within another', [begin, begin], 'a transaction begins within 755:24025000'],
    [
      'a change of a table never told of',
      [begin, wire.insert(ORDERS, ['1'])],
      'no relation message has told of the table 16384',
    ],
    [
      'too few values',
      [begin, relation, wire.insert(ORDERS, ['1'])],
      'a row of public.orders has 1 columns, expected 2',
    ],
    [
      'too many old ones',
      [begin, relation, wire.remove(ORDERS, 'K', ['1', 'x', 'y'])],
      'a row of public.orders has 3 columns, expected 2',
    ],
  ])('%s', (_what, payloads, message) => {
    const encoder = new EnvelopeEncoder(SOURCE);
    const take = () => payloads.map((payload) => takeDefined(encoder, payload, LSN, NOW_MS));
    expect(take).toThrow(new PgoutputError(message));
  });
});

/** The events of these messages within one transaction. */
function within(...payloads: readonly Buffer[]) {
  const encoder = new EnvelopeEncoder(SOURCE);
  return readable([begin, ...payloads].map((payload) => takeDefined(encoder, payload, LSN, NOW_MS)));
}

function readable(steps: readonly CaptureStep[]) {
  const events = steps.flatMap((step) => (step.kind === 'events' ? step.events : []));
  return events.map(({ key, eventId, body }) => ({ key, eventId, body: body.toString() }));
}

const keys = (step: CaptureStep) => readable([step]).map(({ key }) => key);

function after(step: CaptureStep): string {
  const body = readable([step])[0]?.body ?? '';
  return body.slice(body.indexOf('"after":') + 8, body.indexOf(',"source"'));
}
