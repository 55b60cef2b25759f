import { numbered, openDeployment, opened, quick, take, typesOf, type AnyEvent, type Deployment } from './support';

/** The events of change streams where a collection takes the place of another. */
describe('a collection that is replaced', () => {
  let deployment: Deployment;

  beforeEach(async () => {
    deployment = await openDeployment();
    await numbered(deployment.db).insertMany([{ _id: 1 }, { _id: 2 }]);
    await numbered(deployment.db, 'fresh').insertOne({ _id: 3 });
  });
  afterEach(() => deployment[Symbol.asyncDispose]());

  const orders = () => numbered(deployment.db);
  const placesOf = (events: readonly AnyEvent[]): unknown[] =>
    events.map(({ operationType, ns, to }): unknown[] => [
      operationType,
      (ns as { coll?: string } | undefined)?.coll,
      ...(to === undefined ? [] : [(to as { coll: string }).coll]),
    ]);
  const expanded = { ...quick, showExpandedEvents: true };

  test('by a rename: one event, which names the collection that ended by its UUID, and no drop', async () => {
    const { info } = (await deployment.db.listCollections({ name: 'orders' }).toArray())[0] as unknown as {
      info: { uuid: unknown };
    };
    await using database = await opened(deployment.db.watch([], expanded));
    await using target = await opened(orders().watch([], quick));
    await numbered(deployment.db, 'fresh').rename('orders', { dropTarget: true });
    await orders().insertOne({ _id: 4 });
    const events = await take(database, 2);
    expect(placesOf(events)).toEqual([
      ['rename', 'fresh', 'orders'],
      ['insert', 'orders'],
    ]);
    expect(events[0]?.['operationDescription']).toEqual({
      to: { db: deployment.db.databaseName, coll: 'orders' },
      dropTarget: info.uuid,
    });
    const seen = await take(target, 2);
    expect(typesOf(seen)).toEqual(['rename', 'invalidate']);
    // The document that came with the rename has no event.
    await using after = orders().watch([], { ...quick, startAfter: seen[1]?._id });
    expect((await take(after, 1))[0]).toMatchObject({ operationType: 'insert', documentKey: { _id: 4 } });
  });

  test('by $out: the new documents under a temporary name, then the rename', async () => {
    await using database = await opened(deployment.db.watch([], expanded));
    await using target = await opened(orders().watch([], quick));
    expect(
      await numbered(deployment.db, 'fresh')
        .aggregate([{ $out: 'orders' }])
        .toArray(),
    ).toEqual([]);
    await orders().insertOne({ _id: 4 });
    const events = await take(database, 4);
    const temporary = (events[0]?.['ns'] as { coll: string }).coll;
    expect(temporary).toMatch(/^tmp\.agg_out\./);
    expect(placesOf(events)).toEqual([
      ['create', temporary],
      ['insert', temporary],
      ['rename', temporary, 'orders'],
      ['insert', 'orders'],
    ]);
    expect(typesOf(await take(target, 2))).toEqual(['rename', 'invalidate']);
    expect(await orders().find().sort({ _id: 1 }).toArray()).toEqual([{ _id: 3 }, { _id: 4 }]);
  });

  test('by $out where there is no target yet', async () => {
    await using database = await opened(deployment.db.watch([], expanded));
    await numbered(deployment.db, 'fresh')
      .aggregate([{ $match: {} }, { $out: 'copies' }])
      .toArray();
    const events = await take(database, 3);
    expect(events[2]?.['operationDescription']).not.toHaveProperty('dropTarget');
    expect(await numbered(deployment.db, 'copies').countDocuments()).toBe(1);
  });

  test('as mongorestore --drop does: dropped, created, filled', async () => {
    await using database = await opened(deployment.db.watch([], expanded));
    await using target = await opened(orders().watch([], quick));
    await orders().drop();
    await deployment.db.createCollection('orders');
    await orders().insertMany([{ _id: 3 }, { _id: 4 }]);
    expect(placesOf(await take(database, 4))).toEqual([
      ['drop', 'orders'],
      ['create', 'orders'],
      ['insert', 'orders'],
      ['insert', 'orders'],
    ]);
    expect(typesOf(await take(target, 2))).toEqual(['drop', 'invalidate']);
  });
});
