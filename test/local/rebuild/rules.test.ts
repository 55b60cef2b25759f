import { rebuild, type Rebuilt } from '../../../local/rebuild/rebuild';
import { type TableKey } from '../../../local/rebuild/tables';
import { claimed, lakeOf, mongo, mongoSnapshot, postgres, snapshot, type HubEvent } from './lake';

const ID: TableKey = { database: 'shop', schema: 'public', table: 'orders', columns: ['id'] };

const rebuilt = (events: readonly HubEvent[], keys: readonly TableKey[] = [ID]): Promise<Rebuilt> =>
  rebuild({ lakeFiles: lakeOf(events), keys });

/** The rows of public.orders by key, each as pairs of column and token. */
async function orders(events: readonly HubEvent[], keys?: readonly TableKey[]): Promise<Record<string, unknown>> {
  const { tables, leftOut } = await rebuilt(events, keys);
  expect(leftOut).toEqual([]);
  return Object.fromEntries(tables.get('shop.public.orders') ?? []);
}

async function carts(events: readonly HubEvent[]): Promise<Record<string, unknown>> {
  return Object.fromEntries((await rebuilt(events)).tables.get('shop.carts') ?? []);
}

describe('the last change in the source decides', () => {
  const created = postgres({ op: 'c', at: 100, after: '{"id":1,"v":"a"}' });
  const updated = postgres({ op: 'u', at: 200, after: '{"id":1,"v":"b"}' });
  const deleted = postgres({ op: 'd', at: 300, before: '{"id":1}' });

  test('a row has the values of its last update', async () => {
    expect(await orders([created, updated])).toEqual({ '[1]': { id: '1', v: '"b"' } });
  });

  test('a deleted row is gone', async () => {
    expect(await orders([created, updated, deleted])).toEqual({});
  });

  test('changes that arrive in another order have the same outcome', async () => {
    expect(await orders([updated, created])).toEqual({ '[1]': { id: '1', v: '"b"' } });
    expect(await orders([deleted, updated, created])).toEqual({});
  });

  test('within a transaction the index decides, also beyond one digit', async () => {
    const changes = [10, 9, 2].map((index) => postgres({ op: 'u', at: 100, index, after: `{"id":1,"v":${index}}` }));
    expect(await orders(changes)).toEqual({ '[1]': { id: '1', v: '10' } });
  });

  test('a row that was deleted and created anew is there', async () => {
    const anew = postgres({ op: 'c', at: 300, index: 2, after: '{"id":1,"v":"c"}' });
    expect(await orders([anew, deleted, created])).toEqual({ '[1]': { id: '1', v: '"c"' } });
  });

  test("Debezium's events have no index: at one position the hub's order decides", async () => {
    const own = (after: string): HubEvent => postgres({ op: 'u', at: 100, index: null, eventId: null, after });
    expect(await orders([own('{"id":1,"v":1}'), own('{"id":1,"v":3}'), own('{"id":1,"v":2}')])).toEqual({
      '[1]': { id: '1', v: '2' },
    });
  });

  test("Debezium's converter may wrap its envelope", async () => {
    const { payload, ...rest } = created;
    expect(await orders([{ ...rest, payload: `{"schema":{"type":"struct"},"payload":${payload}}` }])).toEqual({
      '[1]': { id: '1', v: '"a"' },
    });
  });

  test('a snapshot row that was read late gives way to every change of the stream', async () => {
    const late = snapshot('1', '{"id":1,"v":"newer"}');
    expect(await orders([created, updated, late])).toEqual({ '[1]': { id: '1', v: '"b"' } });
    expect(await orders([deleted, late])).toEqual({});
    expect(await orders([late])).toEqual({ '[1]': { id: '1', v: '"newer"' } });
  });
});

