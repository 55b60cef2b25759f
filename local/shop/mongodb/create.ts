import { type Db } from 'mongodb';
import { Random } from '../../events/random';
import { COLLECTIONS, newDocument } from './documents';
import { type ShopDocument } from './plan';

export interface CollectionsOptions {
  readonly seed?: number;
  /** In both collections together; at most as many as they have places for. */
  readonly documents?: number;
}

const PLACES = COLLECTIONS.reduce((sum, { places }) => sum + places, 0);

/** Makes the shop's collections, and fills them. */
export async function createCollections(db: Db, { seed = 1, documents = 600 }: CollectionsOptions = {}): Promise<void> {
  const random = new Random(seed);
  for (const collection of COLLECTIONS) {
    const made = await db.createCollection<ShopDocument>(collection.name);
    const count = Math.min(collection.places, Math.round((documents * collection.places) / PLACES));
    const filled = Array.from({ length: count }, (_, place) => newDocument(collection, place, random));
    if (count > 0) await made.insertMany(filled);
  }
}
