import { BSON, Int32, Long, Timestamp } from 'mongodb';
import { fragmentOf, readChange } from '../../../src/lib/capture/mongodb/change';
import { Fragments } from '../../../src/lib/capture/mongodb/fragments';

const bytesOf = (document: BSON.Document): Buffer => Buffer.from(BSON.serialize(document));
const SOURCE = { name: 'carts', history: 2 };
const OURS = { source: { version: '1', connector: 'mongodb', ...SOURCE } };
const clusterTime = new Timestamp({ t: 1_764_158_400, i: 3 });

describe('the event of a change', () => {
  const change = {
    _id: { _data: '8265AB' },
    operationType: 'update',
    clusterTime,
    wallTime: new Date(1_764_158_400_123),
    ns: { db: 'shop', coll: 'orders' },
    documentKey: { region: 'eu', _id: Long.fromString('9007199254740993') },
  };

  test('has the key of its document, the id of its token, and the document as it is', async () => {
    const { event, point, committedAtUs } = await readChange([bytesOf(change)], SOURCE, 'shop');
    // Without the shard key: a document that moves to another shard stays in its partition.
    expect(event.key).toBe('shop.orders/{"_id":{"$numberLong":"9007199254740993"}}');
    expect(event.eventId).toBe('carts/2/8265AB');
    const document = BSON.EJSON.stringify(change, { relaxed: false });
    expect(event.body.toString()).toBe(
      `${document.slice(0, -1)},"source":{"version":"1","connector":"mongodb","name":"carts","history":2}}`,
    );
    expect(point).toEqual({
      token: '{"_data":"8265AB"}',
      time: { seconds: 1_764_158_400, increment: 3 },
      kind: 'event',
    });
    expect(committedAtUs).toBe(1_764_158_400_123_000n);
  });

  test('was made at its cluster time where the server tells no other', async () => {
    const at = async (document: BSON.Document) => (await readChange([bytesOf(document)], SOURCE, 'shop')).committedAtUs;
    expect(await at({ _id: { _data: 'A' }, clusterTime })).toBe(1_764_158_400_000_000n);
    expect(await at({ _id: { _data: 'A' } })).toBeNull();
  });

  test.each([
    ['a collection', { operationType: 'drop', ns: { db: 'shop', coll: 'orders' } }, 'shop.orders'],
    ['a database', { operationType: 'dropDatabase', ns: { db: 'other' } }, 'other'],
    ['nothing that has a name', { operationType: 'invalidate' }, 'shop'],
  ])('of %s has its name for a key', async (_what, document, key) => {
    const { event } = await readChange([bytesOf({ _id: { _data: 'A' }, ...document })], SOURCE, 'shop');
    expect(event.key).toBe(key);
  });

  test('is not made of what has no token', async () => {
    for (const document of [{ operationType: 'insert' }, { _id: 7 }])
      await expect(readChange([bytesOf(document)], SOURCE, 'shop')).rejects.toThrow('has no resume token');
  });

  test('of two servers, or of two histories of one, has two ids', async () => {
    const sources = [SOURCE, { ...SOURCE, name: 'orders' }, { ...SOURCE, history: 3 }];
    const changes = await Promise.all(sources.map((source) => readChange([bytesOf(change)], source, 'shop')));
    expect(new Set(changes.map(({ event }) => event.eventId)).size).toBe(3);
  });

  test('keeps the types of the numbers in its token, without which the server refuses it', async () => {
    const _id = { _data: '8265AB', _typeBits: new BSON.Binary(Buffer.from([0x82, 0x40, 1]), 0) };
    const { point } = await readChange([bytesOf({ ...change, _id })], SOURCE, 'shop');
    expect(point.token).toBe('{"_data":"8265AB","_typeBits":{"$binary":{"base64":"gkAB","subType":"00"}}}');
  });

  test('has a short id, however long the key of its document is', async () => {
    const idOf = async (_data: string) =>
      (await readChange([bytesOf({ ...change, _id: { _data } })], SOURCE, 'shop')).event.eventId;
    const long = 'AB'.repeat(100_000);
    expect((await idOf(long)).length).toBeLessThan(1_200);
    expect(await idOf(long)).not.toBe(await idOf(`${long}00`));
    expect(await idOf(long)).toBe(await idOf(long));
  });

  test('is referred to by all that it says but its documents', async () => {
    const whole = { ...change, fullDocument: { _id: 1, v: 2 }, updateDescription: { updatedFields: { v: 2 } } };
    const { event } = await readChange([bytesOf(whole)], SOURCE, 'shop');
    const { _id, operationType, clusterTime: time, wallTime, ns, documentKey } = change;
    const told = BSON.EJSON.stringify(
      { _id, operationType, clusterTime: time, wallTime, ns, documentKey },
      { relaxed: false },
    );
    expect(event.facts().toString()).toBe(
      `${told.slice(0, -1)},"source":{"version":"1","connector":"mongodb","name":"carts","history":2}}`,
    );
    const data = 'AB'.repeat(400_000);
    const large = await readChange([bytesOf({ ...whole, _id: { _data: data } })], SOURCE, 'shop');
    expect(large.event.facts().length).toBeLessThan(1_000);
  });
});

