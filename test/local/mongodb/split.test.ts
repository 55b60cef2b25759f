import { openDeployment, opened, numbered, quick, refusal, take, type Deployment } from './support';

const MIB = 1 << 20;

describe('an event of more than 16 MB', () => {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await openDeployment();
    await deployment.db.createCollection('orders', { changeStreamPreAndPostImages: { enabled: true } });
  });
  afterAll(() => deployment[Symbol.asyncDispose]());

  const images = { ...quick, fullDocument: 'required', fullDocumentBeforeChange: 'required' } as const;
  const split = [{ $changeStreamSplitLargeEvent: {} }];
  const orders = () => numbered(deployment.db);

  test('is cut up between its fields, and a stream goes on after any fragment', async () => {
    await orders().insertOne({ _id: 1, text: 'a'.repeat(9 * MIB) });
    await using stream = await opened(orders().watch(split, images));
    await orders().updateOne({ _id: 1 }, { $set: { text: 'b'.repeat(9 * MIB) } });
    await orders().deleteOne({ _id: 1 });
    const events = await take(stream, 4);
    const fragments = events.slice(0, 3);
    expect(fragments.map(({ splitEvent }) => splitEvent as unknown)).toEqual(
      [1, 2, 3].map((fragment) => ({ fragment, of: 3 })),
    );
    expect(events[3]).toMatchObject({ operationType: 'delete' });
    expect(events[3]).not.toHaveProperty('splitEvent');
    const whole = Object.assign({}, ...fragments) as Record<string, unknown>;
    expect(whole).toMatchObject({ operationType: 'update', documentKey: { _id: 1 } });
    expect((whole['fullDocument'] as { text: string }).text[0]).toBe('b');
    expect((whole['fullDocumentBeforeChange'] as { text: string }).text[0]).toBe('a');
    const tokens = events.map(({ _id }) => _id._data);
    expect(tokens).toEqual(tokens.toSorted());

    for (const [index, { _id }] of events.slice(0, 3).entries()) {
      await using resumed = orders().watch(split, { ...images, resumeAfter: _id });
      const rest = await take(resumed, 3 - index);
      expect(rest.map((event) => event._id._data)).toEqual(tokens.slice(index + 1));
    }
    await using other = orders().watch(split, { ...quick, resumeAfter: events[0]?._id });
    expect((await refusal(other.next())).code).toBe(280);
  });

  test('is looked up and cut up again where a stream goes on, and ends it with 280 where there are fewer fragments', async () => {
    const lookup = { ...quick, fullDocument: 'updateLookup', fullDocumentBeforeChange: 'required' } as const;
    await orders().insertOne({ _id: 3, text: 'a'.repeat(9 * MIB) });
    await using stream = await opened(orders().watch(split, lookup));
    await orders().updateOne({ _id: 3 }, { $set: { text: 'b'.repeat(9 * MIB) } });
    const fragments = await take(stream, 3);
    const resumeAfter = (index: number) => ({ ...lookup, resumeAfter: fragments[index]?._id });

    // The document, which is looked up again, is a small one now: the event has two fragments left.
    await orders().updateOne({ _id: 3 }, { $set: { text: 'c' } });
    await using second = orders().watch(split, resumeAfter(1));
    expect((await take(second, 1))[0]).toMatchObject({ updateDescription: { updatedFields: { text: 'c' } } });
    await using third = orders().watch(split, resumeAfter(2));
    expect(await refusal(third.next())).toMatchObject({
      code: 280,
      message: expect.stringContaining('different split') as string,
      errorLabels: ['NonResumableChangeStreamError'],
    });

    // And where it is gone or small, and nothing else is large: none.
    const small = { ...quick, fullDocument: 'updateLookup', resumeAfter: fragments[2]?._id } as const;
    await using whole = orders().watch(split, small);
    expect(await refusal(whole.next())).toMatchObject({
      code: 280,
      message: expect.stringContaining('not large enough') as string,
    });

    await using unsplit = orders().watch([], resumeAfter(0));
    expect(await refusal(unsplit.next())).toMatchObject({
      code: 280,
      message: expect.stringContaining('the resume token was not found') as string,
    });
  });

  test('ends a stream that does not ask for fragments', async () => {
    await orders().insertOne({ _id: 2, text: 'a'.repeat(9 * MIB) });
    await using stream = await opened(orders().watch([], images));
    await orders().updateOne({ _id: 2 }, { $set: { text: 'b'.repeat(9 * MIB) } });
    expect((await refusal(stream.next())).code).toBe(10334);
  });

  test('is cut up by a stage that has to be the last', async () => {
    await using stream = orders().watch([...split, { $match: {} }], quick);
    expect((await refusal(stream.next())).code).toBe(7182802);
  });
});
