import fc from 'fast-check';
import { type Change } from '../../src/lib/decode/change';
import { recognise } from '../../src/lib/decode/recognise';
import * as changeStream from './events/change-stream';
import * as debezium from './events/debezium';
import * as wal2json from './events/wal2json';

const recogniseText = (text: string): Change | null => recognise(JSON.parse(text), text);

const LSID = '357ecc5d-c2dd-462e-a921-3f3a7b9da4e4';

const customers: Change = {
  operation: 'create',
  database: 'shop',
  schema: 'public',
  table: 'customers',
  committedTime: '2019-05-28T08:58:24.863123Z',
  position: '00000000/016E9058', // 24,023,128
  transactionId: '555',
};
const tickets: Change = {
  operation: 'update',
  database: 'shop',
  schema: 'public',
  table: 'tickets',
  committedTime: '2026-09-29T21:19:02.118456Z',
  position: '00000000/01789B8D', // 24,681,357
  transactionId: '771',
};
const cloudEvent: Change = {
  operation: 'read',
  database: 'postgres',
  schema: 's1',
  table: 'a',
  committedTime: '2020-01-13T13:55:39.738Z',
  position: '00000000/01BEB2D0', // 29,274,832
  transactionId: '565',
};
const mongoCustomers: Change = {
  operation: 'update',
  database: 'inventory',
  schema: null,
  table: 'customers',
  committedTime: '2024-05-28T16:05:45.678Z',
  position: '1716912345:0000000007',
  transactionId: `${LSID}:3`,
};
const walOrders: Change = {
  operation: 'create',
  database: null,
  schema: 'public',
  table: 'orders',
  committedTime: '2026-11-22T22:59:58.700000Z',
  position: '00000016/B374D848',
  transactionId: '771',
};
const boundary: Change = { ...walOrders, operation: 'transaction', schema: null, table: null, changes: 0 };
const orders: Change = {
  operation: 'create',
  database: 'shop',
  schema: null,
  table: 'orders',
  committedTime: '2024-05-28T16:05:45.678Z',
  position: '1716912345:0000000007',
  transactionId: `${LSID}:3`,
};
const ordersUpdate: Change = {
  ...orders,
  operation: 'update',
  committedTime: '2024-05-28T16:05:45.000Z',
  position: '1716912345:0000000012',
  transactionId: null,
};

