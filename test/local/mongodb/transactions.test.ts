import { type Long, type ClientSession, type Document } from 'mongodb';
import { numbered, openDeployment, opened, quick, refusal, take, typesOf, type Deployment } from './support';

describe('a transaction', () => {
  let deployment: Deployment;

  beforeEach(async () => {
    deployment = await openDeployment();
    await orders().insertOne({ _id: 0, n: 0 });
    await people().insertOne({ _id: 0 });
  });
  afterEach(() => deployment[Symbol.asyncDispose]());

  const orders = () => numbered(deployment.db);
  const people = () => numbered(deployment.db, 'people');

  /** Writes of three kinds to two collections. */
  const work = async (session: ClientSession) => {
    await orders().insertMany([{ _id: 1 }, { _id: 2 }], { session });
    await people().updateOne({ _id: 0 }, { $set: { name: 'Ada' } }, { session });
    await orders().deleteOne({ _id: 1 }, { session });
  };

  test('is told when it commits, its events with one time, session and number', async () => {
    await using stream = await opened(deployment.db.watch([], quick));
    await using session = deployment.client.startSession();
    session.startTransaction();
    await work(session);
    await orders().insertOne({ _id: 9 });
    await session.commitTransaction();
    const [outside, ...events] = await take(stream, 5);
    expect(outside).toMatchObject({ documentKey: { _id: 9 } });
    expect(typesOf(events)).toEqual(['insert', 'insert', 'update', 'delete']);
    const [first] = events;
    for (const event of events) {
      expect(event['clusterTime']).toEqual(first?.['clusterTime']);
      expect(event['lsid']).toEqual(first?.['lsid']);
      expect((event['lsid'] as Document)['id']).toEqual(session.id?.id);
      expect(Number(event['txnNumber'] as Long)).toBe(Number(first?.['txnNumber'] as Long));
    }
    const tokens = events.map(({ _id }) => _id._data);
    expect(tokens).toEqual(tokens.toSorted());
    for (const [index, { _id }] of events.entries()) {
      await using resumed = deployment.db.watch([], { ...quick, resumeAfter: _id });
      expect(await take(resumed, 3 - index)).toEqual(events.slice(index + 1));
    }
  });

  test('sees its own writes, and nobody else does before it commits', async () => {
    await using session = deployment.client.startSession();
    session.startTransaction();
    await work(session);
    const ids = async (options: { session?: ClientSession }) =>
      (await orders().find({}, options).sort({ _id: 1 }).toArray()).map(({ _id }) => _id);
    expect(await ids({ session })).toEqual([0, 2]);
    expect(await ids({})).toEqual([0]);
    await session.commitTransaction();
    expect(await ids({})).toEqual([0, 2]);
  });

  test('reads the state at its beginning', async () => {
    await using session = deployment.client.startSession();
    session.startTransaction();
    expect(await orders().countDocuments({}, { session })).toBe(1);
    await orders().insertOne({ _id: 5 });
    await orders().updateOne({ _id: 0 }, { $set: { n: 9 } });
    expect(await orders().find({}, { session }).toArray()).toEqual([{ _id: 0, n: 0 }]);
    await session.abortTransaction();
  });

  test('that is aborted leaves nothing behind', async () => {
    await using stream = await opened(deployment.db.watch([], quick));
    await using session = deployment.client.startSession();
    session.startTransaction();
    await work(session);
    await session.abortTransaction();
    await orders().insertOne({ _id: 7 });
    expect((await take(stream, 1))[0]).toMatchObject({ documentKey: { _id: 7 } });
    expect(await orders().countDocuments()).toBe(2);
  });

  test('is refused where it writes what was written after it began, and may be tried again', async () => {
    await using session = deployment.client.startSession();
    session.startTransaction();
    await orders().findOne({ _id: 0 }, { session });
    await orders().updateOne({ _id: 0 }, { $inc: { n: 1 } });
    const error = await refusal(orders().updateOne({ _id: 0 }, { $inc: { n: 10 } }, { session }));
    expect({ code: error.code, labels: error.errorLabels }).toEqual({
      code: 112,
      labels: ['TransientTransactionError'],
    });
    await session.abortTransaction();
    await session.withTransaction(async () => {
      await orders().updateOne({ _id: 0 }, { $inc: { n: 10 } }, { session });
    });
    expect(await orders().findOne({ _id: 0 })).toEqual({ _id: 0, n: 11 });
  });

  test('makes a write from outside wait until it has ended', async () => {
    await using session = deployment.client.startSession();
    session.startTransaction();
    await orders().updateOne({ _id: 0 }, { $inc: { n: 1 } }, { session });
    const outside = orders().updateOne({ _id: 0 }, { $inc: { n: 10 } });
    await orders().insertOne({ _id: 3 });
    await session.commitTransaction();
    await outside;
    expect(await orders().findOne({ _id: 0 })).toEqual({ _id: 0, n: 11 });
  });

  test('ends with its first error', async () => {
    await using session = deployment.client.startSession();
    session.startTransaction();
    await orders().insertOne({ _id: 4 }, { session });
    expect((await refusal(orders().insertOne({ _id: 0 }, { session }))).code).toBe(11000);
    const after = await refusal(orders().insertOne({ _id: 5 }, { session }));
    expect({ code: after.code, labels: after.errorLabels }).toEqual({
      code: 251,
      labels: ['TransientTransactionError'],
    });
    await session.abortTransaction();
    expect(await orders().countDocuments()).toBe(1);
  });

  test('and a snapshot session read one moment again and again', async () => {
    await using session = deployment.client.startSession({ snapshot: true });
    expect(await orders().find({}, { session }).toArray()).toEqual([{ _id: 0, n: 0 }]);
    await orders().updateOne({ _id: 0 }, { $set: { n: 1 } });
    await orders().insertOne({ _id: 1 });
    await people().deleteOne({ _id: 0 });
    expect(await orders().find({}, { session }).toArray()).toEqual([{ _id: 0, n: 0 }]);
    expect(await people().find({}, { session }).toArray()).toEqual([{ _id: 0 }]);
  });
});
