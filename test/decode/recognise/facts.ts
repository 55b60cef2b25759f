import { type Change } from '../../../src/lib/decode/change';
import { recognise } from '../../../src/lib/decode/recognise';

/** What the events of ../events say that happened. */

export const recogniseText = (text: string): Change | null => recognise(JSON.parse(text), text);

export const LSID = '357ecc5d-c2dd-462e-a921-3f3a7b9da4e4';

export const customers: Change = {
  operation: 'create',
  server: 'shop',
  database: 'shop',
  schema: 'public',
  table: 'customers',
  committedTime: '2019-05-28T08:58:24.863123Z',
  position: '00000000/016E9058', // 24,023,128
  transactionId: '555',
};
export const tickets: Change = {
  operation: 'update',
  server: null,
  database: 'shop',
  schema: 'public',
  table: 'tickets',
  committedTime: '2026-09-29T21:19:02.118456Z',
  position: '00000000/01789B8D', // 24,681,357
  transactionId: '771',
};
export const cloudEvent: Change = {
  operation: 'read',
  server: 'test_server',
  database: 'postgres',
  schema: 's1',
  table: 'a',
  committedTime: '2020-01-13T13:55:39.738Z',
  position: '00000000/01BEB2D0', // 29,274,832
  transactionId: '565',
};
export const mongoCustomers: Change = {
  operation: 'update',
  server: 'fulfillment',
  database: 'inventory',
  schema: null,
  table: 'customers',
  committedTime: '2024-05-28T16:05:45.678Z',
  position: '1716912345:0000000007',
  transactionId: `${LSID}:3`,
};
export const walOrders: Change = {
  operation: 'create',
  server: null,
  database: null,
  schema: 'public',
  table: 'orders',
  committedTime: '2026-11-22T22:59:58.700000Z',
  position: '00000016/B374D848',
  transactionId: '771',
};
export const boundary: Change = { ...walOrders, operation: 'transaction', schema: null, table: null, changes: 0 };
export const orders: Change = {
  operation: 'create',
  server: null,
  database: 'shop',
  schema: null,
  table: 'orders',
  committedTime: '2024-05-28T16:05:45.678Z',
  position: '1716912345:0000000007',
  transactionId: `${LSID}:3`,
};
export const ordersUpdate: Change = {
  ...orders,
  operation: 'update',
  committedTime: '2024-05-28T16:05:45.000Z',
  position: '1716912345:0000000012',
  transactionId: null,
};