describe('what was sent twice counts once', () => {
  test('a repeated update does not undo a later one of the same position', async () => {
    const first = postgres({ op: 'u', at: 100, index: null, after: '{"id":1,"v":1}', eventId: 'a' });
    const second = postgres({ op: 'u', at: 100, index: null, after: '{"id":1,"v":2}', eventId: 'b' });
    expect(await orders([first, second, first])).toEqual({ '[1]': { id: '1', v: '2' } });
  });

  test('of a snapshot row that was read twice the first stays', async () => {
    expect(await orders([snapshot('1', '{"id":1,"v":1}'), snapshot('1', '{"id":1,"v":2}')])).toEqual({
      '[1]': { id: '1', v: '1' },
    });
  });

  test('a file that is there twice, while its day is being optimised, is one', async () => {
    const [file] = lakeOf([postgres({ op: 'c', at: 100, after: '{"id":1}', eventId: null })]);
    if (file === undefined) throw new Error('no file');
    const merged = { ...file, path: file.path.replace('_1.json', '_01.json') };
    const { tables } = await rebuild({ lakeFiles: [file, merged], keys: [ID] });
    expect([...(tables.get('shop.public.orders') ?? [])]).toHaveLength(1);
  });

  test('events without an id that say the same are two', async () => {
    const changes = ['c', 'd', 'c'] as const;
    const events = changes.map((op) =>
      postgres({ op, at: 100, index: null, eventId: null, [op === 'd' ? 'before' : 'after']: '{"id":1}' }),
    );
    expect(await orders(events)).toEqual({ '[1]': { id: '1' } });
  });
});

describe('keys', () => {
  test('a change of the key moves the row, though its two halves are in two partitions at one position', async () => {
    const events = [
      postgres({ op: 'c', at: 100, after: '{"id":1,"v":"a"}', partition: 0 }),
      postgres({ op: 'd', at: 200, index: 1, before: '{"id":1}', partition: 0 }),
      postgres({ op: 'c', at: 200, index: 2, after: '{"id":2,"v":"a"}', partition: 1 }),
    ];
    expect(await orders(events)).toEqual({ '[2]': { id: '2', v: '"a"' } });
    expect(await orders(events.toReversed())).toEqual({ '[2]': { id: '2', v: '"a"' } });
  });

  test('a key of several columns is in the order that was given, in tokens', async () => {
    const columns = ['name', 'day/~"x'];
    const event = postgres({ op: 'c', at: 1, after: String.raw`{"day/~\"x":1.50,"v":0,"name":"a\"\\,é"}` });
    expect(Object.keys(await orders([event], [{ ...ID, columns }]))).toEqual([String.raw`["a\"\\,é",1.50]`]);
  });

  test('a large key that an update left out as unchanged comes from before', async () => {
    const event = postgres({ op: 'u', at: 1, before: '{"id":"big"}', after: '{"v":1}', unchanged: ['id'] });
    expect(await orders([postgres({ op: 'c', at: 0, after: '{"id":"big","v":0}' }), event])).toEqual({
      '["big"]': { id: '"big"', v: '1' },
    });
  });

  test('a table without a key is not rebuilt, and told', async () => {
    const event = postgres({ op: 'c', at: 1, after: '{"id":1}', table: 'log' });
    expect(await rebuilt([event, { ...event, eventId: 'another' }])).toEqual({
      tables: new Map(),
      leftOut: [{ table: 'shop.public.log', reason: 'table without key columns', changes: 2 }],
      unsure: [],
    });
  });

  test('a change in which the key does not stand is told', async () => {
    const { leftOut } = await rebuilt([
      postgres({ op: 'd', at: 1 }),
      { ...postgres({ op: 'u', at: 2 }), payload: '{"id":1,"__op":"u"}' },
    ]);
    expect(leftOut).toEqual([{ table: 'shop.public.orders', reason: 'no key in the change', changes: 2 }]);
  });
});