describe('a Debezium event of PostgreSQL', () => {
  test.each<[string, string, Change]>([
    ['a create, with microseconds', debezium.postgresCreate, customers],
    [
      'an update in a schema wrapper, of a version that knew only milliseconds',
      debezium.postgresUpdateWithSchema,
      {
        ...customers,
        operation: 'update',
        database: 'postgres',
        committedTime: '2019-05-28T08:58:24.863Z',
        transactionId: '556',
      },
    ],
    ['a delete', debezium.postgresDelete, { ...customers, operation: 'delete' }],
    ['a row of a snapshot', debezium.postgresRead, { ...customers, operation: 'read' }],
    [
      'a truncate',
      debezium.postgresTruncate,
      {
        ...customers,
        operation: 'truncate',
        committedTime: '2019-05-28T08:58:24.863Z',
        position: '00000000/02C5E2F8', // 46,523,128
        transactionId: '557',
      },
    ],
    [
      'a logical message, which belongs to no table',
      debezium.postgresMessage,
      {
        ...customers,
        operation: 'message',
        schema: null,
        table: null,
        committedTime: '2019-05-28T08:58:24.863Z',
        position: '00000000/02C5E2F8',
        transactionId: null,
      },
    ],
    [
      'integers beyond 2^53, exactly',
      debezium.postgresBeyond53Bits,
      { ...customers, position: '00200000/00000001', transactionId: '9223372036854775807' },
    ],
    ['an unwrapped record, whatever its columns are called', debezium.unwrappedUpdate, tickets],
    [
      'an unwrapped delete in a schema wrapper, its fields named after their block',
      debezium.unwrappedDeleteWithSchema,
      { ...tickets, operation: 'delete', committedTime: '2026-09-29T21:19:02.118Z', transactionId: null },
    ],
    ['a CloudEvent of the older type', debezium.cloudEventOldType, cloudEvent],
    [
      'a CloudEvent of the newer type, the transaction only in its block',
      debezium.cloudEventNewType,
      { ...cloudEvent, operation: 'create', committedTime: '2020-01-13T13:55:39.738941Z' },
    ],
    [
      'a CloudEvent with its own time alone',
      debezium.cloudEventOldType.replace('"iodebeziumtsms": "1578923739738", ', ''),
      cloudEvent,
    ],
    ['an envelope that a relay put into a CloudEvent', debezium.cloudEventAroundEnvelope, customers],
    [
      'an event with its place in its transaction',
      debezium.postgresCreate.replace(
        /}\s*$/,
        ',"transaction":{"id":"555:24023128","total_order":4,"data_collection_order":1}}',
      ),
      { ...customers, index: 4 },
    ],
    [
      'an event of our own capture, placed by its commit',
      '{"before":null,"after":{"id":1},"source":{"version":"1","connector":"postgresql","name":"shop","ts_ms":1764158400000,"snapshot":"false",' +
        '"db":"shop","ts_us":1764158400000123,"schema":"public","table":"orders","txId":755,"lsn":24023128,"commit_lsn":18446744073709551615},' +
        '"op":"c","ts_ms":1764158400050,"transaction":{"id":"755:18446744073709551615","total_order":12}}',
      {
        ...{ operation: 'create', database: 'shop', schema: 'public', table: 'orders' },
        ...{
          committedTime: '2025-11-26T12:00:00.000123Z',
          position: 'FFFFFFFF/FFFFFFFF',
          index: 12,
          transactionId: '755',
        },
      },
    ],
  ])('%s', (_name, text, expected) => {
    expect(recogniseText(text)).toEqual(expected);
  });
});

describe('a Debezium event of MongoDB', () => {
  test.each<[string, string, Change]>([
    ['an update in a transaction', debezium.mongodbUpdate, mongoCustomers],
    [
      'a delete of a version without wall time, in a schema wrapper',
      debezium.mongodbDeleteWithSchema,
      {
        ...mongoCustomers,
        operation: 'delete',
        committedTime: '2019-05-27T13:58:28.000Z',
        position: '1558965508:0000000006',
        transactionId: null,
      },
    ],
    [
      'an unwrapped document',
      debezium.unwrappedDocument,
      {
        ...mongoCustomers,
        operation: 'create',
        database: 'shop',
        table: 'orders',
        committedTime: '2024-05-28T16:05:45.000Z',
        position: '1716912345:0000000012',
        transactionId: null,
      },
    ],
    ['a CloudEvent', debezium.cloudEventMongodb, { ...mongoCustomers, transactionId: null }],
  ])('%s', (_name, text, expected) => {
    expect(recogniseText(text)).toEqual(expected);
  });
});

describe('wal2json', () => {
  test.each<[string, string, Change]>([
    [
      'a transaction of format 1, with the number of its changes',
      wal2json.format1,
      {
        operation: 'transaction',
        database: null,
        schema: null,
        table: null,
        committedTime: '2018-07-13T20:24:44.152109Z', // 13:24 at -07
        position: '00000000/016751E8',
        transactionId: '598',
        changes: 3,
      },
    ],
    [
      'an empty transaction of format 1, without options',
      wal2json.format1Empty,
      { ...boundary, committedTime: null, position: null, transactionId: null },
    ],
    ['an insert, its time in another zone and without trailing zeros', wal2json.insert, walOrders],
    [
      'an update',
      wal2json.update,
      {
        ...walOrders,
        operation: 'update',
        committedTime: '2026-11-22T22:59:58.700001Z',
        position: '00000016/B374D8A0',
      },
    ],
    [
      'a delete in the first microsecond of a second',
      wal2json.remove,
      {
        ...walOrders,
        operation: 'delete',
        committedTime: '2026-11-22T22:59:58.000000Z',
        position: '00000016/B374D8A0',
      },
    ],
    [
      'a truncate without a time',
      wal2json.truncate,
      { ...walOrders, operation: 'truncate', committedTime: null, position: '00000016/B374D8A0', transactionId: '772' },
    ],
    [
      'a message outside a transaction',
      wal2json.message,
      {
        ...walOrders,
        operation: 'message',
        schema: null,
        table: null,
        committedTime: null,
        position: '00000000/0175B688',
        transactionId: null,
      },
    ],
    ['the beginning of a transaction', wal2json.begin, { ...boundary, position: '00000016/B374D9F0' }],
    ['the end of a transaction', wal2json.commit, { ...boundary, position: '00000016/B374D9F0' }],
    [
      'a beginning without any option',
      wal2json.bareBegin,
      { ...boundary, committedTime: null, position: null, transactionId: null },
    ],
  ])('%s', (_name, text, expected) => {
    expect(recogniseText(text)).toEqual(expected);
  });
});

