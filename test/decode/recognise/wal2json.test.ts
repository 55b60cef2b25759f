import { type Change } from '../../../src/lib/decode/change';
import * as wal2json from '../events/wal2json';
import { recogniseText, walOrders, boundary } from './facts';

describe('wal2json', () => {
  test.each<[string, string, Change]>([
    [
      'a transaction of format 1, with the number of its changes',
      wal2json.format1,
      {
        operation: 'transaction',
        server: null,
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
