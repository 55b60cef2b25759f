import { rebuild, type Rebuilt } from '../../../local/rebuild/rebuild';
import { type TableKey } from '../../../local/rebuild/tables';
import { claimed, lakeOf, mongo, postgres, snapshot, type HubEvent, type PostgresChange } from './lake';

const ID: TableKey = { database: 'shop', schema: 'public', table: 'orders', columns: ['id'] };
const KEYS = [ID, { ...ID, table: 'next' }];

const rebuilt = (events: readonly HubEvent[], keys: readonly TableKey[] = KEYS): Promise<Rebuilt> =>
  rebuild({ lakeFiles: lakeOf(events), keys });

/** The rows' keys and `v`, by table, whatever order the events arrive in. */
async function tables(events: readonly HubEvent[], keys?: readonly TableKey[]): Promise<object> {
  const [there, back] = [await rebuilt(events, keys), await rebuilt(events.toReversed(), keys)];
  expect(back).toEqual(there);
  const values = [...there.tables].map(([name, rows]) => [
    name,
    Object.fromEntries([...rows].map(([key, { v }]) => [key, v])),
  ]);
  return Object.fromEntries(values) as object;
}

const row = (id: number, v: string): string => `{"id":${id},"v":"${v}"}`;
const create = (at: number, id: number, v: string, more: Partial<PostgresChange> = {}): HubEvent =>
  postgres({ op: 'c', at, after: row(id, v), ...more });

describe('two servers with databases of one name', () => {
  const events = [
    create(1, 1, 'a', { server: 'a' }),
    create(1, 1, 'b', { server: 'b' }),
    create(2, 2, 'b', { server: 'b' }),
  ];

  test('have tables of their own', async () => {
    expect(await tables(events)).toEqual({
      'a/shop.public.orders': { '[1]': '"a"' },
      'b/shop.public.orders': { '[1]': '"b"', '[2]': '"b"' },
    });
  });

  test('may have keys of their own, beside those of every server', async () => {
    expect(await tables(events, [ID, { ...ID, server: 'b', columns: ['v', 'id'] }])).toEqual({
      'a/shop.public.orders': { '[1]': '"a"' },
      'b/shop.public.orders': { '["b",1]': '"b"', '["b",2]': '"b"' },
    });
  });
});

test('a later history stands behind an earlier one, whatever its positions', async () => {
  const events = [
    create(900, 1, 'first', { history: 1 }),
    postgres({ op: 'u', at: 100, after: row(1, 'second'), history: 2 }),
    create(1000, 2, 'no history', {}),
    postgres({ op: 'u', at: 1, after: row(2, 'second'), history: 2 }),
  ];
  expect(await tables(events)).toEqual({ 'shop.public.orders': { '[1]': '"second"', '[2]': '"second"' } });
});

describe('the OID of a table', () => {
  const of = (relation: number, more: Partial<PostgresChange> = {}): Partial<PostgresChange> => ({
    ...{ relation, server: 's', history: 1 },
    ...more,
  });
  const orders = 's/shop.public.orders';

  test('that is another one under the name: the rows of the table that was dropped are gone, and told', async () => {
    const events = [create(1, 1, 'gone', of(10)), create(2, 2, 'gone', of(10)), create(3, 2, 'new', of(11))];
    expect(await tables(events)).toEqual({ [orders]: { '[2]': '"new"' } });
    expect((await rebuilt(events)).leftOut).toEqual([
      { table: orders, reason: 'another table has its name', changes: 2 },
    ]);
  });

  test('takes its rows with it when the table is renamed over another one', async () => {
    const events = [
      create(1, 1, 'old', of(10)),
      create(2, 2, 'old', of(10)),
      create(3, 2, 'new', of(11, { table: 'next' })),
      create(4, 3, 'new', of(11, { table: 'next' })),
      postgres({ op: 'u', at: 5, after: row(2, 'newer'), ...of(11) }),
    ];
    expect(await tables(events)).toEqual({ [orders]: { '[2]': '"newer"', '[3]': '"new"' } });
    // The database knows the key of its tables of today alone.
    expect(await tables(events, [ID])).toEqual({ [orders]: { '[2]': '"newer"', '[3]': '"new"' } });
  });

  test('comes back to its name with its rows', async () => {
    const events = [
      create(1, 1, 'old', of(10)),
      create(2, 2, 'new', of(11, { table: 'next' })),
      create(3, 3, 'new', of(11)),
      create(4, 4, 'old', of(10)),
    ];
    expect(await tables(events)).toEqual({ [orders]: { '[1]': '"old"', '[4]': '"old"' } });
  });

  test('is the same table in a later history under the same name, and another one under another', async () => {
    const later = (more: Partial<PostgresChange>): Partial<PostgresChange> => of(10, { history: 2, ...more });
    expect(await tables([create(9, 1, 'kept', of(10)), create(1, 2, 'new', later({}))])).toEqual({
      [orders]: { '[1]': '"kept"', '[2]': '"new"' },
    });
    expect(await tables([create(9, 1, 'kept', of(10)), create(1, 2, 'new', later({ table: 'next' }))])).toEqual({
      [orders]: { '[1]': '"kept"' },
      's/shop.public.next': { '[2]': '"new"' },
    });
  });

  test('has truncates and unchanged values of its own', async () => {
    const events = [
      postgres({ op: 't', at: 9, ...of(10, { table: 'next' }) }),
      create(1, 1, 'kept', of(11)),
      postgres({ op: 'u', at: 2, after: '{"id":1}', unchanged: ['v'], ...of(11, { table: 'next' }) }),
      create(10, 1, 'other', of(10)),
    ];
    expect(await tables(events)).toEqual({ 's/shop.public.next': { '[1]': '"kept"' }, [orders]: { '[1]': '"other"' } });
  });
});

