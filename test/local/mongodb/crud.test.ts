import { Decimal128, Double, Int32, Long, MinKey, MongoBulkWriteError, ObjectId, type Document } from 'mongodb';
import { numbered, openDeployment, refusal, type Deployment } from './support';

/** A document whose _id is of any of many kinds. */
interface Mixed {
  readonly _id: string | number | boolean | Date | Long | ObjectId | MinKey | { readonly z: number };
}

describe('documents', () => {
  let deployment: Deployment;

  beforeAll(async () => (deployment = await openDeployment()));
  afterAll(() => deployment[Symbol.asyncDispose]());
  afterEach(() => deployment.db.dropDatabase());

  const orders = () => numbered(deployment.db);

  test('what is inserted is found, with its numbers of the types that they had', async () => {
    const document = {
      _id: 1,
      int: new Int32(1),
      long: Long.fromBigInt(2n ** 60n),
      double: new Double(1),
      decimal: Decimal128.fromString('1.10'),
      '9': 'a name that is a number',
      text: 'å☃😀',
      date: new Date('1969-12-31T23:59:59.999Z'),
      nothing: null,
      nested: { b: [1, { c: new Double(2) }], a: {} },
    };
    await orders().insertOne(document);
    const [found] = await orders().find({}, { promoteValues: false, promoteLongs: false }).toArray();
    expect(found).toMatchObject({ int: new Int32(1), double: new Double(1), decimal: Decimal128.fromString('1.10') });
    expect(Object.keys(found?.['nested'] as Document)).toEqual(['b', 'a']);
    expect((found?.['long'] as Long).toBigInt()).toBe(2n ** 60n);
    expect(await orders().findOne({ _id: 1 })).toEqual({
      ...document,
      int: 1,
      double: 1,
      nested: { b: [1, { c: 2 }], a: {} },
    });
  });

  test('a document without _id is given one', async () => {
    const { insertedId } = await deployment.db.collection('notes').insertOne({ text: 'x' });
    expect(await deployment.db.collection('notes').findOne({ text: 'x' })).toEqual({ _id: insertedId, text: 'x' });
  });

  test('an _id that is there already is refused; an unordered insert goes on after it', async () => {
    await orders().insertMany([{ _id: 1 }, { _id: 2 }]);
    const error = await refusal(orders().insertOne({ _id: new Double(1) as unknown as number }));
    expect({ code: error.code, keyValue: error['keyValue'] as unknown }).toEqual({ code: 11000, keyValue: { _id: 1 } });
    const many = await refusal(orders().insertMany([{ _id: 3 }, { _id: 2 }, { _id: 4 }], { ordered: false }));
    expect(many).toBeInstanceOf(MongoBulkWriteError);
    await refusal(orders().insertMany([{ _id: 5 }, { _id: 2 }, { _id: 6 }]));
    expect((await orders().find().sort({ _id: 1 }).toArray()).map(({ _id }) => _id)).toEqual([1, 2, 3, 4, 5]);
  });

  test.each<[name: string, filter: Document, expected: number[]]>([
    ['all', {}, [1, 2, 3, 4, 5]],
    ['equality', { status: 'open' }, [1, 3]],
    ['equality across types of numbers', { total: new Double(20) }, [2]],
    ['what is null or missing', { status: null }, [4, 5]],
    ['$gt and $lte', { total: { $gt: 10, $lte: 30 } }, [2, 3]],
    ['$gte and $lt', { total: { $gte: 10, $lt: 30 } }, [1, 2]],
    ['no comparison across kinds of values', { status: { $gt: 0 } }, []],
    ['$in', { _id: { $in: [1, 5, 9] } }, [1, 5]],
    ['$nin and $ne', { _id: { $nin: [1, 2], $ne: 3 } }, [4, 5]],
    ['$exists', { status: { $exists: false } }, [5]],
    ['a path', { 'address.city': 'Oslo' }, [2]],
    ['a member of an array', { tags: 'new' }, [3]],
    ['a path through an array', { 'lines.sku': 'b' }, [4]],
    ['a regular expression', { status: /^OP/i }, [1, 3]],
    ['$or and $and', { $or: [{ _id: 1 }, { $and: [{ total: 20 }, { status: 'shut' }] }] }, [1, 2]],
    [
      '$type, by number and by name',
      { $or: [{ status: { $type: 10 } }, { tags: { $type: ['array', 'bool'] } }] },
      [3, 4],
    ],
    ['$nor and $not', { $nor: [{ _id: 1 }], total: { $not: { $gt: 20 } } }, [2, 4, 5]],
  ])('a query finds %s', async (_name, filter, expected) => {
    await orders().insertMany([
      { _id: 1, status: 'open', total: 10 },
      { _id: 2, status: 'shut', total: 20, address: { city: 'Oslo' } },
      { _id: 3, status: 'open', total: 30, tags: ['new', 'late'] },
      { _id: 4, status: null, lines: [{ sku: 'a' }, { sku: 'b' }] },
      { _id: 5 },
    ]);
    const found = await orders().find(filter).sort({ _id: 1 }).toArray();
    expect(found.map(({ _id }) => _id)).toEqual(expected);
    expect(await orders().countDocuments(filter)).toBe(expected.length);
  });

  test('a large collection is read in batches, sorted, limited and counted', async () => {
    const ids = Array.from({ length: 2500 }, (_, index) => index);
    await orders().insertMany(ids.toReversed().map((_id) => ({ _id, half: _id % 2 })));
    const cursor = orders().find().sort({ _id: 1 }).batchSize(100);
    expect((await cursor.toArray()).map(({ _id }) => _id)).toEqual(ids);
    const page = await orders()
      .find({ _id: { $gt: 99 } })
      .sort({ _id: -1 })
      .skip(1)
      .limit(2)
      .toArray();
    expect(page.map(({ _id }) => _id)).toEqual([2498, 2497]);
    expect(await orders().estimatedDocumentCount()).toBe(2500);
    const groups = await orders()
      .aggregate([{ $group: { _id: '$half', n: { $sum: 1 } } }, { $sort: { _id: 1 } }])
      .toArray();
    expect(groups).toEqual([
      { _id: 0, n: 1250 },
      { _id: 1, n: 1250 },
    ]);
    await using unread = orders().find().batchSize(10);
    await unread.next();
    await unread.close();
  });

  test('a collection whose _ids are of many kinds is read page by page, and writes meanwhile are sorted in', async () => {
    const collection = deployment.db.collection<Mixed>('mixed');
    const ids: Mixed['_id'][] = [
      new MinKey(),
      NaN,
      -1,
      5,
      2.5,
      Long.fromNumber(7),
      'b',
      'a',
      { z: 1 },
      new ObjectId(),
      true,
      new Date(5),
    ];
    await collection.insertMany(ids.map((_id) => ({ _id })));
    const page = (filter: Document, direction: 1 | -1) =>
      collection
        .find(filter)
        .sort({ _id: direction })
        .limit(2)
        .map(({ _id }) => _id)
        .toArray();
    expect(await page({}, 1)).toEqual([new MinKey(), NaN]);
    expect(await page({ _id: { $gte: -Infinity } }, 1)).toEqual([-1, 2.5]);
    expect(await page({ _id: { $gt: 2.5 } }, 1)).toEqual([5, 7]);
    expect(await page({ _id: { $lte: 'b' } }, -1)).toEqual(['b', 'a']);
    expect(await page({ _id: { $gt: NaN } }, 1)).toEqual([]);
    expect(await page({ _id: { $gte: NaN } }, 1)).toEqual([NaN]);
    await collection.deleteOne({ _id: 5 });
    await collection.insertMany([{ _id: 6 }, { _id: 3 }]);
    expect(await page({ _id: { $gt: 2.5 } }, 1)).toEqual([3, 6]);
    await collection.insertOne({ _id: 5 });
    expect(await page({ _id: { $gt: 3 } }, 1)).toEqual([5, 6]);
  });

  test('updates set, unset, increase and push; those that change nothing are not counted', async () => {
    await orders().insertOne({ _id: 1, a: 1, b: 'x', list: [1] });
    const changes: Document = {
      $set: { 'c.d': 2, 'list.0': 9 },
      $unset: { b: '' },
      $inc: { a: 4 },
      $push: { other: { $each: [1, 2] } },
    };
    const { modifiedCount } = await orders().updateOne({ _id: 1 }, changes);
    expect(modifiedCount).toBe(1);
    expect(await orders().findOne({ _id: 1 })).toEqual({ _id: 1, a: 5, list: [9], c: { d: 2 }, other: [1, 2] });
    const same = await orders().updateOne({ _id: 1 }, { $set: { a: 5 } });
    expect({ matched: same.matchedCount, modified: same.modifiedCount }).toEqual({ matched: 1, modified: 0 });
  });

  test('an increase keeps the type, and widens it where it has to', async () => {
    await orders().insertOne({ _id: 1, int: new Int32(2147483647), double: new Double(1) });
    await orders().updateOne({ _id: 1 }, { $inc: { int: 1, double: 1, fresh: 1 } });
    const found = await orders().findOne({ _id: 1 }, { promoteValues: false });
    expect(found?.['int']).toEqual(Long.fromNumber(2147483648));
    expect(found?.['double']).toEqual(new Double(2));
    expect(found?.['fresh']).toEqual(new Int32(1));
  });

  test('many are updated, replaced, upserted and deleted', async () => {
    await orders().insertMany([
      { _id: 1, a: 1 },
      { _id: 2, a: 1 },
      { _id: 3, a: 2 },
    ]);
    expect((await orders().updateMany({ a: 1 }, { $set: { b: 1 } })).modifiedCount).toBe(2);
    expect((await orders().replaceOne({ _id: 3 }, { z: 1 })).modifiedCount).toBe(1);
    const { upsertedId } = await orders().updateOne(
      { _id: 4, 'x.y': 'from the query' },
      { $set: { b: 2 }, $setOnInsert: { c: 3 } },
      { upsert: true },
    );
    expect(upsertedId).toBe(4);
    expect(await orders().find().sort({ _id: 1 }).toArray()).toEqual([
      { _id: 1, a: 1, b: 1 },
      { _id: 2, a: 1, b: 1 },
      { _id: 3, z: 1 },
      { _id: 4, x: { y: 'from the query' }, b: 2, c: 3 },
    ]);
    expect((await orders().deleteMany({ a: 1 })).deletedCount).toBe(2);
    expect((await orders().deleteOne({ _id: 9 })).deletedCount).toBe(0);
    expect(await orders().countDocuments()).toBe(2);
  });

  test('an update must not change _id, nor the same path twice, nor go through a number', async () => {
    await orders().insertOne({ _id: 1, a: 1 });
    const codeOf = async (update: Document) => (await refusal(orders().updateOne({ _id: 1 }, update))).code;
    expect(await codeOf({ $set: { _id: 2 } })).toBe(66);
    expect(await codeOf({ $set: { b: 1 }, $inc: { 'b.c': 1 } })).toBe(40);
    expect(await codeOf({ $set: { 'a.b': 1 } })).toBe(28);
    expect(await codeOf({ $inc: { a: 'x' } })).toBe(14);
    expect(await orders().findOne()).toEqual({ _id: 1, a: 1 });
  });

  test('one is found and changed in a single step', async () => {
    await orders().insertMany([
      { _id: 1, n: 1 },
      { _id: 2, n: 5 },
    ]);
    const options = { sort: { n: -1 }, returnDocument: 'after' } as const;
    expect(await orders().findOneAndUpdate({}, { $inc: { n: 1 } }, options)).toEqual({ _id: 2, n: 6 });
    expect(await orders().findOneAndReplace({ _id: 1 }, { m: 1 })).toEqual({ _id: 1, n: 1 });
    expect(await orders().findOneAndDelete({ _id: 2 })).toEqual({ _id: 2, n: 6 });
    expect(await orders().find().toArray()).toEqual([{ _id: 1, m: 1 }]);
  });
});

