import { appendFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type ObjectId } from 'mongodb';
import { type MongoOptions } from '../../../local/mongodb/mongodb';
import {
  momentAfter,
  numbered,
  openStandIn,
  opened,
  quick,
  refusal,
  take,
  temporaryFolder,
  typesOf,
  type AnyEvent,
} from './support';

const all = {
  ...quick,
  fullDocument: 'required',
  fullDocumentBeforeChange: 'required',
  showExpandedEvents: true,
} as const;

test('what a folder holds is found again: transactions, images, indexes, renamed collections, a lost oplog', async () => {
  await using folder = await temporaryFolder();
  const options = { folder: folder.path };
  await using first = await openStandIn(options);
  const db = first.client.db('shop');
  const people = numbered(db, 'people');
  await db.createCollection('people', { changeStreamPreAndPostImages: { enabled: true } });
  await using lost = await opened(db.watch([], quick));
  await people.insertOne({ _id: 0 });
  const [gone] = await take(lost, 1);
  first.server.faults.truncateOplog();
  await people.insertOne({ _id: 9 });
  const startAtOperationTime = await momentAfter(db);
  await people.createIndex({ name: 1 });
  await db.command({ collMod: 'people', changeStreamPreAndPostImages: { enabled: true } });
  await using session = first.client.startSession();
  await session.withTransaction(async () => {
    await people.insertOne({ _id: 1, name: 'Ada' }, { session });
    await people.updateOne({ _id: 1 }, { $set: { name: 'Bob' } }, { session });
    await people.replaceOne({ _id: 1 }, { name: 'Eve' }, { session });
    await people.deleteOne({ _id: 0 }, { session });
  });
  await db.renameCollection('people', 'staff');
  await numbered(db, 'staff').dropIndex('name_1');
  await db.dropCollection('staff');
  await numbered(first.client.db('other')).insertOne({ _id: 1 });
  await first.client.db('other').dropDatabase();
  await numbered(db, 'notes').insertOne({ _id: 3 });
  const told = async (client: typeof first.client): Promise<AnyEvent[]> => {
    await using stream = client.db('shop').watch([], { ...all, startAtOperationTime });
    return await take(stream, 11);
  };
  const before = await told(first.client);
  expect(typesOf(before)).toEqual([
    ...['createIndexes', 'modify', 'insert', 'update', 'replace', 'delete'],
    ...['rename', 'dropIndexes', 'drop', 'create', 'insert'],
  ]);
  await first[Symbol.asyncDispose]();

  await using second = await openStandIn(options);
  expect(await told(second.client)).toEqual(before);
  expect((await second.client.db().admin().listDatabases()).databases.map(({ name }) => name)).toEqual(['shop']);
  expect(await numbered(second.client.db('shop'), 'notes').find().toArray()).toEqual([{ _id: 3 }]);
  const resumed = second.client.db('shop').watch([], { ...quick, resumeAfter: gone?._id });
  expect((await refusal(resumed.next())).code).toBe(286);
});

test("a replica set has an id that it keeps, and that is no other set's", async () => {
  await using folder = await temporaryFolder();
  const idOf = async (options: MongoOptions): Promise<string> => {
    await using standIn = await openStandIn(options);
    const { config } = await standIn.client.db('admin').command({ replSetGetConfig: 1 });
    return (config as { settings: { replicaSetId: ObjectId } }).settings.replicaSetId.toHexString();
  };
  const id = await idOf({ folder: folder.path });
  expect(await idOf({ folder: folder.path, oplogEntries: 1 })).toBe(id);
  expect(await idOf({ folder: folder.path })).toBe(id);
  expect(await idOf({})).not.toBe(id);
});

test('the oplog of a folder is as short as it is to be', async () => {
  await using folder = await temporaryFolder();
  {
    await using standIn = await openStandIn({ folder: folder.path });
    for (let _id = 0; _id < 50; _id += 1) await numbered(standIn.db).insertOne({ _id });
  }
  await using standIn = await openStandIn({ folder: folder.path, oplogEntries: 20 });
  expect(standIn.server.oplogEntries()).toBe(20);
});

test('a folder whose last change was not written to its end opens without it; damaged elsewhere, it does not open', async () => {
  await using folder = await temporaryFolder();
  const lines: string[] = [];
  const options = { folder: folder.path, log: (line: string) => lines.push(line) };
  const names = async () => {
    await using standIn = await openStandIn(options);
    const people = numbered(standIn.client.db('shop'), 'people');
    if ((await people.countDocuments()) === 0) await people.insertMany([{ _id: 1 }, { _id: 2 }]);
    return (await people.find().toArray()).map(({ _id }) => _id);
  };
  expect(await names()).toEqual([1, 2]);
  const journal = path.join(folder.path, 'journal.bin');
  const whole = await readFile(journal);
  await appendFile(journal, Buffer.of(0, 0, 1, 0, 9, 9, 9, 9, 1, 2, 3));
  expect(await names()).toEqual([1, 2]);
  expect(lines).toEqual([expect.stringContaining('cut off 11 bytes')]);

  await writeFile(journal, whole.with(100, (whole[100] ?? 0) ^ 0xff));
  await expect(openStandIn(options)).rejects.toThrow(/journal\.bin is damaged at byte \d+: start with an empty folder/);
  await writeFile(journal, 'something else, made by another program');
  await expect(openStandIn(options)).rejects.toThrow('damaged or of another version');
});