describe('a change that is cut up', () => {
  const part = (fragment: number, of: number, fields: BSON.Document): Buffer =>
    bytesOf({
      _id: { _data: `A${fragment}` },
      splitEvent: { fragment: new Int32(fragment), of: new Int32(of) },
      ...fields,
    });
  const parts = [
    part(1, 3, { operationType: 'update', ns: { db: 'shop', coll: 'orders' }, documentKey: { _id: 1 } }),
    part(2, 3, { fullDocument: { _id: 1, text: 'b' } }),
    part(3, 3, { fullDocumentBeforeChange: { _id: 1, text: 'a' } }),
  ];

  test('is one event under the id of its first fragment; the stream goes on behind the last', async () => {
    const { event, point } = await readChange(parts, SOURCE, 'shop');
    expect(event).toMatchObject({ eventId: 'carts/2/A1', key: 'shop.orders/{"_id":{"$numberInt":"1"}}' });
    expect(JSON.parse(event.body.toString())).toEqual({
      _id: { _data: 'A1' },
      operationType: 'update',
      ns: { db: 'shop', coll: 'orders' },
      documentKey: { _id: { $numberInt: '1' } },
      fullDocument: { _id: { $numberInt: '1' }, text: 'b' },
      fullDocumentBeforeChange: { _id: { $numberInt: '1' }, text: 'a' },
      ...OURS,
    });
    expect(point).toMatchObject({ token: '{"_data":"A3"}', kind: 'fragment' });
  });

  test('has the id that it has in one piece', async () => {
    const insert = { operationType: 'insert', ns: { db: 'shop', coll: 'orders' } };
    const cut = await readChange(
      [
        bytesOf({ _id: { _data: '8265AB2904' }, splitEvent: { fragment: new Int32(1), of: new Int32(2) }, ...insert }),
        bytesOf({ _id: { _data: '8265AB2B0204' }, splitEvent: { fragment: new Int32(2), of: new Int32(2) } }),
      ],
      SOURCE,
      'shop',
    );
    const whole = await readChange([bytesOf({ _id: { _data: '8265AB04' }, ...insert })], SOURCE, 'shop');
    expect(cut.event.eventId).toBe(whole.event.eventId);
  });

  test('is gathered until its last fragment', () => {
    const fragments = new Fragments();
    const small = bytesOf({ _id: { _data: 'B' } });
    expect(fragments.take(small)).toEqual([small]);
    expect(parts.map((bytes) => fragments.take(bytes))).toEqual([null, null, parts]);
    expect(fragments.take(small)).toEqual([small]);
    expect(fragmentOf(small)).toBeNull();
  });

  test('is refused where a fragment is missing', () => {
    const [first, , third] = parts as [Buffer, Buffer, Buffer];
    expect(() => new Fragments().take(third)).toThrow('gave fragment 3, expected fragment 1');
    const fragments = new Fragments();
    fragments.take(first);
    expect(() => fragments.take(bytesOf({ _id: { _data: 'B' } }))).toThrow('gave fragment none, expected fragment 2');
  });
});
