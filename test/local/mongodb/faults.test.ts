import { MongoClient, MongoNetworkError, type ChangeStream, type Timestamp } from 'mongodb';
import {
  eventually,
  momentAfter,
  numbered,
  openStandIn,
  opened,
  quick,
  refusal,
  take,
  typesOf,
  type AnyEvent,
  type StandIn,
} from './support';

const ids = (events: readonly AnyEvent[]): unknown[] =>
  events.map(({ documentKey }) => (documentKey as { _id: number })._id);

describe('faults', () => {
  let standIn: StandIn;

  beforeEach(async () => (standIn = await openStandIn()));
  afterEach(() => standIn[Symbol.asyncDispose]());

  const orders = () => numbered(standIn.db);
  const faults = () => standIn.server.faults;

  describe("the driver's own change stream goes on", () => {
    /** Reads on while the fault strikes; what is written before, meanwhile and after comes once and in order. */
    const goesOn = async (strike: () => unknown, recover: () => unknown = () => undefined) => {
      const startAtOperationTime = await momentAfter(standIn.db);
      await using stream = orders().watch([], { maxAwaitTimeMS: 5_000, startAtOperationTime });
      await orders().insertMany([{ _id: 1 }, { _id: 2 }]);
      const before = await take(stream, 2);
      const reading = take(stream, 3);
      await eventually(() => standIn.server.waitingCursors() === 1, 'the stream to wait');
      await strike();
      await recover();
      for (const _id of [3, 4, 5]) await orders().insertOne({ _id });
      expect(ids([...before, ...(await reading)])).toEqual([1, 2, 3, 4, 5]);
    };

    test('when all connections are cut', () => goesOn(() => expect(faults().cutConnections()).toBeGreaterThan(0)));

    test('when its cursor is killed', () => goesOn(() => expect(faults().killCursors()).toBe(1)));

    test('when the primary steps down and is elected again', () =>
      goesOn(
        () => faults().stepDown(),
        () => faults().stepUp(),
      ));

    test.each([
      ['InterruptedAtShutdown', 11600],
      ['InterruptedDueToReplStateChange', 11602],
      ['NotWritablePrimary', 10107],
      ['NotPrimaryNoSecondaryOk', 13435],
      ['CursorNotFound', 43],
      ['HostUnreachable', 6],
    ])('when a getMore is refused with %s', async (_name, code) => {
      const fault = faults().add({ kind: 'refuse', on: 'getMore', code });
      await using stream = orders().watch([], quick);
      const reading = take(stream, 1);
      await fault.reached;
      await orders().insertOne({ _id: 1 });
      expect(ids(await reading)).toEqual([1]);
      expect(fault.hits).toBe(1);
    });

    test('when replies are lost: the events come again, and are told once', async () => {
      await using stream = await opened(orders().watch([], quick));
      await orders().insertMany(Array.from({ length: 10 }, (_, _id) => ({ _id })));
      const fault = faults().add({ kind: 'loseReply', on: 'getMore' });
      expect(ids(await take(stream, 10))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(fault.hits).toBe(1);
    });
  });

  describe("the driver's own change stream ends", () => {
    test.each([
      ['ChangeStreamFatalError', 280, ['NonResumableChangeStreamError']],
      ['CappedPositionLost', 136, []],
      ['CursorKilled', 237, []],
    ])('when a getMore is refused with %s', async (codeName, code, errorLabels) => {
      faults().add({ kind: 'refuse', on: 'getMore', code, times: Infinity });
      await using stream = orders().watch([], quick);
      const error = await refusal(stream.next());
      expect({ code: error.code, codeName: error.codeName, errorLabels: error.errorLabels }).toEqual({
        code,
        codeName,
        errorLabels,
      });
    });
  });

  describe('the oplog', () => {
    const token = async (): Promise<AnyEvent> => {
      await using stream = await opened(orders().watch([], quick));
      await orders().insertOne({ _id: 0 });
      return (await take(stream, 1))[0] as AnyEvent;
    };
    const codeOf = async (stream: ChangeStream) => {
      const { code, codeName, errorLabels } = await refusal(stream.next());
      return { code, codeName, errorLabels };
    };
    const lost = { code: 286, codeName: 'ChangeStreamHistoryLost', errorLabels: ['NonResumableChangeStreamError'] };

    test('when it is lost, no stream goes on from before', async () => {
      const { _id: resumeAfter, clusterTime } = await token();
      await orders().insertOne({ _id: 1 });
      expect(faults().truncateOplog()).toBeGreaterThan(1);
      expect(standIn.server.oplogEntries()).toBe(0);
      expect(await codeOf(orders().watch([], { ...quick, resumeAfter }))).toEqual(lost);
      expect(await codeOf(orders().watch([], { ...quick, startAfter: resumeAfter }))).toEqual(lost);
      const startAtOperationTime = clusterTime as NonNullable<
        Parameters<typeof standIn.db.watch>[1]
      >['startAtOperationTime'];
      if (startAtOperationTime === undefined) throw new Error('no cluster time');
      expect(await codeOf(orders().watch([], { ...quick, startAtOperationTime }))).toEqual(lost);
      await using fresh = await opened(orders().watch([], quick));
      await orders().insertOne({ _id: 2 });
      expect(ids(await take(fresh, 1))).toEqual([2]);
    });

    test('is bounded: a stream that is overtaken ends, and cannot be resumed', async () => {
      await using small = await openStandIn({ oplogEntries: 20 });
      const people = numbered(small.db, 'people');
      await using stream = await opened(people.watch([], quick));
      for (let _id = 0; _id < 30; _id += 1) await people.insertOne({ _id });
      expect(small.server.oplogEntries()).toBe(20);
      const { resumeToken: resumeAfter } = stream;
      expect(await codeOf(stream)).toEqual({ code: 136, codeName: 'CappedPositionLost', errorLabels: [] });
      expect(await codeOf(people.watch([], { ...quick, resumeAfter }))).toEqual(lost);
    });

    test('can be asked how far it reaches', async () => {
      await orders().insertOne({ _id: 1 });
      await orders().updateOne({ _id: 1 }, { $set: { a: 1 } });
      const oplog = standIn.client.db('local').collection('oplog.rs');
      const at = (direction: 1 | -1) => oplog.findOne({}, { sort: { $natural: direction } });
      const [first, last] = [await at(1), await at(-1)];
      expect([first?.['op'], last?.['op']]).toEqual(['n', 'u']);
      expect((first?.['ts'] as Timestamp).lessThan(last?.['ts'] as Timestamp)).toBe(true);
    });

    test('moves quiet streams on by entries of no effect', async () => {
      await using busy = await openStandIn({ noopEveryMs: 10 });
      await using stream = await opened(busy.db.watch([], quick));
      const first = JSON.stringify(stream.resumeToken);
      await stream.tryNext();
      expect(JSON.stringify(stream.resumeToken) > first).toBe(true);
    });
  });

  describe('a write whose reply is lost', () => {
    test('is tried again by the driver, and done once', async () => {
      await using stream = await opened(orders().watch([], quick));
      const lose = (on: string) => faults().add({ kind: 'loseReply', on });
      lose('insert');
      const inserted = await orders().insertMany([
        { _id: 1, n: 0 },
        { _id: 2, n: 0 },
      ]);
      expect(inserted.insertedCount).toBe(2);
      lose('update');
      expect((await orders().updateOne({ _id: 1 }, { $inc: { n: 1 } })).modifiedCount).toBe(1);
      lose('findAndModify');
      expect(await orders().findOneAndUpdate({ _id: 1 }, { $inc: { n: 1 } })).toEqual({ _id: 1, n: 1 });
      lose('delete');
      expect((await orders().deleteOne({ _id: 2 })).deletedCount).toBe(1);
      await orders().insertOne({ _id: 3 });
      expect(typesOf(await take(stream, 6))).toEqual(['insert', 'insert', 'update', 'update', 'delete', 'insert']);
      expect(await orders().findOne({ _id: 1 })).toEqual({ _id: 1, n: 2 });
    });

    test('was done, though a driver that tries nothing again is not told', async () => {
      await using client = new MongoClient(standIn.uri, { retryWrites: false });
      const collection = numbered(client.db(standIn.db.databaseName));
      faults().add({ kind: 'loseReply', on: 'insert' });
      expect(await refusal(collection.insertOne({ _id: 1 }))).toBeInstanceOf(MongoNetworkError);
      faults().add({ kind: 'cutConnection', on: 'insert' });
      expect(await refusal(collection.insertOne({ _id: 2 }))).toBeInstanceOf(MongoNetworkError);
      expect(await orders().find().toArray()).toEqual([{ _id: 1 }]);
    });

    test('is the commit of a transaction: it is told once', async () => {
      await orders().insertOne({ _id: 0 });
      await using stream = await opened(orders().watch([], quick));
      await using session = standIn.client.startSession();
      faults().add({ kind: 'loseReply', on: 'commitTransaction' });
      await session.withTransaction(async () => {
        await orders().insertMany([{ _id: 1 }, { _id: 2 }], { session });
      });
      await orders().insertOne({ _id: 3 });
      expect(ids(await take(stream, 3))).toEqual([1, 2, 3]);
    });
  });

  describe('a primary that steps down', () => {
    test('takes no writes, and reads only where a secondary will do', async () => {
      await using direct = new MongoClient(`mongodb://127.0.0.1:${standIn.server.port}/?directConnection=true`, {
        retryWrites: false,
      });
      await orders().insertOne({ _id: 1 });
      const collection = numbered(direct.db(standIn.db.databaseName));
      await direct.connect();
      faults().stepDown();
      expect((await refusal(collection.insertOne({ _id: 2 }))).code).toBe(10107);
      expect(await collection.findOne({}, { readPreference: 'secondaryPreferred' })).toEqual({ _id: 1 });
      faults().stepUp();
      await orders().insertOne({ _id: 2 });
    });

    test('is noticed at once by clients that watch it', async () => {
      await using client = new MongoClient(standIn.uri, { heartbeatFrequencyMS: 60_000 });
      await client.connect();
      const types: string[] = [];
      client.on('serverDescriptionChanged', ({ newDescription }) => types.push(newDescription.type));
      // Its monitor has to listen first.
      const { resolve, promise } = Promise.withResolvers<undefined>();
      client.on('serverHeartbeatStarted', ({ awaited }) => {
        if (awaited) resolve(undefined);
      });
      await promise;
      faults().stepDown();
      await eventually(() => types.includes('RSSecondary'), 'the client to notice');
      faults().stepUp();
      await eventually(() => types.includes('RSPrimary'), 'the client to notice again');
    });

    test('aborts what transactions are open', async () => {
      await using session = standIn.client.startSession();
      session.startTransaction();
      await orders().insertOne({ _id: 1 }, { session });
      faults().stepDown();
      faults().stepUp();
      const error = await refusal(orders().insertOne({ _id: 2 }, { session }));
      expect({ code: error.code, labels: error.errorLabels }).toEqual({
        code: 251,
        labels: ['TransientTransactionError'],
      });
      await session.abortTransaction();
    });
  });

  describe('rules', () => {
    test('strike their command, their collection and their turn alone', async () => {
      const fault = faults().add({ kind: 'refuse', on: 'find', code: 13, collection: 'orders', skip: 1, times: 2 });
      const people = numbered(standIn.db, 'people');
      await people.findOne();
      await orders().findOne();
      const error = await refusal(orders().findOne());
      expect({ code: error.code, name: error.codeName, labels: error.errorLabels }).toEqual({
        code: 13,
        name: 'Unauthorized',
        labels: [],
      });
      await people.findOne();
      await refusal(orders().findOne());
      await orders().findOne();
      expect(fault.hits).toBe(2);
    });

    test('may name other labels, and a code that has no name', async () => {
      faults().add({ kind: 'refuse', on: 'any', code: 12345, labels: ['Mine'] });
      const error = await refusal(orders().findOne());
      expect({ name: error.codeName, labels: error.errorLabels }).toEqual({ name: 'Location12345', labels: ['Mine'] });
    });

    test('may delay a command, and be forgotten', async () => {
      const fault = faults().add({ kind: 'delay', on: 'ping', ms: 100 });
      const began = performance.now();
      await standIn.db.command({ ping: 1 });
      expect(performance.now() - began).toBeGreaterThan(95);
      faults().add({ kind: 'refuse', on: 'ping', code: 1 }).remove();
      faults().add({ kind: 'refuse', on: 'ping', code: 1 });
      faults().clear();
      await standIn.db.command({ ping: 1 });
      expect(fault.hits).toBe(1);
    });

    test('that refuse without a code are refused themselves', () => {
      expect(() => faults().add({ kind: 'refuse', on: 'any' })).toThrow('refuse: found no code');
    });
  });
});

test('a standalone has neither change streams nor transactions', async () => {
  await using standIn = await openStandIn({ replicaSet: null });
  const orders = numbered(standIn.db);
  await orders.insertOne({ _id: 1 });
  expect((await refusal(orders.watch().next())).code).toBe(40573);
  await using session = standIn.client.startSession();
  session.startTransaction();
  const error = await refusal(orders.insertOne({ _id: 2 }, { session }));
  expect(error.message).toContain('does not support retryable writes');
  await session.abortTransaction();
});

test('a server that is closed has ended its connections and freed its port', async () => {
  const first = await openStandIn();
  const { port } = first.server;
  await first[Symbol.asyncDispose]();
  expect(first.server.openConnections()).toBe(0);
  await using second = await openStandIn({ port });
  expect(second.server.port).toBe(port);
  await expect(openStandIn({ port })).rejects.toThrow(`127.0.0.1:${port} is in use`);
});