describe('truncates', () => {
  const before = postgres({ op: 'c', at: 100, after: '{"id":1}' });
  const truncate = postgres({ op: 't', at: 200, index: 2, partition: 1 });
  const after = postgres({ op: 'c', at: 200, index: 3, after: '{"id":2}' });

  test('a truncate removes the rows before it and none after it, whenever it arrives', async () => {
    const other = postgres({ op: 'c', at: 100, index: 7, after: '{"id":1}', table: 'other' });
    const keys = [ID, { ...ID, table: 'other' }];
    expect(await orders([truncate, after, before, other], keys)).toEqual({ '[2]': { id: '2' } });
    expect((await rebuilt([before, other, truncate], keys)).tables).toEqual(
      new Map([['shop.public.other', new Map([['[1]', { id: '1' }]])]]),
    );
  });

  test('an update before a truncate in the same transaction is gone with it', async () => {
    expect(await orders([truncate, postgres({ op: 'u', at: 200, index: 1, after: '{"id":1}' })])).toEqual({});
  });
});

describe('what says nothing about rows', () => {
  test('messages, transactions, tombstones and what is no change are left aside without a word', async () => {
    const message = { ...postgres({ op: 'm', at: 50, table: '' }), payload: '{"op":"m","message":{"prefix":"p"}}' };
    const transaction = { ...message, eventId: 'b', change: '{"operation":"transaction","changes":2}', payload: '[]' };
    const tombstone = { ...message, eventId: 'c', change: '{"operation":"tombstone"}', payload: null };
    const heartbeat = { ...message, eventId: 'd', change: 'null', payload: '{"ts_ms":1}' };
    const row = postgres({ op: 'c', at: 100, after: '{"id":1}' });
    expect(await orders([message, transaction, tombstone, row, heartbeat])).toEqual({ '[1]': { id: '1' } });
  });
});

describe('claims', () => {
  const change = postgres({ op: 'u', at: 200, after: `{"id":1,"v":"${'x'.repeat(2000)}","n":1.50}` });

  test('a payload in a file of its own is read from there', async () => {
    const [reference, claim] = claimed(change, 'a1');
    const [, other] = claimed(postgres({ op: 'u', at: 300, after: '{"id":1}' }), 'b/a1');
    const row = postgres({ op: 'c', at: 100, after: '{"id":1,"v":"","n":0}' });
    const { tables } = await rebuild({ lakeFiles: [claim, other, ...lakeOf([row, reference])], keys: [ID] });
    expect(tables.get('shop.public.orders')?.get('[1]')).toEqual({ id: '1', v: `"${'x'.repeat(2000)}"`, n: '1.50' });
  });
});

