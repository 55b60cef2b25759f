import { numbered, openDeployment, opened, quick, refusal, take, type AnyEvent, type Deployment } from './support';

describe('pre- and post-images', () => {
  let deployment: Deployment;

  beforeEach(async () => (deployment = await openDeployment()));
  afterEach(() => deployment[Symbol.asyncDispose]());

  const orders = () => numbered(deployment.db);
  const both = { fullDocument: 'whenAvailable', fullDocumentBeforeChange: 'whenAvailable' } as const;
  const imagesOf = ({ fullDocument, fullDocumentBeforeChange }: AnyEvent): unknown[] => [
    fullDocumentBeforeChange,
    fullDocument,
  ];

  test('show a document before and after each change, though it has changed again since', async () => {
    await deployment.db.createCollection('orders', { changeStreamPreAndPostImages: { enabled: true } });
    await using stream = await opened(orders().watch([], { ...quick, ...both }));
    await orders().insertOne({ _id: 1, a: 1 });
    await orders().updateOne({ _id: 1 }, { $set: { a: 2 } });
    await orders().replaceOne({ _id: 1 }, { a: 3 });
    await orders().deleteOne({ _id: 1 });
    const [one, two, three] = [1, 2, 3].map((a) => ({ _id: 1, a }));
    expect((await take(stream, 4)).map(imagesOf)).toEqual([
      [undefined, one],
      [one, two],
      [two, three],
      [three, undefined],
    ]);
  });

  test('are null where the collection did not keep them when the change was made', async () => {
    await orders().insertOne({ _id: 1, a: 1 });
    await using stream = await opened(orders().watch([], { ...quick, ...both }));
    await orders().updateOne({ _id: 1 }, { $set: { a: 2 } });
    await deployment.db.command({ collMod: 'orders', changeStreamPreAndPostImages: { enabled: true } });
    await orders().updateOne({ _id: 1 }, { $set: { a: 3 } });
    expect((await take(stream, 2)).map(imagesOf)).toEqual([
      [null, null],
      [
        { _id: 1, a: 2 },
        { _id: 1, a: 3 },
      ],
    ]);
  });

  test.each([{ fullDocument: 'required' }, { fullDocumentBeforeChange: 'required' }] as const)(
    'end the stream where they are missing and %j',
    async (options) => {
      await orders().insertOne({ _id: 1, a: 1 });
      await using stream = await opened(orders().watch([], { ...quick, ...options }));
      await orders().insertOne({ _id: 2 });
      await orders().updateOne({ _id: 1 }, { $set: { a: 2 } });
      expect((await take(stream, 1))[0]?.['fullDocument']).toEqual({ _id: 2 });
      const error = await refusal(stream.next());
      expect({ code: error.code, name: error.codeName }).toEqual({ code: 47, name: 'NoMatchingDocument' });
    },
  );
});
