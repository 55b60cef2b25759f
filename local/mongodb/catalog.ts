import { Collection } from './collection';
import { nameOf, type Namespace } from './command';
import { keyOf } from './compare';
import { idOf } from './documents';
import { type Operation, type OplogEntry } from './oplog-entry';
import { field } from './raw';
import { asText } from './values';

/** Every database and collection. It changes by oplog entries alone, so that reading them again gives the same again. */
export class Catalog {
  readonly #databases = new Map<string, Map<string, Collection>>();
  readonly #byUuid = new Map<string, Collection>();

  get databases(): readonly string[] {
    return [...this.#databases.keys()].sort();
  }

  collections(db: string): readonly Collection[] {
    return [...(this.#databases.get(db)?.values() ?? [])];
  }

  collection({ db, coll }: Namespace): Collection | undefined {
    return this.#databases.get(db)?.get(coll);
  }

  collectionOf(uuid: Buffer): Collection | undefined {
    return this.#byUuid.get(uuid.toString('hex'));
  }

  apply({ ts, operations }: OplogEntry): void {
    for (const operation of operations) this.#apply(operation, ts);
  }

  #apply(operation: Operation, ts: bigint): void {
    switch (operation.kind) {
      case 'insert':
      case 'update':
        return this.#existing(operation).put(keyOf(idOf(operation.after)), operation.after, ts);
      case 'delete':
        return this.#existing(operation).remove(keyOf(idOf(operation.before)));
      case 'create':
        return this.#add(new Collection(operation.ns, operation.uuid, operation.options));
      case 'drop':
        return this.#remove(this.#existing(operation));
      case 'rename': {
        const replaced = this.collection(operation.to);
        if (replaced !== undefined) this.#remove(replaced);
        const collection = this.#existing(operation);
        this.#remove(collection);
        collection.ns = operation.to;
        return this.#add(collection);
      }
      case 'modify':
        this.#existing(operation).options = operation.options;
        return;
      case 'createIndex':
        this.#existing(operation).indexes.set(indexName(operation.index), operation.index);
        return;
      case 'dropIndex':
        this.#existing(operation).indexes.delete(indexName(operation.index));
        return;
      case 'shard':
        this.#existing(operation).sharding = { key: operation.key, middle: null };
        return;
      case 'split': {
        const collection = this.#existing(operation);
        if (collection.sharding !== null) collection.sharding = { ...collection.sharding, middle: operation.middle };
        return;
      }
      case 'dropDatabase':
        this.#databases.delete(operation.db);
        return;
      case 'noop':
        return;
      default:
        return operation satisfies never;
    }
  }

  #existing({ uuid, ns }: { readonly uuid: Buffer; readonly ns: Namespace }): Collection {
    const collection = this.collectionOf(uuid);
    if (collection === undefined) throw new Error(`the oplog names ${nameOf(ns)}, which is not there`);
    return collection;
  }

  #add(collection: Collection): void {
    const { db, coll } = collection.ns;
    const collections = this.#databases.get(db) ?? new Map<string, Collection>();
    this.#databases.set(db, collections.set(coll, collection));
    this.#byUuid.set(collection.uuid.toString('hex'), collection);
  }

  #remove({ ns: { db, coll }, uuid }: Collection): void {
    const collections = this.#databases.get(db);
    collections?.delete(coll);
    // A database is there as long as it has a collection.
    if (collections?.size === 0) this.#databases.delete(db);
    this.#byUuid.delete(uuid.toString('hex'));
  }
}

export const indexName = (index: Buffer): string => asText(field(index, 'name')) ?? '';
