import { type Change } from '../../../src/lib/decode/change';
import * as changeStream from '../events/change-stream';
import { recogniseText, LSID, orders, ordersUpdate } from './facts';

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

  test('as our own capture tells a document of a snapshot', () => {
    const text =
      '{"operationType":"read","clusterTime":{"$timestamp":{"t":1716912345,"i":7}},"ns":{"db":"shop","coll":"orders"},' +
      '"documentKey":{"_id":1},"fullDocument":{"_id":1},"source":{"version":"1","connector":"mongodb","name":"carts","history":2}}';
    expect(recogniseText(text)).toEqual({
      ...{ operation: 'read', server: 'carts', history: 2, database: 'shop', schema: null, table: 'orders' },
      ...{ committedTime: '2024-05-28T16:05:45.000Z', position: '1716912345:0000000007', transactionId: null },
    });
  });
});