describe('a claim that is missing', () => {
  const created = postgres({ op: 'c', at: 1, after: row(1, 'old') });
  const big = postgres({ op: 'u', at: 2, after: row(1, 'big') });
  const other = create(1, 2, 'other', { table: 'next', index: 5 });
  const reason = { table: 'shop.public.orders', reason: 'claim is missing', changes: 1 };

  test('makes its row unknown, and no other', async () => {
    const [reference] = claimed(big, 'a1');
    const {
      tables: found,
      leftOut,
      unsure,
    } = await rebuilt([created, reference, create(1, 3, 'sure', { index: 2 }), other]);
    expect(found.get('shop.public.orders')).toEqual(
      new Map(Object.entries({ '[1]': {}, '[3]': { id: '3', v: '"sure"' } })),
    );
    expect(found.get('shop.public.next')).toEqual(new Map([['[2]', { id: '2', v: '"other"' }]]));
    expect(leftOut).toEqual([reason]);
    expect(unsure).toEqual([{ table: 'shop.public.orders', key: '[1]', columns: ['*'] }]);
  });

  test('leaves what it may have changed unknown after later changes, too', async () => {
    const [reference] = claimed(big, 'a1');
    const later = postgres({ op: 'u', at: 3, after: '{"id":1}', unchanged: ['v'] });
    const { tables: found, unsure } = await rebuilt([created, reference, later]);
    expect(found.get('shop.public.orders')?.get('[1]')).toEqual({ id: '1', v: 'null' });
    expect(unsure).toEqual([{ table: 'shop.public.orders', key: '[1]', columns: ['v'] }]);
  });

  test.each(['', 'not json', '{"cut":'])('or is damaged (%p) is the same', async (content) => {
    const [reference, file] = claimed(big, 'a1');
    const lakeFiles = [{ ...file, bytes: Buffer.from(content) }, ...lakeOf([created, reference])];
    const { leftOut } = await rebuild({ lakeFiles, keys: KEYS });
    expect(leftOut).toEqual([reason]);
    const bytes = Buffer.of(0xff, 0x00, 0x7b);
    expect((await rebuild({ lakeFiles: [{ ...file, bytes }, ...lakeFiles.slice(1)], keys: KEYS })).leftOut).toEqual([
      reason,
    ]);
  });

  test.each([
    ['of a delete removes the row', { op: 'd', at: 2, before: row(1, 'big') } as const, 'public.orders/[1]', []],
    ['whose row is not stated is told by table', { op: 'u', at: 2 } as const, 'else', ['[1]']],
  ])('%s', async (_name, change, rowKey, keys) => {
    const [reference] = claimed(postgres(change), 'a1', rowKey);
    const { tables: found, leftOut } = await rebuilt([created, reference]);
    expect([...(found.get('shop.public.orders') ?? new Map<string, never>()).keys()]).toEqual(keys);
    expect(leftOut).toEqual([reason]);
  });

  test('of a document makes that document unknown', async () => {
    const key = '{"_id":{"$oid":"a"}}';
    const event = mongo({ operation: 'insert', at: 1, key, document: '{}' });
    const [reference] = claimed(event, 'a1', 'shop.carts/{"_id":{"$oid":"a"},"region":"eu"}');
    expect(await rebuilt([reference])).toEqual({
      tables: new Map([['shop.carts', new Map([[key, {}]])]]),
      leftOut: [{ table: 'shop.carts', reason: 'claim is missing', changes: 1 }],
      unsure: [{ table: 'shop.carts', key, columns: ['*'] }],
    });
  });
});

test('a line that was erased by hand leaves the others as they are, and is told', async () => {
  const erased = { ...create(1, 1, 'person'), payload: null, eventId: null };
  expect(await rebuilt([erased, create(2, 2, 'stays')])).toMatchObject({
    tables: new Map([['shop.public.orders', new Map([['[2]', { id: '2', v: '"stays"' }]])]]),
    leftOut: [{ table: 'shop.public.orders', reason: 'payload is erased', changes: 1 }],
  });
});