describe('a MongoDB change-stream document', () => {
  test.each<[string, string, Change]>([
    ['an insert in a transaction, relaxed', changeStream.insert, orders],
    ['the same, canonical', changeStream.insertCanonical, orders],
    ['the same, as JSON.stringify writes the driver’s types', changeStream.insertOfNodeDriver, orders],
    ['an update without wall time, so to the second', changeStream.update, ordersUpdate],
    ['a replace', changeStream.ofCollection('replace'), { ...ordersUpdate, operation: 'replace' }],
    ['a delete', changeStream.ofCollection('delete'), { ...ordersUpdate, operation: 'delete' }],
    ['a drop', changeStream.ofCollection('drop'), { ...ordersUpdate, operation: 'drop' }],
    ['a rename', changeStream.ofCollection('rename'), { ...ordersUpdate, operation: 'rename' }],
    ['a new collection', changeStream.ofCollection('create'), { ...ordersUpdate, operation: 'createCollection' }],
    ['new indexes', changeStream.ofCollection('createIndexes'), { ...ordersUpdate, operation: 'createIndexes' }],
    [
      'a dropped database',
      changeStream.dropDatabase,
      {
        ...orders,
        operation: 'dropDatabase',
        table: null,
        committedTime: '2024-05-28T16:05:45.001Z',
        position: '1716912345:0000000001',
        transactionId: null,
      },
    ],
    [
      'the end of a stream, its time without a fraction',
      changeStream.invalidate,
      {
        ...orders,
        operation: 'invalidate',
        database: null,
        table: null,
        committedTime: '2024-05-28T16:05:45.000Z',
        position: '1716912345:0000000002',
        transactionId: null,
      },
    ],
  ])('%s', (_name, text, expected) => {
    expect(recogniseText(text)).toEqual(expected);
  });

  test('keeps a transaction number beyond 2^53', () => {
    const change = recogniseText(changeStream.insert.replace('"txnNumber": 3', '"txnNumber": 9007199254740993'));
    expect(change?.transactionId).toBe(`${LSID}:9007199254740993`);
  });

  test.each([
    ['an increment beyond 32 bits', '"i": 4294967296'],
    ['a negative increment', '"i": -1'],
    ['an increment that is missing', '"j": 7'],
  ])('has no position with %s', (_name, increment) => {
    expect(recogniseText(changeStream.insert.replace('"i": 7', increment))).toEqual({ ...orders, position: null });
  });

  test('shows a session that is called a UUID and is too short for one as it stands', () => {
    const change = recogniseText(changeStream.insert.replace('NX7MXcLdRi6pIT86e52k5A==', 'NX7MXcLdRi4='));
    expect(change?.transactionId).toBe('NX7MXcLdRi4=:3');
  });

  test('shows a session that is not a UUID as the base64 that it is', () => {
    const change = recogniseText(changeStream.insert.replace('"subType": "04"', '"subType": "00"'));
    expect(change?.transactionId).toBe('NX7MXcLdRi6pIT86e52k5A==:3');
  });
});

