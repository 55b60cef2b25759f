import { type Binary, Timestamp, type ChangeStreamOptions, type Document } from 'mongodb';
import {
  numbered,
  openDeployment,
  opened,
  quick,
  refusal,
  take,
  typesOf,
  type AnyEvent,
  type Deployment,
} from './support';

const expanded: ChangeStreamOptions = { ...quick, showExpandedEvents: true };

describe('a change stream', () => {
  let deployment: Deployment;

  beforeEach(async () => (deployment = await openDeployment()));
  afterEach(() => deployment[Symbol.asyncDispose]());

  const orders = () => numbered(deployment.db);

  test('tells of inserts, updates, replacements and deletions, with all that belongs to each', async () => {
    await using stream = await opened(orders().watch([], quick));
    const began = Date.now();
    await orders().insertOne({ _id: 1, a: 1, b: { c: 1 } });
    await orders().updateOne({ _id: 1 }, { $set: { a: 2, 'b.d': [1], 'e.f': 1 }, $unset: { 'b.c': '' } });
    await orders().replaceOne({ _id: 1 }, { a: 3 });
    await orders().deleteOne({ _id: 1 });
    const events = await take(stream, 4);
    const common = { ns: { db: deployment.db.databaseName, coll: 'orders' }, documentKey: { _id: 1 } };
    expect(events.map(plain)).toEqual([
      { operationType: 'insert', ...common, fullDocument: { _id: 1, a: 1, b: { c: 1 } } },
      {
        operationType: 'update',
        ...common,
        updateDescription: {
          updatedFields: { a: 2, 'b.d': [1], e: { f: 1 } },
          removedFields: ['b.c'],
          truncatedArrays: [],
        },
      },
      { operationType: 'replace', ...common, fullDocument: { _id: 1, a: 3 } },
      { operationType: 'delete', ...common },
    ]);
    for (const event of events) {
      expect(event['clusterTime']).toBeInstanceOf(Timestamp);
      expect((event['wallTime'] as Date).getTime()).toBeGreaterThanOrEqual(began - 1000);
      expect(event).not.toHaveProperty('lsid');
    }
    const tokens = events.map(({ _id }) => _id._data);
    expect(tokens).toEqual(tokens.toSorted());
    expect(new Set(tokens).size).toBe(4);
  });

  test('tells what an upsert inserted, and nothing of an update that changed nothing', async () => {
    await using stream = await opened(orders().watch([], quick));
    await orders().updateOne({ _id: 7 }, { $set: { a: 1 } }, { upsert: true });
    await orders().updateOne({ _id: 7 }, { $set: { a: 1 } });
    await orders().replaceOne({ _id: 7 }, { a: 1 });
    await orders().updateMany({}, { $set: { a: 2 } });
    const events = await take(stream, 2);
    expect(typesOf(events)).toEqual(['insert', 'update']);
    expect(events[0]?.['fullDocument']).toEqual({ _id: 7, a: 1 });
  });

  test('tells arrays that a pipeline made shorter, and paths that could mean several things', async () => {
    await orders().insertOne({ _id: 1, list: [1, 2, 3], other: { '0': 'x' } });
    await using stream = await opened(orders().watch([], expanded));
    await orders().updateOne({ _id: 1 }, [{ $set: { list: [1, 5] } }]);
    await orders().updateOne({ _id: 1 }, { $set: { 'list.0': 4, 'other.0': 'y' } });
    const [truncated, ambiguous] = await take(stream, 2);
    expect(truncated?.['updateDescription']).toMatchObject({
      updatedFields: { 'list.1': 5 },
      truncatedArrays: [{ field: 'list', newSize: 2 }],
    });
    expect(ambiguous?.['updateDescription']).toMatchObject({
      updatedFields: { 'list.0': 4, 'other.0': 'y' },
      // An array's index means one thing only.
      disambiguatedPaths: { 'other.0': ['other', '0'] },
    });
  });

  test('with updateLookup shows the document as it is by then, and null once it is gone', async () => {
    await orders().insertMany([{ _id: 1 }, { _id: 2 }]);
    await using stream = await opened(orders().watch([], { ...quick, fullDocument: 'updateLookup' }));
    await orders().updateOne({ _id: 1 }, { $set: { a: 1 } });
    await orders().updateOne({ _id: 1 }, { $set: { b: 2 } });
    await orders().updateOne({ _id: 2 }, { $set: { a: 1 } });
    await orders().deleteOne({ _id: 2 });
    const events = await take(stream, 4);
    const now = { _id: 1, a: 1, b: 2 };
    expect(events.map(({ fullDocument }) => fullDocument as unknown)).toEqual([now, now, null, undefined]);
  });

  test('on a database tells of its collections, on the deployment of all', async () => {
    await using database = await opened(deployment.db.watch([], quick));
    const mine = [{ $match: { 'ns.db': { $regex: `^${deployment.db.databaseName}` } } }];
    await using all = await opened(deployment.client.watch(mine, quick));
    const other = deployment.client.db(`${deployment.db.databaseName}_other`);
    await orders().insertOne({ _id: 1 });
    await numbered(other, 'people').insertOne({ _id: 2 });
    await numbered(deployment.db, 'people').insertOne({ _id: 3 });
    expect((await take(all, 3)).map(keyOf)).toEqual([1, 2, 3]);
    expect((await take(database, 2)).map(keyOf)).toEqual([1, 3]);
    await other.dropDatabase();
  });

  test('may leave out what does not match', async () => {
    const pipeline = [
      { $match: { operationType: { $in: ['insert', 'delete'] }, 'ns.coll': { $ne: 'people' } } },
      { $project: { updateDescription: 0, wallTime: 0 } },
    ];
    await using stream = await opened(deployment.db.watch(pipeline, quick));
    await orders().insertOne({ _id: 1 });
    await orders().updateOne({ _id: 1 }, { $set: { a: 1 } });
    await numbered(deployment.db, 'people').insertOne({ _id: 2 });
    await orders().deleteOne({ _id: 1 });
    const events = await take(stream, 2);
    expect(typesOf(events)).toEqual(['insert', 'delete']);
    expect(events[0]).not.toHaveProperty('wallTime');
  });

  test('two at once each tell everything', async () => {
    await using one = await opened(orders().watch([], quick));
    await using other = await opened(orders().watch([], quick));
    const ids = Array.from({ length: 50 }, (_, index) => index);
    const reading = Promise.all([take(one, 50), take(other, 50)]);
    for (const _id of ids) await orders().insertOne({ _id });
    for (const events of await reading) expect(events.map(keyOf)).toEqual(ids);
  });

  test('moves its resume token on while nothing that it watches happens', async () => {
    await using stream = await opened(orders().watch([], quick));
    const before = stream.resumeToken as AnyEvent['_id'];
    await numbered(deployment.db, 'people').insertOne({ _id: 1 });
    await stream.tryNext();
    const after = stream.resumeToken as AnyEvent['_id'];
    expect(after._data > before._data).toBe(true);
  });

  describe('of expanded events', () => {
    test('tells of collections and indexes made and changed', async () => {
      const { db } = deployment;
      await using stream = await opened(db.watch([], expanded));
      await db.createCollection('orders');
      await orders().createIndex({ a: 1 });
      await db.command({ collMod: 'orders', changeStreamPreAndPostImages: { enabled: true } });
      await orders().insertOne({ _id: 1 });
      await orders().dropIndex('a_1');
      const events = await take(stream, 5);
      expect(typesOf(events)).toEqual(['create', 'createIndexes', 'modify', 'insert', 'dropIndexes']);
      const uuids = events.map(({ collectionUUID }) => (collectionUUID as Binary).toString('hex'));
      expect(new Set(uuids).size).toBe(1);
      const [created, indexed, modified] = events;
      expect(created?.['operationDescription']).toEqual({ idIndex: { v: 2, key: { _id: 1 }, name: '_id_' } });
      expect(indexed?.['operationDescription']).toEqual({ indexes: [{ v: 2, key: { a: 1 }, name: 'a_1' }] });
      expect(modified?.['operationDescription']).toEqual({ changeStreamPreAndPostImages: { enabled: true } });
    });

    test('are not told where nobody asked for them', async () => {
      await using stream = await opened(deployment.db.watch([], quick));
      await deployment.db.createCollection('orders');
      await orders().insertOne({ _id: 1 });
      const [event] = await take(stream, 1);
      expect(event?.operationType).toBe('insert');
      expect(event).not.toHaveProperty('collectionUUID');
    });
  });

  describe('ends with an invalidation', () => {
    const plan: [string, (deployment: Deployment) => Promise<unknown>, string[]][] = [
      ['its collection is dropped', ({ db }) => db.dropCollection('orders'), ['drop', 'invalidate']],
      ['its collection is renamed', ({ db }) => db.renameCollection('orders', 'old'), ['rename', 'invalidate']],
      ['its database is dropped', ({ db }) => db.dropDatabase(), ['drop', 'invalidate']],
    ];

    test.each(plan)('when %s', async (_name, act, types) => {
      await orders().insertOne({ _id: 1 });
      await using stream = await opened(orders().watch([], quick));
      await act(deployment);
      expect(typesOf(await take(stream, 2))).toEqual(types);
      expect((await refusal(stream.next())).message).toBe('ChangeStream is closed');
    });

    test('on a database only when that is dropped, on the deployment never', async () => {
      await orders().insertOne({ _id: 1 });
      const { db, client } = deployment;
      await using database = await opened(db.watch([], quick));
      const mine = [{ $match: { 'ns.db': db.databaseName } }];
      await using all = await opened(client.watch(mine, quick));
      await db.renameCollection('orders', 'old');
      await db.dropDatabase();
      const [rename, ...rest] = await take(database, 4);
      expect(rename).toMatchObject({ operationType: 'rename', ns: { coll: 'orders' }, to: { coll: 'old' } });
      expect(typesOf(rest)).toEqual(['drop', 'dropDatabase', 'invalidate']);
      await orders().insertOne({ _id: 2 });
      expect(typesOf(await take(all, 4))).toEqual(['rename', 'drop', 'dropDatabase', 'insert']);
    });
  });
});

const keyOf = ({ documentKey }: AnyEvent): unknown => (documentKey as Document)['_id'];

/** What can be told beforehand. */
function plain(event: AnyEvent): Document {
  const unforeseen = ['_id', 'clusterTime', 'wallTime'];
  return Object.fromEntries(Object.entries(event).filter(([name]) => !unforeseen.includes(name)));
}
