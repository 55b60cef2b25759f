import { MongoClient, type ChangeStream, type Collection, type Document, type Timestamp } from 'mongodb';
import { type MongoOptions } from '../../../local/mongodb/mongodb';
import { opened, openStandIn, quick, refusal, take, temporaryFolder, typesOf, type StandIn } from './support';

interface Order extends Document {
  readonly _id: number;
  readonly customer: number;
}

/** Orders by their customer: those of customers from 100 on lie on the second shard. */
async function sharded(deployment: StandIn): Promise<Collection<Order>> {
  const { client, db } = deployment;
  const namespace = `${db.databaseName}.orders`;
  await client.db('admin').command({ shardCollection: namespace, key: { customer: 1 } });
  await client.db('admin').command({ split: namespace, middle: { customer: 100 } });
  return db.collection<Order>('orders');
}

const keysOf = (events: readonly Document[]): unknown[] =>
  events.map(({ operationType, documentKey }): unknown => [operationType, documentKey]);

const timesOf = (events: readonly Document[]): string[] =>
  events.map(({ clusterTime }) => String((clusterTime as Timestamp).toBigInt()));

describe('a mongos', () => {
  let deployment: StandIn;
  const open = async (options: MongoOptions['sharded'] = true) => {
    deployment = await openStandIn({ sharded: options });
    return sharded(deployment);
  };

  afterEach(() => deployment[Symbol.asyncDispose]());

  test('is one to a driver, with two shards behind it, and no member of a replica set', async () => {
    await open();
    const admin = deployment.client.db('admin');
    expect(await admin.command({ hello: 1 })).toMatchObject({ msg: 'isdbgrid', isWritablePrimary: true });
    expect(await admin.command({ hello: 1 })).not.toHaveProperty('setName');
    expect((await admin.command({ listShards: 1 }))['shards']).toHaveLength(2);
    const config = deployment.client.db('config');
    expect(await config.collection('version').findOne()).toMatchObject({ clusterId: expect.anything() as unknown });
    expect(await config.collection('collections').find().toArray()).toMatchObject([
      { _id: `${deployment.db.databaseName}.orders`, key: { customer: 1 } },
    ]);
    expect((await refusal(admin.command({ replSetGetConfig: 1 }))).code).toBe(59);
    expect((await refusal(deployment.client.db('local').collection('oplog.rs').findOne())).code).toBe(20);
  });

  test('names documents by shard key and _id', async () => {
    const orders = await open();
    await using stream = await opened(orders.watch([], quick));
    await orders.insertOne({ _id: 1, customer: 5 });
    await orders.updateOne({ _id: 1 }, { $set: { customer: 6 } });
    await orders.deleteOne({ _id: 1 });
    expect(keysOf(await take(stream, 3))).toEqual([
      ['insert', { customer: 5, _id: 1 }],
      // Of an update that stays where it is, as the document is afterwards.
      ['update', { customer: 6, _id: 1 }],
      ['delete', { customer: 6, _id: 1 }],
    ]);
  });

  test('deletes and inserts a document that an update moves to the other shard, at one time, the deletion first', async () => {
    const orders = await open();
    await orders.insertOne({ _id: 1, customer: 5, text: 'a' });
    await orders.insertOne({ _id: 2, customer: 500, text: 'b' });
    await using stream = await opened(orders.watch([], quick));
    await orders.updateOne({ _id: 1, customer: 5 }, { $set: { customer: 500 } });
    await orders.replaceOne({ _id: 2, customer: 500 }, { customer: 5, text: 'c' });
    const events = await take(stream, 4);
    expect(keysOf(events)).toEqual([
      ['delete', { customer: 5, _id: 1 }],
      ['insert', { customer: 500, _id: 1 }],
      ['delete', { customer: 500, _id: 2 }],
      ['insert', { customer: 5, _id: 2 }],
    ]);
    const times = timesOf(events);
    expect([times[0], times[2]]).toEqual([times[1], times[3]]);
    const tokens = events.map(({ _id }) => _id._data);
    expect(tokens).toEqual(tokens.toSorted());
    expect(events[0]).toMatchObject({
      lsid: events[1]?.['lsid'] as unknown,
      txnNumber: events[1]?.['txnNumber'] as unknown,
    });
    expect(events[1]).toMatchObject({ fullDocument: { _id: 1, customer: 500, text: 'a' } });
    for (const [index, { _id }] of events.entries()) {
      await using resumed = orders.watch([], { ...quick, resumeAfter: _id });
      expect(await take(resumed, 3 - index)).toEqual(events.slice(index + 1));
    }
    expect(await orders.find().sort({ _id: 1 }).toArray()).toMatchObject([{ customer: 500 }, { customer: 5 }]);
  });

  test('numbers the operations of a transaction by shard, and gives them in the order of their tokens', async () => {
    const orders = await open();
    for (const [_id, customer] of [1, 2, 100, 200].entries()) await orders.insertOne({ _id, customer });
    await using stream = await opened(orders.watch([], quick));
    await deployment.client.withSession((session) =>
      session.withTransaction(async () => {
        await orders.deleteOne({ _id: 0 }, { session });
        await orders.deleteOne({ _id: 1 }, { session });
        await orders.updateOne({ _id: 2 }, { $set: { a: 1 } }, { session });
        await orders.deleteOne({ _id: 3 }, { session });
      }),
    );
    const events = await take(stream, 4);
    // The first of each shard, then the second of each.
    expect(keysOf(events)).toEqual([
      ['delete', { customer: 1, _id: 0 }],
      ['update', { customer: 100, _id: 2 }],
      ['delete', { customer: 2, _id: 1 }],
      ['delete', { customer: 200, _id: 3 }],
    ]);
    expect(new Set(timesOf(events)).size).toBe(1);
  });

  test.each([
    ['delete', ['delete', 'insert']],
    ['insert', ['insert', 'delete']],
  ] as const)('whose shards commit apart, the %s earlier', async (earlierHalf, expected) => {
    const orders = await open({ earlierHalf });
    await orders.insertOne({ _id: 1, customer: 5 });
    await using stream: ChangeStream = await opened(orders.watch([], quick));
    await orders.updateOne({ _id: 1 }, { $set: { customer: 500 } });
    const [first, second] = await take(stream, 2);
    expect(typesOf([first, second].flatMap((event) => event ?? []))).toEqual(expected);
    const [earlier = '', later = ''] = timesOf([first, second].flatMap((event) => event ?? []));
    expect(BigInt(earlier) < BigInt(later)).toBe(true);
    const startAtOperationTime = second?.['clusterTime'] as Timestamp;
    await using later2 = orders.watch([], { ...quick, startAtOperationTime });
    expect(await take(later2, 1)).toEqual([second]);
    await using resumed = orders.watch([], { ...quick, resumeAfter: first?._id });
    expect(await take(resumed, 1)).toEqual([second]);
    expect(await orders.countDocuments()).toBe(1);
  });

  test('moves documents for retryable writes and transactions alone', async () => {
    const orders = await open();
    await orders.insertOne({ _id: 1, customer: 5 });
    await using plain = await new MongoClient(deployment.uri, { retryWrites: false }).connect();
    const { databaseName } = deployment.db;
    const refused = plain
      .db(databaseName)
      .collection<Order>('orders')
      .updateOne({ _id: 1 }, { $set: { customer: 500 } });
    // The driver takes every 20 of a write for a storage engine of old.
    expect(await refusal(refused)).toMatchObject({ originalError: { code: 20 } });
  });
});

test('a mongos remembers in its folder where documents lie', async () => {
  await using folder = await temporaryFolder();
  let events: readonly Document[];
  let token: unknown;
  let name: string;
  {
    await using deployment = await openStandIn({ sharded: true, folder: folder.path });
    const orders = await sharded(deployment);
    name = deployment.db.databaseName;
    await using stream = await opened(orders.watch([], quick));
    await orders.insertOne({ _id: 1, customer: 5 });
    await orders.updateOne({ _id: 1 }, { $set: { customer: 500 } });
    const [insert, ...moved] = await take(stream, 3);
    token = insert?._id;
    events = moved;
  }
  await using deployment = await openStandIn({ sharded: true, folder: folder.path });
  const orders = deployment.client.db(name).collection<Order>('orders');
  await using stream = orders.watch([], { ...quick, resumeAfter: token });
  expect(await take(stream, 2)).toEqual(events);
  await orders.updateOne({ _id: 1 }, { $set: { customer: 1 } });
  expect(typesOf(await take(stream, 2))).toEqual(['delete', 'insert']);
});
