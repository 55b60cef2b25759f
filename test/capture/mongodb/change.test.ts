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

  test('has the key of its document, the id of its token, and the document as it is', () => {
    const { event, token, committedAtUs } = readChange([bytesOf(change)], SOURCE, 'shop');
    expect(event.key).toBe('shop.orders/{"region":"eu","_id":{"$numberLong":"9007199254740993"}}');
    expect(event.eventId).toBe('carts/2/8265AB');
    const document = BSON.EJSON.stringify(change, { relaxed: false });
    expect(event.body.toString()).toBe(
      `${document.slice(0, -1)},"source":{"version":"1","connector":"mongodb","name":"carts","history":2}}`,
    );
    expect(token).toBe('{"_data":"8265AB"}');
    expect(committedAtUs).toBe(1_764_158_400_123_000n);
  });

  test('was made at its cluster time where the server tells no other', () => {
    expect(readChange([bytesOf({ _id: { _data: 'A' }, clusterTime })], SOURCE, 'shop').committedAtUs).toBe(
      1_764_158_400_000_000n,
    );
    expect(readChange([bytesOf({ _id: { _data: 'A' } })], SOURCE, 'shop').committedAtUs).toBeNull();
  });

  test.each([
    ['a collection', { operationType: 'drop', ns: { db: 'shop', coll: 'orders' } }, 'shop.orders'],
    ['a database', { operationType: 'dropDatabase', ns: { db: 'other' } }, 'other'],
    ['nothing that has a name', { operationType: 'invalidate' }, 'shop'],
  ])('of %s has its name for a key', (_what, document, key) => {
    expect(readChange([bytesOf({ _id: { _data: 'A' }, ...document })], SOURCE, 'shop').event.key).toBe(key);
  });

  test('is not made of what has no token', () => {
    expect(() => readChange([bytesOf({ operationType: 'insert' })], SOURCE, 'shop')).toThrow('has no resume token');
    expect(() => readChange([bytesOf({ _id: 7 })], SOURCE, 'shop')).toThrow('has no resume token');
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

  test('is one event under the id of its first fragment; the stream goes on behind the last', () => {
    const { event, token } = readChange(parts, SOURCE, 'shop');
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
    expect(token).toBe('{"_data":"A3"}');
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
