import {
  Binary,
  BSON,
  Decimal128,
  Double,
  Int32,
  Long,
  MinKey,
  ObjectId,
  Timestamp,
  UUID,
  type Document,
} from 'mongodb';
import { documentJson } from '../../../src/lib/capture/mongodb/canonical-json';
import { ofDocuments, Rig, story, type Seen } from './rig';

describe('what happens in a database', () => {
  let rig: Rig;

  beforeEach(async () => {
    rig = await Rig.open();
    await rig.db.createCollection('orders');
    await rig.begin();
  });
  afterEach(() => rig[Symbol.asyncDispose]());

  const orders = () => rig.db.collection<{ _id: number; note?: string }>('orders');

  /** Only what is about documents: that a collection was made may be told, too. */
  const changes = (): Seen[] => ofDocuments(rig.hub.seen);
  const arrived = (count: number): Promise<void> => rig.hub.until(() => changes().length >= count);

  test('arrives in order, each under its own id and the key of its document', async () => {
    const commits: bigint[] = [];
    const run = rig.run({}, { onCommit: (atUs) => commits.push(atUs) });
    await orders().insertMany([{ _id: 1 }, { _id: 2 }]);
    await orders().updateOne({ _id: 1 }, { $set: { note: 'a' } });
    await orders().replaceOne({ _id: 2 }, { note: 'b' });
    await orders().deleteOne({ _id: 1 });
    await arrived(5);
    expect(await run.stop()).toBe('stopped');
    expect(story(changes())).toEqual(['insert 1', 'insert 2', 'update 1', 'replace 2', 'delete 1']);
    expect(changes().map(({ key }) => key)).toEqual(
      [1, 2, 1, 2, 1].map((id) => `${rig.db.databaseName}.orders/{"_id":{"$numberInt":"${id}"}}`),
    );
    const ids = changes().map(({ eventId }) => eventId);
    expect(new Set(ids).size).toBe(5);
    expect(changes().map(({ json }) => `shop/1/${(json['_id'] as { _data: string })._data}`)).toEqual(ids);
    expect(commits).toHaveLength(rig.hub.seen.length);
    expect(Math.abs(Number(commits[0]) / 1_000 - Date.now())).toBeLessThan(60_000);
  });

  test('keeps the type of each value, and the order of each field', async () => {
    const document = new Map<string, unknown>([
      ['_id', new ObjectId('65f000000000000000000001')],
      ['long', Long.fromString('9007199254740993')],
      ['double', new Double(1)],
      ['int', new Int32(1)],
      ['decimal', Decimal128.fromString('12.50')],
      ['nan', new Double(NaN)],
      ['minusZero', new Double(-0)],
      ['date', new Date('2026-11-22T12:00:00.123Z')],
      ['bytes', new Binary(Buffer.from([0, 255]), 0)],
      ['uuid', new UUID('7e57d004-2b97-4e7a-b45f-5387367791cd')],
      ['timestamp', new Timestamp({ t: 7, i: 9 })],
      [
        'nested',
        new Map<string, unknown>([
          ['b', new Int32(1)],
          ['10', null],
          ['2', new MinKey()],
          ['a', [true, 'ä\n"']],
        ]),
      ],
    ]);
    const run = rig.run();
    await rig.db.collection('orders').insertOne(document);
    await arrived(1);
    await run.stop();
    const exact = documentJson(Buffer.from(BSON.serialize(document as unknown as Document)));
    expect(exact).toContain('"nested":{"b":{"$numberInt":"1"},"10":null,"2":{"$minKey":1},"a":[true,"ä\\n\\""]}');
    expect(changes()[0]?.body.toString()).toContain(`"fullDocument":${exact},`);
  });

  test('in a transaction is told in its order, with the transaction', async () => {
    const run = rig.run();
    await rig.deployment.client.withSession((session) =>
      session.withTransaction(async () => {
        for (const _id of [1, 2, 3]) await orders().insertOne({ _id }, { session });
        await orders().deleteOne({ _id: 2 }, { session });
      }),
    );
    await arrived(4);
    await run.stop();
    expect(story(changes())).toEqual(['insert 1', 'insert 2', 'insert 3', 'delete 2']);
    const transactions = changes().map(({ json }) => JSON.stringify([json['lsid'], json['txnNumber']]));
    expect(new Set(transactions).size).toBe(1);
    expect(transactions[0]).toContain('$numberLong');
  });

  test('that was undone is not told', async () => {
    const run = rig.run();
    await rig.deployment.client.withSession(async (session) => {
      session.startTransaction();
      await orders().insertOne({ _id: 1 }, { session });
      await session.abortTransaction();
    });
    await orders().insertOne({ _id: 2 });
    await arrived(1);
    await run.stop();
    expect(story(changes())).toEqual(['insert 2']);
  });

  test('to a whole collection is told: that it is renamed, and dropped', async () => {
    const run = rig.run();
    await orders().insertOne({ _id: 1 });
    await orders().rename('archive');
    await rig.db.collection('archive').drop();
    await orders().insertOne({ _id: 2 });
    await arrived(2);
    await run.stop();
    const told = rig.hub.seen.filter(({ json }) => json.operationType !== 'create');
    expect(story(told)).toEqual(['insert 1', 'rename', 'drop', 'insert 2']);
    const { databaseName } = rig.db;
    expect(told.slice(1, 3).map(({ key }) => key)).toEqual([`${databaseName}.orders`, `${databaseName}.archive`]);
  });

  test('goes on behind what invalidates the stream', async () => {
    const run = rig.run();
    await orders().insertOne({ _id: 1 });
    await rig.db.dropDatabase();
    await rig.hub.until((seen) => seen.some(({ json }) => json.operationType === 'invalidate'));
    await orders().insertOne({ _id: 2 });
    await arrived(2);
    await run.stop();
    const told = rig.hub.seen.filter(({ json }) => json.operationType !== 'create');
    expect(story(told)).toEqual(['insert 1', 'drop', 'dropDatabase', 'invalidate', 'insert 2']);
    expect(told[3]?.key).toBe(rig.db.databaseName);
  });

  test('goes on behind an invalidation that the last run has kept', async () => {
    const first = rig.run();
    await orders().insertOne({ _id: 1 });
    // At once, so that the next run begins with the invalidation's own token.
    rig.hub.onPut = ({ body }) => {
      if (body.includes('"invalidate"')) void first.stop();
      return undefined;
    };
    await rig.db.dropDatabase();
    await first.ended;
    await orders().insertOne({ _id: 2 });
    const second = rig.run();
    await arrived(2);
    await second.stop();
    const told = rig.hub.seen.filter(({ json }) => json.operationType !== 'create');
    expect(story(told)).toEqual(['insert 1', 'drop', 'dropDatabase', 'invalidate', 'insert 2']);
  });

  test('is captured of chosen collections alone, and of what is renamed to one of them', async () => {
    const run = rig.run({ collections: ['orders'] });
    await rig.db.collection<{ _id: number }>('people').insertOne({ _id: 1 });
    await orders().insertOne({ _id: 2 });
    await rig.db.collection('people').rename('orders', { dropTarget: true });
    await arrived(2);
    await rig.db.collection<{ _id: number }>('others').insertOne({ _id: 3 });
    await orders().insertOne({ _id: 4 });
    await arrived(3);
    await run.stop();
    const told = rig.hub.seen.filter(({ json }) => !['create', 'drop'].includes(json.operationType ?? ''));
    expect(story(told)).toEqual(['insert 2', 'rename', 'read 1', 'insert 4']);
  });

  test('is captured of the whole deployment, where no database is named', async () => {
    const other = rig.deployment.client.db(`${rig.db.databaseName}_other`);
    const mine = [rig.db.databaseName, other.databaseName];
    const run = rig.run({ database: null, collections: mine.map((db) => `${db}.orders`) });
    await orders().insertOne({ _id: 1 });
    await other.collection<{ _id: number }>('orders').insertOne({ _id: 2 });
    await other.collection<{ _id: number }>('people').insertOne({ _id: 3 });
    await other.dropDatabase();
    await orders().insertOne({ _id: 4 });
    await arrived(3);
    await run.stop();
    const told = rig.hub.seen.filter(({ json }) => json.operationType !== 'create');
    expect(story(told)).toEqual(['insert 1', 'insert 2', 'drop', 'dropDatabase', 'insert 4']);
  });

  test('tells of the document after and before, as the settings say', async () => {
    await rig.db.createCollection('kept', { changeStreamPreAndPostImages: { enabled: true } });
    const kept = rig.db.collection<{ _id: number; n: number }>('kept');
    const run = rig.run({ fullDocument: 'required', preImages: 'required' });
    await kept.insertOne({ _id: 1, n: 1 });
    await kept.updateOne({ _id: 1 }, { $set: { n: 2 } });
    await kept.updateOne({ _id: 1 }, { $set: { n: 3 } });
    await arrived(3);
    await run.stop();
    const images = changes().map(({ json }) => [json['fullDocumentBeforeChange'] ?? null, json['fullDocument']]);
    const at = (n: number): object => ({ _id: { $numberInt: '1' }, n: { $numberInt: String(n) } });
    expect(images).toEqual([
      [null, at(1)],
      [at(1), at(2)],
      [at(2), at(3)],
    ]);
  });

  test('over 16 MB is put together again from its fragments', async () => {
    await rig.db.createCollection('large', { changeStreamPreAndPostImages: { enabled: true } });
    const large = rig.db.collection<{ _id: number; text: string }>('large');
    const text = (letter: string): string => letter.repeat(9 << 20);
    const run = rig.run({ fullDocument: 'required', preImages: 'required' });
    await large.insertOne({ _id: 1, text: text('a') });
    await large.updateOne({ _id: 1 }, { $set: { text: text('b') } });
    await large.insertOne({ _id: 2, text: '' });
    await arrived(3);
    await run.stop();
    expect(story(changes())).toEqual(['insert 1', 'update 1', 'insert 2']);
    const [, update] = changes();
    expect(update?.json).toMatchObject({
      _id: { _data: update?.eventId.replace('shop/1/', '').replace(/04$/, '2904') },
      ns: { coll: 'large' },
      updateDescription: { updatedFields: { text: text('b') } },
      fullDocument: { text: text('b') },
      fullDocumentBeforeChange: { text: text('a') },
    });
    expect(update?.json).not.toHaveProperty('splitEvent');
    // The next run goes on behind the last fragment.
    const next = rig.run({ fullDocument: 'required', preImages: 'required' });
    await large.deleteOne({ _id: 2 });
    await arrived(4);
    await next.stop();
    expect(story(changes())).toEqual(['insert 1', 'update 1', 'insert 2', 'delete 2']);
  });

  test.each([
    ['small', 'c'],
    ['larger', 'c'.repeat(14 << 20)],
  ])('over 16 MB, whose document is %s by the next run, is no lost history', async (_what, now) => {
    const large = rig.db.collection<{ _id: number; text: string }>('large');
    const run = rig.run();
    await large.insertOne({ _id: 1, text: 'a' });
    await arrived(1);
    rig.hub.onPut = ({ body }) => {
      if (body.includes('"update"')) void run.stop();
      return undefined;
    };
    // The update and the looked-up document together are over 16 MB.
    await large.updateOne({ _id: 1 }, { $set: { text: 'b'.repeat(9 << 20) } });
    await run.ended;
    expect(rig.progress.kept?.resume?.kind).toBe('fragment');
    rig.hub.onPut = null;
    await large.replaceOne({ _id: 1 }, { text: now });
    const next = rig.run();
    await rig.hub.until((seen) => story(seen).includes('replace 1'));
    await next.stop();
    expect(story(ofDocuments(rig.hub.once))).toEqual(['insert 1', 'update 1', 'replace 1']);
  });
});
