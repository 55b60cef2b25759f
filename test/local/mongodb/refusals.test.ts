import { type FaultRule } from '../../../local/mongodb/mongodb';
import { OTHER_SERVERS } from '../../../local/mongodb/other-servers';
import { numbered, opened, openStandIn, quick, refusal, take, type StandIn } from './support';

describe('refusals', () => {
  let standIn: StandIn;

  beforeEach(async () => (standIn = await openStandIn()));
  afterEach(() => standIn[Symbol.asyncDispose]());

  const orders = () => numbered(standIn.db);
  const refuse = (rule: Omit<FaultRule, 'kind'>) =>
    standIn.server.faults.add({ kind: 'refuse', times: Infinity, ...rule });
  const opening = async (open: () => ReturnType<ReturnType<typeof orders>['watch']>) => {
    await using stream = open();
    return await stream.tryNext().then(
      () => null,
      (error: unknown) => error,
    );
  };

  test.each([
    [13, 'Unauthorized'],
    [115, 'CommandNotSupported'],
    [303, 'Location303'],
    [304, 'Location304'],
    [8000, 'AtlasError'],
    [40415, 'Location40415'],
    [6188501, 'Location6188501'],
  ])('with %i carry their name and text', async (code, codeName) => {
    refuse({ on: 'aggregate', stage: '$changeStream', code, message: 'not here' });
    expect(await opening(() => orders().watch([], quick))).toMatchObject({ code, codeName, message: 'not here' });
    expect(
      await orders()
        .aggregate([{ $match: {} }])
        .toArray(),
    ).toEqual([]);
  });

  test('strike change streams by what they watch and by their options', async () => {
    refuse({ on: 'aggregate', scope: 'database', code: 115 });
    refuse({ on: 'aggregate', option: 'startAfter', code: 40415 });
    expect(await opening(() => orders().watch([], quick))).toBeNull();
    expect(await opening(() => standIn.client.watch([], quick) as never)).toBeNull();
    expect(await opening(() => standIn.db.watch([], quick) as never)).toMatchObject({ code: 115 });
    await using stream = await opened(orders().watch([], quick));
    const startAfter = stream.resumeToken;
    expect(await opening(() => orders().watch([], { ...quick, startAfter }))).toMatchObject({ code: 40415 });
    expect(await opening(() => orders().watch([], { ...quick, resumeAfter: startAfter }))).toBeNull();
  });

  test('strike the getMores of queries in the middle, or of change streams alone, or one database', async () => {
    await orders().insertMany([1, 2, 3, 4, 5].map((_id) => ({ _id })));
    const fault = refuse({ on: 'getMore', changeStream: false, skip: 1, times: 1, code: 262 });
    await using stream = await opened(orders().watch([], quick));
    const found = orders().find({}, { batchSize: 2 });
    const read: number[] = [];
    const reading = (async () => {
      for await (const { _id } of found) read.push(_id);
    })();
    expect((await refusal(reading)).code).toBe(262);
    expect([read, fault.hits]).toEqual([[1, 2, 3, 4], 1]);
    await orders().insertOne({ _id: 6 });
    expect(await take(stream, 1)).toHaveLength(1);
    refuse({ on: 'find', database: 'other', code: 13 });
    expect(await orders().countDocuments()).toBe(6);
    expect((await refusal(standIn.client.db('other').collection('orders').findOne())).code).toBe(13);
  });

  test('of other servers: Amazon DocumentDB knows resumeAfter alone', async () => {
    for (const rule of OTHER_SERVERS.amazonDocumentDb) standIn.server.faults.add(rule);
    await using stream = await opened(orders().watch([], quick));
    const token = stream.resumeToken;
    const refused = opening(() => orders().watch([], { ...quick, startAfter: token }));
    expect(await refused).toMatchObject({
      code: 40415,
      message: "BSON field '$changeStream.startAfter' is an unknown field.",
    });
    expect(await opening(() => orders().watch([], { ...quick, resumeAfter: token }))).toBeNull();
    const split = [{ $changeStreamSplitLargeEvent: {} }];
    expect(await opening(() => orders().watch(split, quick))).toMatchObject({ code: 304 });
  });

  test('of other servers: vCore watches collections alone', async () => {
    for (const rule of OTHER_SERVERS.cosmosVCore) standIn.server.faults.add(rule);
    expect(await opening(() => orders().watch([], quick))).toBeNull();
    expect(await opening(() => standIn.db.watch([], quick) as never)).toMatchObject({ code: 115 });
    expect(await opening(() => standIn.client.watch([], quick) as never)).toMatchObject({ code: 115 });
  });

  test('of other servers: one before version 6 has no expanded events and no fragments', async () => {
    for (const rule of OTHER_SERVERS.beforeVersion6) standIn.server.faults.add(rule);
    const split = [{ $changeStreamSplitLargeEvent: {} }];
    expect(await opening(() => orders().watch([], { ...quick, showExpandedEvents: true }))).toMatchObject({
      code: 40415,
    });
    expect(await opening(() => orders().watch(split, quick))).toMatchObject({ code: 40324 });
  });

  test("are the server's own: a stage that there is none of, and one that may not stand there", async () => {
    expect(await opening(() => orders().watch([{ $nothing: {} }], quick))).toMatchObject({ code: 40324 });
    expect(await opening(() => orders().watch([{ $group: { _id: 1 } }], quick))).toMatchObject({ code: 20 });
    expect(
      (
        await refusal(
          orders()
            .aggregate([{ $nothing: {} }])
            .toArray(),
        )
      ).code,
    ).toBe(40324);
  });

  test('are none for a collMod that asks for nothing: it is an event', async () => {
    await standIn.db.createCollection('orders', { changeStreamPreAndPostImages: { enabled: true } });
    await using stream = await opened(orders().watch([], { ...quick, showExpandedEvents: true }));
    await standIn.db.command({ collMod: 'orders' });
    const [event] = await take(stream, 1);
    expect(event).toMatchObject({ operationType: 'modify', operationDescription: {} });
    expect(event?.['operationDescription']).toEqual({});
    expect(event?.['stateBeforeChange']).toMatchObject({
      collectionOptions: { changeStreamPreAndPostImages: { enabled: true } },
    });
  });
});
