import { type ChangeStreamOptions } from 'mongodb';
import { numbered, openDeployment, opened, quick, refusal, take, type AnyEvent, type Deployment } from './support';

describe('a view and a time series', () => {
  let deployment: Deployment;

  beforeEach(async () => {
    deployment = await openDeployment();
    await numbered(deployment.db).insertMany([
      { _id: 1, open: true },
      { _id: 2, open: false },
    ]);
  });
  afterEach(() => deployment[Symbol.asyncDispose]());

  const pipeline = [{ $match: { open: true } }];
  const createView = () => deployment.db.createCollection('open', { viewOn: 'orders', pipeline });
  const createSeries = () => deployment.db.createCollection('readings', { timeseries: { timeField: 'at' } });

  test('are listed as what they are, beside what holds them', async () => {
    await createView();
    await createSeries();
    const listed = await deployment.db.listCollections().toArray();
    expect(Object.fromEntries(listed.map(({ name, type }) => [name, type]))).toEqual({
      orders: 'collection',
      open: 'view',
      readings: 'timeseries',
      'system.buckets.readings': 'collection',
      'system.views': 'collection',
    });
    expect(listed.find(({ name }) => name === 'open')).toMatchObject({
      options: { viewOn: 'orders', pipeline },
      info: { readOnly: true },
    });
  });

  test('are read, but not written', async () => {
    await createView();
    const view = numbered(deployment.db, 'open');
    expect(await view.find().toArray()).toEqual([{ _id: 1, open: true }]);
    expect(await view.findOne({ _id: 2 })).toBeNull();
    expect(await view.aggregate([{ $count: 'n' }]).toArray()).toEqual([{ n: 1 }]);
    expect((await refusal(view.insertOne({ _id: 3 }))).code).toBe(166);
  });

  test.each([
    ['view', 'open', createView],
    ['time series', 'readings', createSeries],
  ])('have no change streams: a %s', async (_kind, name, create) => {
    await create();
    await using stream = deployment.db.collection(name).watch([], quick);
    expect(await refusal(stream.next())).toMatchObject({ code: 166, codeName: 'CommandNotSupportedOnView' });
  });

  const eventsOf = async (options: ChangeStreamOptions, count: number): Promise<readonly AnyEvent[]> => {
    await using stream = await opened(deployment.db.watch([], { ...quick, ...options }));
    await createView();
    await createSeries();
    await deployment.db.dropCollection('open');
    await deployment.db.dropCollection('readings');
    await numbered(deployment.db).insertOne({ _id: 3 });
    return await take(stream, count);
  };

  test('have events where expanded events are asked for, and nowhere else', async () => {
    const events = await eventsOf({ showExpandedEvents: true }, 5);
    expect(
      events.map(({ operationType, ns, nsType }): unknown => [operationType, (ns as { coll: string }).coll, nsType]),
    ).toEqual([
      ['create', 'open', 'view'],
      ['create', 'readings', 'timeseries'],
      ['drop', 'open', undefined],
      ['drop', 'readings', undefined],
      ['insert', 'orders', undefined],
    ]);
    expect(events[0]).toMatchObject({ operationDescription: { viewOn: 'orders', pipeline } });
    expect(events[0]).not.toHaveProperty('collectionUUID');
    expect(events[1]).toMatchObject({ operationDescription: { viewOn: 'system.buckets.readings' } });
    await deployment.db.dropCollection('orders');
    await numbered(deployment.db).insertOne({ _id: 1 });
    const [first] = await eventsOf({}, 1);
    expect(first).toMatchObject({ operationType: 'insert', documentKey: { _id: 3 } });
  });
});
