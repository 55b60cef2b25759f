import { type BlobMetadataStore, type BlobRecord, type Collection, type ExtentStore } from './stores';

/** Three things that Azurite's stores do, and that a lake must not suffer from. */

/**
 * LokiJS searches by the index of a query's first field and goes through what that yields. Azurite's queries begin
 * with the account, so each goes through every blob; with the name first it goes through one.
 */
export function searchByName(store: BlobMetadataStore): void {
  const blobs = store.db.getCollection('$BLOBS_COLLECTION$');
  const blocks = store.db.getCollection('$BLOCKS_COLLECTION$');
  askFirst(blobs, 'name');
  askFirst(blocks, 'blobName');
}

function askFirst<T extends object>(collection: Collection<T>, field: keyof T & string): void {
  const first = (query: Partial<T>) => (query[field] === undefined ? query : { [field]: query[field], ...query });
  const find = collection.find.bind(collection);
  const findOne = collection.findOne.bind(collection);
  const count = collection.count.bind(collection);
  const findAndRemove = collection.findAndRemove.bind(collection);
  Object.assign(collection, {
    find: (query) => find(first(query)),
    findOne: (query) => findOne(first(query)),
    count: (query) => count(query && first(query)),
    findAndRemove: (query) => findAndRemove(first(query)),
  } satisfies Partial<Collection<T>>);
}

/**
 * Azurite's garbage collector deletes bytes that no blob names, looking page by page. An upload names its bytes only
 * when it ends, a rename between two pages hides a blob from it, and pages skip equal names in two containers. So it
 * sees all blobs at once, and deletes only what two sweeps in a row (ten minutes apart) found without a name.
 */
export function sweepWithCare(store: BlobMetadataStore, extents: ExtentStore): void {
  const listAllBlobs = store.listAllBlobs.bind(store);
  const deleteExtents = extents.deleteExtents.bind(extents);
  let seenBefore: ReadonlySet<string> = new Set();
  Object.assign(store, {
    listAllBlobs: (): Promise<[BlobRecord[], string | undefined]> => listAllBlobs(Infinity, '', true, true),
  } satisfies Partial<BlobMetadataStore>);
  Object.assign(extents, {
    deleteExtents: (ids) => {
      const unnamed = new Set(ids);
      const old = [...unnamed].filter((id) => seenBefore.has(id));
      seenBefore = unnamed;
      return deleteExtents(old);
    },
  } satisfies Partial<ExtentStore>);
}

/** The name of the one folder that `azurite.ts` gives Azurite for bytes. */
export const ONLY_LOCATION = 'Default';

/**
 * Azurite saves its records and its list of extents every five seconds, each by a clock of its own. Killed in between, it
 * comes back with blobs whose extent it does not know, and cannot read them although their bytes are there. There is one
 * folder of extents, so the list is not needed to find one.
 */
export function findForgottenExtents({ metadataStore }: ExtentStore): void {
  if (metadataStore === undefined) return;
  Object.assign(metadataStore, { getExtentLocationId: () => Promise.resolve(ONLY_LOCATION) });
}
