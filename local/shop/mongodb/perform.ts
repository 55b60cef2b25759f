import { Int32, MongoBulkWriteError, type ClientSession, type Collection, type Db } from 'mongodb';
import { type ShopDocument, type Write } from './plan';

/** Of the server: a document with that key is there. */
export const DUPLICATE_KEY = 11_000;

/**
 * Does one write, in the session's transaction where there is one.
 *
 * @returns how many changes of documents it made
 */
export async function perform(db: Db, write: Write, session: ClientSession | null): Promise<number> {
  const collection = db.collection<ShopDocument>(write.to);
  const options = session === null ? {} : { session };
  switch (write.kind) {
    case 'update': {
      const { _id } = write.whole;
      const { matchedCount, modifiedCount } = await collection.updateOne({ _id }, write.update, options);
      if (matchedCount > 0) return modifiedCount;
      await collection.insertOne(write.whole, options);
      return 1;
    }
    case 'replace': {
      const { _id, ...fields } = write.whole;
      const replaced = await collection.replaceOne({ _id }, fields, { ...options, upsert: true });
      return replaced.modifiedCount + replaced.upsertedCount;
    }
    case 'insert': {
      const keys = write.documents.map(({ _id }) => _id);
      const { deletedCount } = await collection.deleteMany({ _id: { $in: keys } }, options);
      return deletedCount + (await insertMany(collection, write.documents, session));
    }
    case 'sweep':
      return (await collection.updateMany({ state: write.state }, { $inc: { visits: new Int32(1) } }, options))
        .modifiedCount;
    case 'delete':
      return (await collection.deleteOne({ _id: write.id }, options)).deletedCount;
    default:
      return write satisfies never;
  }
}

/** Outside of a transaction others may insert one of them meanwhile; the rest is inserted all the same. */
async function insertMany(
  collection: Collection<ShopDocument>,
  documents: readonly ShopDocument[],
  session: ClientSession | null,
): Promise<number> {
  if (session !== null) return (await collection.insertMany([...documents], { session })).insertedCount;
  try {
    return (await collection.insertMany([...documents], { ordered: false })).insertedCount;
  } catch (error) {
    if (error instanceof MongoBulkWriteError && error.code === DUPLICATE_KEY) return error.insertedCount;
    throw error;
  }
}
