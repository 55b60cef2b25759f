import { numbered, opened, openStandIn, quick, refusal, take } from './support';
import { aggregates, expanded, getMores, onStage, orders, place, stageOf, type Fact, type Stage } from './spec-stage';

const createIndex = ({ standIn }: Stage, name: string) =>
  standIn.db.command({ createIndexes: 'orders', indexes: [{ key: { x: 1 }, name }] });

const SENT: readonly Fact[] = [
  [
    'Test with document comment',
    async (stage) => {
      await stage.watch([], { comment: { name: 'test1' } });
      expect(aggregates(stage)[0]).toMatchObject({
        aggregate: 'orders',
        pipeline: [{ $changeStream: {} }],
        comment: { name: 'test1' },
      });
    },
  ],
  [
    'Test with string comment',
    async (stage) => {
      await stage.watch([], { comment: 'comment' });
      expect(aggregates(stage)[0]).toMatchObject({ comment: 'comment' });
    },
  ],
  [
    'Test that comment is set on getMore',
    async (stage) => {
      const stream = await stage.watch([], { comment: { key: 'value' } });
      await orders(stage).insertOne({ a: 1 });
      await take(stream, 1);
      expect(getMores(stage).at(-1)).toMatchObject({ collection: 'orders', comment: { key: 'value' } });
    },
  ],
  [
    '$changeStream must be the first stage in a change stream pipeline sent to the server',
    async (stage) => {
      const stream = await stage.watch();
      await orders(stage).insertOne({ x: 1 });
      expect((await take(stream, 1))[0]).toMatchObject({
        operationType: 'insert',
        ns: place(stage),
        fullDocument: { x: 1 },
      });
      expect(aggregates(stage)[0]).toMatchObject({ cursor: {}, pipeline: [{ $changeStream: {} }] });
    },
  ],
  [
    'when provided, showExpandedEvents is sent as a part of the aggregate command',
    async (stage) => {
      await stage.watch([], { showExpandedEvents: true });
      expect(stageOf(aggregates(stage)[0])).toEqual({ showExpandedEvents: true });
    },
  ],
  [
    'when omitted, showExpandedEvents is not sent as a part of the aggregate command',
    async (stage) => {
      await stage.watch();
      expect(stageOf(aggregates(stage)[0])).not.toHaveProperty('showExpandedEvents');
    },
  ],
];

const insertEverywhere = async (stage: Stage) => {
  const { client, db } = stage.standIn;
  await db.collection('people').insertOne({ x: 1 });
  await client.db(`${db.databaseName}_2`).collection('orders').insertOne({ y: 2 });
  await orders(stage).insertOne({ z: 3 });
};

