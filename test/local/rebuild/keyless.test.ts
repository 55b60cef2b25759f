import { KeylessTables, type Keyless } from '../../../local/rebuild/keyless';
import { lakeOf, mongo, postgres, snapshot, type HubEvent } from './lake';

const ORDERS = { database: 'shop', schema: 'public', table: 'orders' };

function rebuilt(events: readonly HubEvent[], tables = [ORDERS]): Keyless {
  const keyless = new KeylessTables(tables);
  for (const { bytes } of lakeOf(events)) keyless.note(bytes);
  return keyless.rebuilt();
}

const rowsOf = ({ tables }: Keyless): unknown[] => [...(tables.get('shop.public.orders')?.values() ?? [])];

const A = '{"n":1.50,"t":"a"}';
const B = '{"n":2,"t":"b"}';

test('rows that are alike count as often as they are there', () => {
  const found = rebuilt([
    snapshot('(0,1)', A),
    snapshot('(0,2)', A),
    snapshot('(0,3)', B),
    postgres({ op: 'c', at: 2, after: A }),
    postgres({ op: 'd', at: 3, before: A }),
    postgres({ op: 'u', at: 4, before: B, after: A }),
  ]);
  expect(rowsOf(found)).toEqual([1, 2, 3].map(() => ({ n: '1.50', t: '"a"' })));
  expect([...found.unplaced]).toEqual([]);
});

test('the order is the source’s, whatever the order of the files', () => {
  const events = [
    postgres({ op: 'd', at: 3, before: A, partition: 1 }),
    postgres({ op: 'c', at: 2, index: 2, after: B, partition: 2 }),
    postgres({ op: 't', at: 2, index: 1, partition: 3 }),
    postgres({ op: 'c', at: 2, index: 10, after: A, partition: 0 }),
    postgres({ op: 'c', at: 1, after: A, partition: 5 }),
    snapshot('(0,1)', A, { partition: 4 }),
  ];
  for (const order of [events, events.toReversed()]) {
    expect(rowsOf(rebuilt(order))).toEqual([{ n: '2', t: '"b"' }]);
    expect(rebuilt(order).unplaced.size).toBe(0);
  }
});

test('what was sent twice under one eventId counts once', () => {
  const again = postgres({ op: 'c', at: 2, after: A });
  expect(rowsOf(rebuilt([again, postgres({ op: 'c', at: 3, after: B }), again]))).toHaveLength(2);
});

test('a long value that was not touched is in the row before', () => {
  const update = { op: 'u', at: 3, before: '{"n":1.50,"t":"long"}', after: '{"n":7}', unchanged: ['t'] } as const;
  const created = postgres({ op: 'c', at: 2, after: '{"n":1.50,"t":"long"}' });
  expect(rowsOf(rebuilt([created, postgres(update)]))).toEqual([{ n: '7', t: '"long"' }]);
});

test('a change that names no row, or one that is not there, is counted by table', () => {
  const { unplaced } = rebuilt([
    postgres({ op: 'c', at: 2, after: A }),
    postgres({ op: 'd', at: 3 }),
    postgres({ op: 'u', at: 4, after: B }),
    postgres({ op: 'd', at: 5, before: B }),
  ]);
  expect([...unplaced]).toEqual([['shop.public.orders', 3]]);
});

test('what cannot be placed before the first TRUNCATE of a table is not counted; behind it everything is', () => {
  const early = postgres({ op: 'u', at: 2, before: A, after: B });
  const late = postgres({ op: 'd', at: 4, before: B });
  expect([...rebuilt([early, postgres({ op: 't', at: 3 })]).unplaced]).toEqual([]);
  expect([...rebuilt([early, postgres({ op: 't', at: 3 }), late]).unplaced]).toEqual([['shop.public.orders', 1]]);
  const second = [early, postgres({ op: 't', at: 3 }), late, postgres({ op: 't', at: 5 })];
  expect([...rebuilt(second).unplaced]).toEqual([['shop.public.orders', 1]]);
});

test('other tables, and what is no change of a row, are passed over', () => {
  const found = rebuilt([
    postgres({ op: 'c', at: 2, after: A, table: 'customers' }),
    postgres({ op: 'c', at: 3, after: '{"n":1,"t":"\\"table\\":\\"orders\\""}', table: 'customers' }),
    postgres({ op: 'm', at: 4 }),
    mongo({ operation: 'insert', at: 5, key: '{"_id":1}', document: '{"_id":1}' }),
  ]);
  expect(rowsOf(found)).toEqual([]);
  expect(found.tables.size).toBe(1);
});

describe('a snapshot that was interrupted reads rows that are in the stream, too', () => {
  const read = (place: string, after: string, transactionId: string): HubEvent =>
    snapshot(place, after, { transactionId });

  test('a row that a transaction of the stream wrote counts once; one alike that was there before counts, too', () => {
    const found = rebuilt([
      read('(0,1)', A, '700'),
      read('(0,2)', A, '771'),
      postgres({ op: 'c', at: 2, after: A, transactionId: '771' }),
    ]);
    expect(rowsOf(found)).toHaveLength(2);
  });

  test('a row that was written behind a savepoint has the number of the savepoint', () => {
    const made = postgres({ op: 'c', at: 2, after: A, transactionId: '4294967290' });
    expect(rowsOf(rebuilt([read('(0,2)', A, '3'), made]))).toHaveLength(1);
  });

  test('an update whose row was read only as it is behind it has its place, and a TRUNCATE before it takes nothing of it', () => {
    const update = postgres({ op: 'u', at: 4, before: B, after: A, transactionId: '772' });
    const later = postgres({ op: 'd', at: 5, before: A, transactionId: '773' });
    const found = rebuilt([read('(0,9)', A, '772'), postgres({ op: 't', at: 3 }), update]);
    expect(rowsOf(found)).toEqual([{ n: '1.50', t: '"a"' }]);
    expect([...found.unplaced]).toEqual([]);
    expect(rowsOf(rebuilt([read('(0,9)', A, '772'), update, later]))).toEqual([]);
  });
});
