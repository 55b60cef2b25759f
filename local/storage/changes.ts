import { type Collection, type Database, type StoredRecord } from './stores';

/**
 * What became of some collections of a LokiJS database. Every record is stated whole, by its number, so that changes may be made
 * again to a database that has them, or later ones, already: once all up to the newest are made, it is as the newest left it.
 */
export type Changes = Map<string, CollectionChanges>;

export interface CollectionChanges {
  /** `kept`: the records are changes to those there; otherwise the collection was removed, and perhaps made again with these options. */
  readonly base: 'kept' | 'removed' | { readonly options: unknown };
  /** By `$loki`; null where the record was removed. */
  readonly records: Map<number, StoredRecord | null>;
}

/** The changes of one collection, for more to be added. */
export function changesOf(changes: Changes, name: string): CollectionChanges {
  const there = changes.get(name);
  if (there !== undefined) return there;
  const none: CollectionChanges = { base: 'kept', records: new Map() };
  changes.set(name, none);
  return none;
}

/** The text of one line; records as LokiJS itself writes them. */
export const formatChanges = (changes: Changes): string =>
  JSON.stringify([...changes].map(([name, { base, records }]) => ({ name, base, records: [...records] })));

export function parseChanges(text: string): Changes {
  const read = JSON.parse(text) as {
    readonly name: string;
    readonly base: CollectionChanges['base'];
    readonly records: readonly (readonly [number, StoredRecord | null])[];
  }[];
  return new Map(read.map(({ name, base, records }) => [name, { base, records: new Map(records) }]));
}

/** Adds later changes to earlier ones. */
export function addChanges(earlier: Changes, later: Changes): void {
  for (const [name, changes] of later) {
    if (changes.base !== 'kept') earlier.set(name, changes);
    else for (const [id, record] of changes.records) changesOf(earlier, name).records.set(id, record);
  }
}

/**
 * Makes the changes.
 *
 * @throws Error where they are not those of this database
 */
export function makeChanges(database: Database, changes: Changes): void {
  for (const [name, { base, records }] of changes) {
    if (base !== 'kept') database.removeCollection(name);
    if (base === 'removed') continue;
    const collection =
      base === 'kept'
        ? database.collections.find((each) => each.name === name)
        : database.addCollection(name, base.options);
    if (collection === undefined) throw foreign(name);
    // LokiJS finds records by their numbers in order, and gives a new one the next number.
    for (const [id, record] of [...records].sort(([a], [b]) => a - b)) makeChange(collection, id, record);
  }
}

function makeChange(collection: Collection<StoredRecord>, id: number, record: StoredRecord | null): void {
  const there = collection.get(id);
  if (record === null) {
    if (there !== null) collection.remove(there);
  } else if (there !== null) {
    collection.update(record);
  } else {
    if (id <= collection.maxId) throw foreign(collection.name);
    collection.maxId = id - 1;
    delete record.$loki;
    collection.insert(record);
  }
}

const foreign = (name: string): Error =>
  new Error(`a journal of changes does not fit its database (${name}): start with an empty folder`);