const EVENTS: readonly Fact[] = [
  [
    'Test array truncation',
    async (stage) => {
      await numbered(stage.standIn.db).insertOne({ _id: 1, a: 1, array: ['foo', { a: 'bar' }, 1, 2, 3] });
      const stream = await stage.watch();
      await numbered(stage.standIn.db).updateOne({ _id: 1 }, [{ $set: { array: ['foo', { a: 'bar' }] } }]);
      expect((await take(stream, 1))[0]?.['updateDescription']).toEqual({
        updatedFields: {},
        removedFields: [],
        truncatedArrays: [{ field: 'array', newSize: 2 }],
      });
    },
  ],
  [
    'to field is set in a rename change event',
    async (stage) => {
      const stream = await stage.watch();
      await orders(stage).rename('people');
      expect((await take(stream, 1))[0]).toMatchObject({
        operationType: 'rename',
        ns: place(stage),
        to: place(stage, 'people'),
      });
    },
  ],
  [
    'Executing a watch helper on a Collection results in notifications for changes to the specified collection',
    async (stage) => {
      const stream = await stage.watch();
      await insertEverywhere(stage);
      expect((await take(stream, 1))[0]).toMatchObject({ ns: place(stage), fullDocument: { z: 3 } });
    },
  ],
  [
    'Change Stream should allow valid aggregate pipeline stages',
    async (stage) => {
      const stream = await stage.watch([{ $match: { 'fullDocument.z': 3 } }]);
      await orders(stage).insertMany([{ y: 2 }, { z: 3 }]);
      expect((await take(stream, 1))[0]).toMatchObject({ fullDocument: { z: 3 } });
    },
  ],
  [
    'Executing a watch helper on a Database results in notifications for changes to all collections in the specified database.',
    async (stage) => {
      await using stream = await opened(stage.standIn.db.watch([], quick));
      await insertEverywhere(stage);
      expect((await take(stream, 2)).map(({ fullDocument }): unknown => fullDocument)).toMatchObject([
        { x: 1 },
        { z: 3 },
      ]);
      expect(aggregates(stage)[0]).toMatchObject({ aggregate: 1, pipeline: [{ $changeStream: {} }] });
    },
  ],
  [
    'Executing a watch helper on a MongoClient results in notifications for changes to all collections in all databases in the cluster.',
    async (stage) => {
      await using stream = await opened(stage.standIn.client.watch([], quick));
      await insertEverywhere(stage);
      expect((await take(stream, 3)).map(({ fullDocument }): unknown => fullDocument)).toMatchObject([
        { x: 1 },
        { y: 2 },
        { z: 3 },
      ]);
      expect(stageOf(aggregates(stage)[0])).toEqual({ allChangesForCluster: true });
      expect(aggregates(stage)[0]).toMatchObject({ $db: 'admin' });
    },
  ],
  [
    'Test insert, update, replace, and delete event types',
    async (stage) => {
      const stream = await stage.watch();
      await orders(stage).insertOne({ x: 1 });
      await orders(stage).updateOne({ x: 1 }, { $set: { x: 2 } });
      await orders(stage).replaceOne({ x: 2 }, { x: 3 });
      await orders(stage).deleteOne({ x: 3 });
      expect(await take(stream, 4)).toMatchObject([
        { operationType: 'insert', ns: place(stage), fullDocument: { x: 1 } },
        {
          operationType: 'update',
          ns: place(stage),
          updateDescription: { updatedFields: { x: 2 }, removedFields: [], truncatedArrays: [] },
        },
        { operationType: 'replace', ns: place(stage), fullDocument: { x: 3 } },
        { operationType: 'delete', ns: place(stage) },
      ]);
    },
  ],
  [
    'Test rename and invalidate event types',
    async (stage) => {
      const stream = await stage.watch();
      await orders(stage).rename('people');
      expect(await take(stream, 2)).toMatchObject([
        { operationType: 'rename', to: place(stage, 'people') },
        { operationType: 'invalidate' },
      ]);
    },
  ],
  [
    'Test drop and invalidate event types',
    async (stage) => {
      const stream = await stage.watch();
      await orders(stage).drop();
      expect(await take(stream, 2)).toMatchObject([
        { operationType: 'drop', ns: place(stage) },
        { operationType: 'invalidate' },
      ]);
    },
  ],
  [
    'Test consecutive resume',
    async (stage) => {
      const stream = await stage.watch([], { batchSize: 1 });
      stage.standIn.server.faults.add({ kind: 'cutConnection', on: 'getMore', times: 2 });
      for (const x of [1, 2, 3]) await orders(stage).insertOne({ x });
      expect((await take(stream, 3)).map(({ fullDocument }): unknown => fullDocument)).toMatchObject([
        { x: 1 },
        { x: 2 },
        { x: 3 },
      ]);
    },
  ],
  [
    'clusterTime is present',
    async (stage) => {
      const stream = await stage.watch();
      await orders(stage).insertOne({ x: 1 });
      expect((await take(stream, 1))[0]).toMatchObject({ clusterTime: expect.anything() as unknown });
    },
  ],
  [
    'disambiguatedPaths is not present when showExpandedEvents is false/unset',
    async (stage) => {
      await numbered(stage.standIn.db).insertOne({ _id: 1, a: { 1: 1 } });
      const stream = await stage.watch();
      await numbered(stage.standIn.db).updateOne({ _id: 1 }, { $set: { 'a.1': 2 } });
      expect((await take(stream, 1))[0]?.['updateDescription']).not.toHaveProperty('disambiguatedPaths');
    },
  ],
  [
    'disambiguatedPaths is present on updateDescription when an ambiguous path is present',
    async (stage) => {
      await numbered(stage.standIn.db).insertOne({ _id: 1, a: { 1: 1 } });
      const stream = await stage.watch([], { showExpandedEvents: true });
      await numbered(stage.standIn.db).updateOne({ _id: 1 }, { $set: { 'a.1': 2 } });
      expect((await take(stream, 1))[0]).toMatchObject({
        updateDescription: { disambiguatedPaths: { 'a.1': ['a', '1'] } },
      });
    },
  ],
  [
    'disambiguatedPaths returns array indices as integers',
    async (stage) => {
      await numbered(stage.standIn.db).insertOne({ _id: 1, a: [{ 1: 1 }] });
      const stream = await stage.watch([], { showExpandedEvents: true });
      await numbered(stage.standIn.db).updateOne({ _id: 1 }, { $set: { 'a.0.1': 2 } });
      expect((await take(stream, 1))[0]).toMatchObject({
        updateDescription: { disambiguatedPaths: { 'a.0.1': ['a', 0, '1'] } },
      });
    },
  ],
];

