import {
  Binary,
  BSON,
  BSONSymbol,
  Code,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  type Document,
} from 'mongodb';
import { elementOf } from '../../../src/lib/capture/mongodb/bson-elements';
import { documentJson } from '../../../src/lib/capture/mongodb/canonical-json';
import { pagesOf } from '../../../src/lib/capture/mongodb/snapshot-pages';
import { placeOf, queriesAfter } from '../../../src/lib/capture/mongodb/snapshot-place';
import { openDeployment, type Deployment } from '../../local/mongodb/support';

/** Of every type that an _id may have, in MongoDB's order; several of each kind where that has an order of its own. */
const IDS: readonly unknown[] = [
  new MinKey(),
  null,
  new Double(NaN),
  new Double(-Infinity),
  new Int32(-1),
  new Double(-0.5),
  new Int32(0),
  new Double(0.5),
  Decimal128.fromString('1.5'),
  Long.fromString('9007199254740993'),
  new Double(Infinity),
  '',
  'a',
  'b',
  new Map<string, unknown>([
    ['b', new Int32(1)],
    ['10', new Int32(1)],
    ['2', new Int32(1)],
  ]),
  new Map<string, unknown>([
    ['b', new Int32(1)],
    ['10', new Int32(2)],
    ['2', null],
  ]),
  new Binary(Buffer.from([1]), 0),
  new Binary(Buffer.from([0, 1]), 0),
  new ObjectId('65f000000000000000000001'),
  new ObjectId('65f000000000000000000002'),
  false,
  true,
  new Date(-1),
  new Date('2026-11-22T12:00:00.123Z'),
  new Timestamp({ t: 1, i: 2 }),
  new Code('a'),
  new MaxKey(),
];

const bytesOf = (id: unknown): Buffer => Buffer.from(BSON.serialize(new Map([['_id', id]]) as unknown as Document));

describe('the documents of a collection', () => {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await openDeployment();
    const documents = IDS.map((_id) => new Map([['_id', _id]]) as unknown as Document);
    // In another order than theirs.
    await deployment.db.collection('all').insertMany(documents.toReversed());
  });
  afterAll(() => deployment[Symbol.asyncDispose]());

  const idsAfter = async (place: string | null, pageDocuments?: number): Promise<string[]> => {
    await using session = deployment.client.startSession();
    const ids: string[] = [];
    for await (const page of pagesOf(deployment.db.collection('all'), session, place, pageDocuments))
      ids.push(...page.map((one) => documentJson(one)));
    return ids;
  };

  test('are read in the order of _id, whatever their types', async () => {
    expect(await idsAfter(null)).toEqual(IDS.map((id) => documentJson(bytesOf(id))));
  });

  test.each([1, 2, 3, 5, 9])(
    'are read whole in pages of %i, several of one type and then of another',
    async (count) => {
      expect(await idsAfter(null, count)).toEqual(IDS.map((id) => documentJson(bytesOf(id))));
    },
  );

  test('are read on behind each of them, none left out and none again', async () => {
    for (const [index, id] of IDS.entries()) {
      const rest = IDS.slice(index + 1).map((later) => documentJson(bytesOf(later)));
      expect(await idsAfter(placeOf(bytesOf(id)))).toEqual(rest);
    }
  });
});

test('a place is the exact _id, whatever else the document has', () => {
  const document = Buffer.from(BSON.serialize({ a: 1, _id: new BSONSymbol('s'), b: 'x'.repeat(1_000) }));
  const alone = Buffer.from(placeOf(document), 'base64');
  expect(documentJson(alone)).toBe('{"_id":{"$symbol":"s"}}');
  expect(elementOf(alone, '_id')?.end).toBe(alone.length - 1);
  expect(() => placeOf(Buffer.from(BSON.serialize({ a: 1 })))).toThrow('a document has no _id');
});

test('a place that a query cannot name is refused, not rounded', () => {
  const beyond = bytesOf(new Date(0));
  beyond.writeBigInt64LE(2n ** 62n, beyond.length - 9);
  expect(() => queriesAfter(placeOf(beyond))).toThrow('lies beyond those of JavaScript');
});