describe('what is not a change that we know', () => {
  test.each([
    ['a heartbeat', debezium.heartbeat],
    ['a transaction boundary of Debezium', debezium.transactionBoundary],
    ['another connector', debezium.postgresCreate.replace('"postgresql"', '"mysql"')],
    ['an operation of the future', debezium.postgresCreate.replace('"op": "c"', '"op": "x"')],
    ['a source that is text', '{"op":"c","source":"postgresql"}'],
    ['an operation that is an object', debezium.postgresCreate.replace('"op": "c"', '"op": {"$op": "c"}')],
    ['an operation named like a method', debezium.postgresCreate.replace('"op": "c"', '"op": "constructor"')],
    ['an unknown kind of change event', changeStream.ofCollection('fullMoon')],
    ['an operationType named like a method', changeStream.ofCollection('__proto__')],
    ['an operationType without a resume token or cluster time', '{"operationType":"insert"}'],
    ['an operationType beside an _id that is no resume token', '{"_id":{"$oid":"65"},"operationType":"update"}'],
    ['an empty list of changes of something else', '{"change":[],"customer":7}'],
    ['an action of someone else', '{"action":"I","who":"me"}'],
    ['an action of someone else that begins something', '{"action":"B","song":"Blackbird"}'],
    ['a list of changes of someone else', '{"change":[{"from":1,"to":2}]}'],
    [
      'a CloudEvent of someone else',
      '{"specversion":"1.0","id":"1","type":"order.placed","source":"/shop","data":{"id":1}}',
    ],
    ['an array', '[{"op":"c"}]'],
    ['a number', '5'],
    ['text', '"c"'],
    ['null', 'null'],
    ['a wrapper around nothing', '{"schema":null,"payload":null}'],
  ])('%s is null', (_name, text) => {
    expect(recogniseText(text)).toBeNull();
  });

  test('facts of the wrong type are null, and the rest of the change stays', () => {
    const source = {
      connector: 'postgresql',
      db: {},
      schema: 5,
      table: ['a'],
      lsn: '16/',
      txId: 1.5,
      ts_us: 'soon',
      ts_ms: -1e300,
    };
    expect(recogniseText(JSON.stringify({ op: 'u', source }))).toEqual({
      operation: 'update',
      database: null,
      schema: null,
      table: null,
      committedTime: null,
      position: null,
      transactionId: null,
    });
  });

  test('numbers that only look like large integers are null rather than rounded', () => {
    const change = recogniseText(debezium.postgresCreate.replace('"lsn": 24023128', '"lsn": 1e20'));
    expect(change).toEqual({ ...customers, position: null });
  });

  test('hostile shapes never throw, nor change what is on the prototype', () => {
    const key = fc.constantFrom(
      ...[
        'op',
        '__op',
        'source',
        'connector',
        'schema',
        'payload',
        'operationType',
        'clusterTime',
        '$timestamp',
        't',
        'i',
        '_id',
      ],
      ...[
        'specversion',
        'iodebeziumop',
        'action',
        'change',
        'kind',
        'table',
        'lsn',
        'txId',
        'ts_us',
        'ts_ms',
        'wallTime',
        '$date',
      ],
      ...[
        'lsid',
        'id',
        '$binary',
        'base64',
        'subType',
        'txnNumber',
        '$numberLong',
        '__proto__',
        'constructor',
        'data',
        'type',
      ],
    );
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'medium' },
        fc.constantFrom<unknown>(
          'c',
          'I',
          'insert',
          'postgresql',
          'mongodb',
          '1.0',
          '16/B374D848',
          '2026-11-22T23:59:59Z',
          '04',
          '',
        ),
        fc.constantFrom<unknown>(null, true, 0, -1, 2 ** 60, 1e308, 1.5, '9'.repeat(400)),
        fc.array(tie('value'), { maxLength: 3 }),
        fc
          .array(fc.tuple(key, tie('value')), { maxLength: 6 })
          .map((entries) => Object.fromEntries(entries) as unknown),
      ),
    }));
    fc.assert(
      fc.property(value, (hostile) => {
        const text = JSON.stringify(hostile);
        recognise(JSON.parse(text), text);
        recognise(hostile, 'not the text at all');
        return !('polluted' in {}) && Object.keys(Object.prototype).length === 0;
      }),
      { numRuns: 2000 },
    );
  });
});