const EXPANDED: readonly Fact[] = [
  [
    'when showExpandedEvents is true, new fields on change stream events are handled appropriately',
    async (stage) => {
      await stage.standIn.db.createCollection('people');
      const stream = await stage.watch([], expanded);
      await orders(stage).insertOne({ a: 1 });
      await createIndex(stage, 'x_1');
      await orders(stage).rename('people', { dropTarget: true });
      const exists = expect.anything() as unknown;
      expect(await take(stream, 3)).toMatchObject([
        { operationType: 'insert', ns: place(stage), collectionUUID: exists },
        { operationType: 'createIndexes', operationDescription: exists },
        { operationType: 'rename', to: place(stage, 'people'), operationDescription: { dropTarget: exists } },
      ]);
    },
  ],
  [
    'when showExpandedEvents is true, createIndex events are reported',
    async (stage) => {
      const stream = await stage.watch([], expanded);
      await createIndex(stage, 'x_1');
      expect((await take(stream, 1))[0]?.operationType).toBe('createIndexes');
    },
  ],
  [
    'when showExpandedEvents is true, dropIndexes events are reported',
    async (stage) => {
      await createIndex(stage, 'x_1');
      const stream = await stage.watch([], expanded);
      await orders(stage).dropIndex('x_1');
      expect((await take(stream, 1))[0]?.operationType).toBe('dropIndexes');
    },
  ],
  [
    'when showExpandedEvents is true, create events are reported',
    async (stage) => {
      await using stream = await opened(stage.standIn.db.watch([], { ...quick, ...expanded }));
      await stage.standIn.db.createCollection('people');
      expect((await take(stream, 1))[0]?.operationType).toBe('create');
    },
  ],
  [
    'when showExpandedEvents is true, modify events are reported',
    async (stage) => {
      await createIndex(stage, 'x_2');
      const stream = await stage.watch([], expanded);
      await stage.standIn.db.command({ collMod: 'orders' });
      expect((await take(stream, 1))[0]?.operationType).toBe('modify');
    },
  ],
  [
    'nsType is present when creating collections',
    async (stage) => {
      await using stream = await opened(stage.standIn.db.watch([], { ...quick, ...expanded }));
      await stage.standIn.db.createCollection('people');
      expect((await take(stream, 1))[0]).toMatchObject({ operationType: 'create', nsType: 'collection' });
    },
  ],
  [
    'nsType is present when creating timeseries',
    async (stage) => {
      await using stream = await opened(stage.standIn.db.watch([], { ...quick, ...expanded }));
      await stage.standIn.db.createCollection('readings', { timeseries: { timeField: 'time', metaField: 'meta' } });
      expect((await take(stream, 1))[0]).toMatchObject({ operationType: 'create', nsType: 'timeseries' });
    },
  ],
  [
    'nsType is present when creating views',
    async (stage) => {
      await using stream = await opened(stage.standIn.db.watch([], { ...quick, ...expanded }));
      await stage.standIn.db.createCollection('open', { viewOn: 'orders' });
      expect((await take(stream, 1))[0]).toMatchObject({ operationType: 'create', nsType: 'view' });
    },
  ],
];

describe("the drivers' tests of change streams hold", () => {
  test.each([...SENT, ...EVENTS, ...EXPANDED])('%s', (_name, run) => onStage(run));

  test('when showExpandedEvents is true, shardCollection events are reported', async () => {
    await using standIn = await openStandIn({ sharded: true });
    await standIn.db.createCollection('orders');
    await using stream = await opened(standIn.db.collection('orders').watch([], { ...quick, ...expanded }));
    await standIn.client.db('admin').command({ shardCollection: `${standIn.db.databaseName}.orders`, key: { _id: 1 } });
    expect((await take(stream, 1))[0]?.operationType).toBe('shardCollection');
  });
});

describe("the drivers' tests of change streams do not hold, for what they ask for is not built (238)", () => {
  test.each([
    ['Test unknown operationType MUST NOT err', { operationType: 'addedInFutureMongoDBVersion', ns: 1 }],
    ['Test newField added in response MUST NOT err', { operationType: 1, ns: 1, newField: 'newFieldValue' }],
    ['Test new structure in ns document MUST NOT err', { operationType: 'insert', 'ns.viewOn': 'db.coll' }],
    [
      'Test modified structure in ns document MUST NOT err',
      { ns: { db: '$ns.db', coll: '$ns.coll', viewOn: 'db.coll' } },
    ],
    [
      'Test projection in change stream returns expected fields',
      { optype: '$operationType', ns: 1, newField: 'value' },
    ],
  ])('%s', (_name, $project) =>
    onStage(async (stage) => expect((await refusal(stage.watch([{ $project }]))).code).toBe(238)),
  );
});
