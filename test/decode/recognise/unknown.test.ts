import fc from 'fast-check';
import { recognise } from '../../../src/lib/decode/recognise';
import * as changeStream from '../events/change-stream';
import * as debezium from '../events/debezium';
import { recogniseText, customers } from './facts';

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
      name: ['shop'],
      history: 'one',
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
      server: null,
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