describe('MongoDB', () => {
  const KEY = '{"_id":{"$oid":"a"}}';
  const inserted = mongo({
    operation: 'insert',
    at: 1,
    key: KEY,
    document: '{"_id":{"$oid":"a"},"n":{"$numberDouble":"1.0"}}',
  });

  test('a document is the fullDocument of its last change', async () => {
    const replaced = mongo({ operation: 'replace', at: 2, key: KEY, document: '{"_id":{"$oid":"a"},"b":[1.50, {}]}' });
    const updated = mongo({ operation: 'update', at: 3, key: KEY, document: '{"_id":{"$oid":"a"},"c":-0}' });
    expect(await carts([replaced, inserted])).toEqual({ [KEY]: { _id: '{"$oid":"a"}', b: '[1.50,{}]' } });
    expect(await carts([updated, replaced, inserted])).toEqual({ [KEY]: { _id: '{"$oid":"a"}', c: '-0' } });
  });

  test('a document of the snapshot is rebuilt from its JSON in a string, token for token', async () => {
    const document = String.raw`{"_id":{"$oid":"a"},"s":"a\"\u00e9\n","n":[1.50,{"$numberDouble":"-0.0"}]}`;
    const read = mongoSnapshot('a', document);
    expect(await carts([read])).toEqual({
      [KEY]: { _id: '{"$oid":"a"}', s: String.raw`"a\"\u00e9\n"`, n: '[1.50,{"$numberDouble":"-0.0"}]' },
    });
    expect(await carts([mongo({ operation: 'delete', at: 2, key: KEY }), read])).toEqual({});
  });

  test('a change at the position of the snapshot is the newer one', async () => {
    const replaced = mongo({ operation: 'replace', at: 1, key: KEY, document: '{"n":1}' });
    expect(await carts([replaced, mongoSnapshot('a', '{"_id":{"$oid":"a"},"n":0}')])).toEqual({ [KEY]: { n: '1' } });
  });

  test('a shard key is no part of what tells documents apart', async () => {
    const deleted = mongo({ operation: 'delete', at: 2, key: '{"region":"eu","_id":{"$oid":"a"}}' });
    expect(await carts([inserted, deleted])).toEqual({});
  });

  test("a delete of Debezium's connector, which does not tell the document, is told", async () => {
    const { change, ...event } = mongoSnapshot('a', '{}');
    const deleted = {
      ...event,
      change: change.replace('read', 'delete'),
      payload: '{"before":null,"after":null,"op":"d"}',
    };
    expect(await rebuilt([deleted])).toMatchObject({
      leftOut: [{ table: 'shop.carts', reason: 'no key in the change', changes: 1 }],
    });
  });

  test('a deleted document is gone, and so are those of a dropped or renamed collection', async () => {
    expect(await carts([mongo({ operation: 'delete', at: 2, key: KEY }), inserted])).toEqual({});
    expect(await carts([mongo({ operation: 'drop', at: 2 }), inserted])).toEqual({});
    const renamed = await rebuilt([mongo({ operation: 'rename', at: 2 }), inserted]);
    expect(renamed).toMatchObject({
      tables: new Map(),
      leftOut: [{ table: 'shop.carts', reason: 'renamed collection', changes: 1 }],
    });
  });

  test('changes of one transaction share the cluster time: the resume token decides', async () => {
    const update = (n: number): HubEvent =>
      mongo({ operation: 'update', at: 5, key: KEY, document: `{"n":${n}}`, eventId: `820000000${n}` });
    expect(await carts([inserted, update(2), update(1), update(2)])).toEqual({ [KEY]: { n: '2' } });
  });

  test('an update without its document makes the document unknown until it is told again', async () => {
    const update = mongo({ operation: 'update', at: 2, key: KEY, document: null });
    const { tables, unsure } = await rebuilt([inserted, update]);
    expect(tables.get('shop.carts')).toEqual(new Map([[KEY, {}]]));
    expect(unsure).toEqual([{ table: 'shop.carts', key: KEY, columns: ['*'] }]);
    const again = mongo({ operation: 'replace', at: 3, key: KEY, document: '{"n":1}' });
    expect(await carts([inserted, update, again])).toEqual({ [KEY]: { n: '1' } });
    expect(await carts([inserted, update, mongo({ operation: 'delete', at: 3, key: KEY })])).toEqual({});
  });
});

test('lines of a newer format, or of none, are an error: rows would be missing, or wrong', async () => {
  const [file] = lakeOf([postgres({ op: 'c', at: 100, after: '{"id":1}' })]);
  if (file === undefined) throw new Error('one event is one file');
  const changed = (from: string, to: string) => [
    { ...file, bytes: Buffer.from(file.bytes.toString().replace(from, to)) },
  ];
  await expect(rebuild({ lakeFiles: changed('"format":1', '"format":2'), keys: [ID] })).rejects.toThrow(
    /a line of format 2: this SQL reads format 1/,
  );
  await expect(rebuild({ lakeFiles: changed('"format":1,', ''), keys: [ID] })).rejects.toThrow(/of format unknown/);
});

test('a lake that holds nothing yet has no tables', async () => {
  expect(await rebuilt([])).toEqual({ tables: new Map(), leftOut: [], unsure: [] });
});