describe('collections', () => {
  test('are created, listed, renamed, changed and dropped', async () => {
    await using deployment = await openDeployment();
    const { db } = deployment;
    await db.createCollection('one', { changeStreamPreAndPostImages: { enabled: true } });
    await db.collection('two').insertOne({ x: 1 });
    await db.collection('two').createIndex({ x: 1 });
    expect((await db.collection('two').listIndexes().toArray()).map(({ name }) => name as string)).toEqual([
      '_id_',
      'x_1',
    ]);
    await db.renameCollection('two', 'three');
    expect((await refusal(db.renameCollection('one', 'three'))).code).toBe(48);
    expect((await refusal(db.createCollection('three'))).code).toBe(48);
    await db.command({ collMod: 'three', changeStreamPreAndPostImages: { enabled: true } });
    const listed = await db.listCollections({}, { nameOnly: false }).toArray();
    const enabled = { changeStreamPreAndPostImages: { enabled: true } };
    expect(listed.map(({ name, options }) => ({ name, options })).sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: 'one', options: enabled },
      { name: 'three', options: enabled },
    ]);
    expect(await db.collection('three').countDocuments()).toBe(1);
    expect(await db.dropCollection('three')).toBe(true);
    await db.dropDatabase();
    expect(await db.listCollections().toArray()).toEqual([]);
    expect((await refusal(db.command({ collMod: 'three' }))).code).toBe(26);
  });

  test('a command that is none is refused with CommandNotFound', async () => {
    await using deployment = await openDeployment();
    const error = await refusal(deployment.db.command({ makeCoffee: 1 }));
    expect({ code: error.code, name: error.codeName }).toEqual({ code: 59, name: 'CommandNotFound' });
  });
});
