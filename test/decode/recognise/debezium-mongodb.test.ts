import { type Change } from '../../../src/lib/decode/change';
import * as debezium from '../events/debezium';
import { recogniseText, mongoCustomers } from './facts';

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
        server: null,
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
