import { Decimal128, Double, Long, type Binary, type ChangeStream, type ChangeStreamOptions } from 'mongodb';
import {
  momentAfter,
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

describe('a change stream resumes', () => {
  let deployment: Deployment;

  beforeEach(async () => (deployment = await openDeployment()));
  afterEach(() => deployment[Symbol.asyncDispose]());

  const orders = () => numbered(deployment.db);

  /** Events as a stream from the beginning tells them. */
  const written = async (count: number): Promise<AnyEvent[]> => {
    await using stream = await opened(orders().watch([], quick));
    for (let _id = 0; _id < count; _id += 1) await orders().insertOne({ _id });
    return await take(stream, count);
  };

  test.each(['resumeAfter', 'startAfter'] as const)('after any event, by %s', async (option) => {
    const events = await written(6);
    for (const [index, { _id }] of events.entries()) {
      await using resumed = orders().watch([], { ...quick, [option]: _id });
      expect(await take(resumed, events.length - index - 1)).toEqual(events.slice(index + 1));
    }
  });

  test('at a moment, that moment included', async () => {
    const events = await written(4);
    const startAtOperationTime = events[2]?.['clusterTime'] as NonNullable<ChangeStreamOptions['startAtOperationTime']>;
    await using resumed = orders().watch([], { ...quick, startAtOperationTime });
    expect(await take(resumed, 2)).toEqual(events.slice(2));
  });

  test('at a moment that is still to come', async () => {
    const startAtOperationTime = await momentAfter(deployment.db);
    await orders().insertOne({ _id: 1 });
    await using stream = orders().watch([], { ...quick, startAtOperationTime });
    expect((await take(stream, 1))[0]?.['documentKey']).toEqual({ _id: 1 });
  });

  test('after a token that is of no event, of a batch that was empty', async () => {
    await using stream = await opened(orders().watch([], quick));
    await orders().insertOne({ _id: 1 });
    await take(stream, 1);
    await numbered(deployment.db, 'people').insertOne({ _id: 1 });
    await stream.tryNext();
    const token = stream.resumeToken;
    await orders().insertOne({ _id: 2 });
    await using resumed = orders().watch([], { ...quick, resumeAfter: token });
    expect((await take(resumed, 1))[0]?.['documentKey']).toEqual({ _id: 2 });
  });

  test.each([
    ['doubles', new Double(1.5), new Double(2)],
    ['64-bit numbers', new Long(1), new Long(2n ** 60n)],
    ['decimals', Decimal128.fromString('1.50'), Decimal128.fromString('-0')],
  ])('where keys are %s: with all of the token, whose type bits are binary', async (_name, first, second) => {
    const numbers = deployment.db.collection<{ readonly _id: Double | Long | Decimal128 }>('numbers');
    const raw = { ...quick, promoteValues: false } as const;
    await using stream = await opened(numbers.watch([], raw));
    await numbers.insertOne({ _id: first });
    await numbers.insertOne({ _id: second });
    const [one, two] = await take(stream, 2);
    const idle = stream.resumeToken as { readonly _data: unknown; readonly _typeBits: Binary };
    expect(idle).toEqual(two?._id);
    expect(idle._typeBits).toMatchObject({ sub_type: 0 });
    await using resumed = numbers.watch([], { ...raw, resumeAfter: one?._id });
    expect(await take(resumed, 1)).toEqual([two]);
    await using rest = await opened(numbers.watch([], { ...quick, resumeAfter: idle }));
    await numbers.deleteOne({ _id: first });
    expect(typesOf(await take(rest, 1))).toEqual(['delete']);
    await using asJson = numbers.watch([], { ...quick, resumeAfter: JSON.parse(JSON.stringify(idle)) as unknown });
    expect((await refusal(asJson.next())).code).toBe(40648);
  });

  test('on its database, or on the deployment, with the token of a collection', async () => {
    const events = await written(3);
    const resumeAfter = events[0]?._id;
    await using database = deployment.db.watch([], { ...quick, resumeAfter });
    expect(await take(database, 2)).toEqual(events.slice(1));
    await using all = deployment.client.watch([{ $match: { 'ns.db': deployment.db.databaseName } }], {
      ...quick,
      resumeAfter,
    });
    expect(await take(all, 2)).toEqual(events.slice(1));
  });

  test('after an invalidation by startAfter alone', async () => {
    await orders().insertOne({ _id: 1 });
    await using stream = await opened(orders().watch([], quick));
    await deployment.db.dropCollection('orders');
    const [drop, invalidate] = await take(stream, 2);
    await orders().insertOne({ _id: 2 });
    const refused = orders().watch([], { ...quick, resumeAfter: invalidate?._id });
    expect((await refusal(refused.next())).code).toBe(260);
    await using resumed = orders().watch([], { ...quick, startAfter: invalidate?._id });
    expect((await take(resumed, 1))[0]).toMatchObject({ operationType: 'insert', documentKey: { _id: 2 } });
    await using before = orders().watch([], { ...quick, resumeAfter: drop?._id });
    expect(typesOf(await take(before, 1))).toEqual(['invalidate']);
  });

  describe('not', () => {
    const codeOf = async (stream: ChangeStream) => {
      const { code, errorLabels } = await refusal(stream.next());
      return { code, errorLabels };
    };

    test('where the event of the token is none of its own', async () => {
      const [event] = await written(1);
      const people = numbered(deployment.db, 'people');
      await people.insertOne({ _id: 1 });
      await using stream = people.watch([], { ...quick, resumeAfter: event?._id });
      expect(await codeOf(stream)).toEqual({ code: 280, errorLabels: ['NonResumableChangeStreamError'] });
    });

    test('where its own $match leaves out the event of the token', async () => {
      const [, event] = await written(3);
      const pipeline = [{ $match: { 'documentKey._id': { $gt: 1 } } }];
      await using stream = orders().watch(pipeline, { ...quick, resumeAfter: event?._id });
      expect(await codeOf(stream)).toEqual({ code: 280, errorLabels: ['NonResumableChangeStreamError'] });
    });

    test('after what is no token, nor after two', async () => {
      const [event] = await written(1);
      const invalid = { _data: 'no token' };
      expect((await codeOf(orders().watch([], { ...quick, resumeAfter: invalid }))).code).toBe(9);
      expect((await codeOf(orders().watch([], { ...quick, resumeAfter: {} }))).code).toBe(40647);
      const both = { ...quick, resumeAfter: event?._id, startAtOperationTime: await momentAfter(deployment.db) };
      expect((await codeOf(orders().watch([], both))).code).toBe(40674);
    });
  });
});
