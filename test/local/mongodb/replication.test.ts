import { MongoClient, ReadPreference, type ClientSession, type FindCursor, type Timestamp } from 'mongodb';
import { momentAfter, numbered, opened, openStandIn, quick, refusal, take, type StandIn } from './support';

describe('replication that is held', () => {
  let deployment: StandIn;

  beforeEach(async () => (deployment = await openStandIn({ secondary: true })));
  afterEach(() => deployment[Symbol.asyncDispose]());

  const orders = () => numbered(deployment.db);
  const majority = { readConcern: { level: 'majority' } } as const;
  const secondary = { readPreference: ReadPreference.SECONDARY } as const;
  const idsOf = async (found: FindCursor<{ readonly _id: number }>): Promise<number[]> =>
    (await found.sort({ _id: 1 }).toArray()).map(({ _id }) => _id);

  /** One order that every member has, and one of the primary's alone. */
  const writeTwo = async (): Promise<void> => {
    await orders().insertOne({ _id: 1 });
    deployment.server.faults.holdReplication();
    await orders().insertOne({ _id: 2 });
  };

  test('is seen on the secondary and by reads of level majority, which are behind', async () => {
    await writeTwo();
    expect(await idsOf(orders().find())).toEqual([1, 2]);
    expect(await idsOf(orders().find({}, majority))).toEqual([1]);
    expect(await idsOf(orders().find({}, secondary))).toEqual([1]);
    await deployment.client.withSession({ snapshot: true }, async (session) => {
      expect(await idsOf(orders().find({}, { session }))).toEqual([1]);
    });
    deployment.server.faults.resumeReplication();
    expect(await idsOf(orders().find({}, majority))).toEqual([1, 2]);
    expect(await idsOf(orders().find({}, secondary))).toEqual([1, 2]);
  });

  test.each([
    ['of level majority', majority],
    ['from the secondary', secondary],
  ])('lets reads %s wait that carry an afterClusterTime', async (_name, options) => {
    await writeTwo();
    const { operationTime } = await deployment.db.command({ ping: 1 });
    const read = async (session: ClientSession, maxTimeMS?: number) => {
      session.advanceOperationTime(operationTime as Timestamp);
      return idsOf(orders().find({}, { ...options, session, ...(maxTimeMS === undefined ? {} : { maxTimeMS }) }));
    };
    await deployment.client.withSession(async (session) => {
      expect((await refusal(read(session, 50))).code).toBe(50);
    });
    await deployment.client.withSession(async (session) => {
      let isRead = false;
      const waiting = read(session).finally(() => (isRead = true));
      await orders().insertOne({ _id: 3 });
      expect(isRead).toBe(false);
      deployment.server.faults.resumeReplication();
      expect(await waiting).toEqual([1, 2, 3]);
    });
  });

  test('keeps change streams waiting for what a majority has', async () => {
    await using before = await opened(orders().watch([], quick));
    await writeTwo();
    await using after = await opened(orders().watch([], quick));
    expect((await take(before, 1))[0]?.['documentKey']).toEqual({ _id: 1 });
    expect(await before.tryNext()).toBeNull();
    await orders().insertOne({ _id: 3 });
    deployment.server.faults.resumeReplication();
    expect((await take(before, 2)).map(({ documentKey }): unknown => documentKey)).toEqual([{ _id: 2 }, { _id: 3 }]);
    // It was opened after the second was written.
    expect((await take(after, 1))[0]?.['documentKey']).toEqual({ _id: 3 });
  });

  test('refuses a time that is still to come', async () => {
    const afterClusterTime = await momentAfter(deployment.db);
    const read = deployment.db.command({ find: 'orders', readConcern: { level: 'local', afterClusterTime } });
    expect((await refusal(read)).code).toBe(72);
  });

  test('is of a set of two, whose second member takes no writes', async () => {
    const hello = await deployment.client.db('admin').command({ hello: 1 });
    expect(hello['hosts']).toHaveLength(2);
    const { members } = await deployment.client.db('admin').command({ replSetGetStatus: 1 });
    expect(members).toMatchObject([{ stateStr: 'PRIMARY' }, { stateStr: 'SECONDARY' }]);
    const [, second] = hello['hosts'] as string[];
    await using direct = await new MongoClient(`mongodb://${second}/?directConnection=true`).connect();
    expect((await refusal(direct.db('shop').collection('orders').insertOne({ a: 1 }))).code).toBe(10107);
  });
});

describe('an oplog that is short', () => {
  test('of so many entries lets go of the oldest with each write', async () => {
    await using deployment = await openStandIn();
    const orders = numbered(deployment.db);
    await using stream = await opened(orders.watch([], quick));
    await orders.insertOne({ _id: 0 });
    const [event] = await take(stream, 1);
    deployment.server.faults.limitOplog({ entries: 3 });
    for (let _id = 1; _id <= 4; _id += 1) await orders.insertOne({ _id });
    expect(deployment.server.oplogEntries()).toBe(3);
    await using resumed = orders.watch([], { ...quick, resumeAfter: event?._id });
    expect((await refusal(resumed.next())).code).toBe(286);
  });

  test('of so much time lets go of what is older than the newest by more', async () => {
    let now = 1_800_000_000_000;
    await using deployment = await openStandIn({ now: () => now });
    const orders = numbered(deployment.db);
    deployment.server.faults.limitOplog({ windowMs: 60_000 });
    await using stream = await opened(orders.watch([], quick));
    await orders.insertOne({ _id: 0 });
    const [event] = await take(stream, 1);
    now += 60_000;
    await orders.insertOne({ _id: 1 });
    await using inTime = orders.watch([], { ...quick, resumeAfter: event?._id });
    expect((await take(inTime, 1))[0]?.['documentKey']).toEqual({ _id: 1 });
    now += 1;
    await orders.insertOne({ _id: 2 });
    await using late = orders.watch([], { ...quick, resumeAfter: event?._id });
    expect((await refusal(late.next())).code).toBe(286);
    const oplog = deployment.client.db('local').collection('oplog.rs');
    const [first] = await oplog.find().sort({ $natural: 1 }).limit(1).toArray();
    expect((first?.['ts'] as Timestamp).t).toBe(1_800_000_060);
  });
});