describe('a collection that is renamed over another one', () => {
  const insert = (at: number, id: number, collection: string, history?: number): HubEvent =>
    mongo({
      operation: 'insert',
      at,
      key: `{"_id":${id}}`,
      document: `{"v":"${at}"}`,
      collection,
      ...(history === undefined ? {} : { history }),
    });
  const events = (history?: number): HubEvent[] => [
    insert(1, 1, 'report', history),
    insert(2, 2, 'draft', history),
    mongo({
      operation: 'rename',
      at: 3,
      collection: 'draft',
      to: 'report',
      eventId: '823',
      ...(history === undefined ? {} : { history }),
    }),
  ];

  test('takes the documents of both names away; those that our capture reads then are there, and what changed since', async () => {
    const read = mongo({
      operation: 'read',
      at: 3,
      key: '{"_id":2}',
      document: '{"v":"2"}',
      collection: 'report',
      eventId: 'r',
      history: 1,
    });
    expect(await tables([...events(1), read])).toEqual({ 'shop.report': { '{"_id":2}': '"2"' } });
    expect(await tables([...events(1), read, insert(4, 3, 'report', 1)])).toEqual({
      'shop.report': { '{"_id":2}': '"2"', '{"_id":3}': '"4"' },
    });
    expect((await rebuilt([...events(1), read])).leftOut).toEqual([]);
  });

  test('is told under its new name where another sender says so', async () => {
    const { tables: found, leftOut } = await rebuilt(events());
    expect(found).toEqual(new Map());
    expect(leftOut).toEqual([{ table: 'shop.report', reason: 'renamed collection', changes: 1 }]);
  });
});

describe('a delete and a create of one _id at one cluster time', () => {
  const change = (operation: string, shard: string, eventId: string): HubEvent => {
    const key = `{"region":"${shard}","_id":1}`;
    return mongo({ operation, at: 5, key, eventId, ...(operation === 'insert' ? { document: '{"v":"new"}' } : {}) });
  };

  test.each(['821', '823'])('under two shard keys are a document that moved: it is there (%s)', async (eventId) => {
    expect(await tables([change('delete', 'eu', '822'), change('insert', 'us', eventId)])).toEqual({
      'shop.carts': { '{"_id":1}': '"new"' },
    });
  });

  test('there and back again end where the tokens of the last shard key end', async () => {
    const [away, back] = [change('delete', 'eu', '8201'), change('insert', 'eu', '8202')];
    const { payload, ...other } = change('insert', 'us', '8203');
    const there = { ...other, payload: payload?.replace('new', 'in between') ?? null };
    const events = [away, there, back, change('delete', 'us', '8204')];
    expect(await tables(events)).toEqual({ 'shop.carts': { '{"_id":1}': '"new"' } });
    expect(await tables([...events, change('delete', 'eu', '8205')])).toEqual({});
  });

  test('under one are in the order of the resume tokens', async () => {
    expect(await tables([change('insert', 'eu', '821'), change('delete', 'eu', '822')])).toEqual({});
    expect(await tables([change('insert', 'eu', '822'), change('delete', 'eu', '821')])).toEqual({
      'shop.carts': { '{"_id":1}': '"new"' },
    });
  });
});

describe('a delete by a shard that is later than the create on another one', () => {
  const key = (region: string, name = 'address.region'): string => `{"${name}":"${region}","_id":1}`;
  const document = (region: string): string => `{"_id":1,"address":{"region":"${region}"},"v":"${region}"}`;
  const insert = mongo({ operation: 'insert', at: 5, key: key('us'), document: document('us') });
  const remove = (region: string, at: number, name?: string): HubEvent =>
    mongo({ operation: 'delete', at, key: key(region, name) });
  const there = { 'shop.carts': { '{"_id":1}': '"us"' } };

  test('does not remove the document, one under its own shard key does', async () => {
    const late = [
      mongo({ operation: 'insert', at: 1, key: key('eu'), document: document('eu') }),
      insert,
      remove('eu', 6),
    ];
    expect(await tables(late)).toEqual(there);
    expect(await tables([...late, remove('us', 7)])).toEqual({});
  });

  test('is compared with the document where the shard key changed in place, or a snapshot read it', async () => {
    const update = mongo({ operation: 'update', at: 6, key: key('us'), document: document('asia') });
    expect(await tables([insert, update, remove('asia', 7)])).toEqual({});
    const read = mongo({ operation: 'read', at: 5, key: '{"_id":1}', document: document('us'), eventId: 'r' });
    expect(await tables([read, remove('eu', 6)])).toEqual(there);
  });

  test('is compared with the documentKey where the document does not state the shard key, if both have the same fields', async () => {
    const bare = mongo({ operation: 'insert', at: 5, key: key('us'), document: '{"v":"us"}' });
    expect(await tables([bare, remove('eu', 6)])).toEqual(there);
    expect(await tables([bare, remove('eu', 6, 'city')])).toEqual({});
  });
});

test('a snapshot row of a table with an OID gives way to the stream', async () => {
  const more = { relation: 10, server: 's', history: 1 };
  expect(await tables([create(5, 1, 'stream', more), snapshot('1', row(1, 'late'), more)])).toEqual({
    's/shop.public.orders': { '[1]': '"stream"' },
  });
});
