import { type ClientSession, type Collection } from 'mongodb';
import { asBuffer } from './bson-elements';
import { placeOf, queriesAfter } from './snapshot-place';

/** So many documents are asked for at once: no cursor stays open for long, however slow the hub is. */
const PAGE_DOCUMENTS = 10_000;

/** Those of one answer. */
const BATCH_DOCUMENTS = 1_000;

/**
 * The documents of a collection in the order of `_id`, as BSON, a batch at a time.
 *
 * @param after where to go on, as `placeOf` gave it; null for the beginning
 * @param pageDocuments are read with one cursor
 */
export async function* pagesOf(
  collection: Collection,
  session: ClientSession,
  after: string | null,
  pageDocuments: number = PAGE_DOCUMENTS,
): AsyncGenerator<readonly Buffer[]> {
  let place = after;
  for (;;) {
    let found = 0;
    for (const query of queriesAfter(place)) {
      await using cursor = collection.find<Uint8Array>(query, {
        ...{ session, readConcern: { level: 'majority' }, readPreference: 'primary', raw: true },
        ...{ sort: { _id: 1 }, limit: pageDocuments, batchSize: BATCH_DOCUMENTS },
      });
      while (await cursor.hasNext()) {
        const batch = cursor.readBufferedDocuments().map(asBuffer);
        found += batch.length;
        place = placeOf(batch.at(-1) as Buffer);
        yield batch;
      }
      // The queries behind this one belong to the place where it began.
      if (found > 0) break;
    }
    if (found === 0) return;
  }
}
