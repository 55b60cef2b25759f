import { deferred } from '../storage/deferred';
import { type Collection } from './collection';
import { keyOf } from './compare';
import { idOf, OverlaidDocuments, type Documents } from './documents';
import { writeConflict } from './errors';
import { type DocumentOperation } from './oplog-entry';
import { documentsAt } from './snapshot';
import { type Store } from './store';

export const keyOfOperation = (operation: DocumentOperation): string =>
  keyOf(idOf(operation.kind === 'delete' ? operation.before : operation.after));

/** The documents that open transactions have written: who else wants to write one has to wait, or gives up. */
export class Locks {
  readonly #holders = new Map<string, Transaction>();

  holder(operation: DocumentOperation): Transaction | undefined {
    return this.#holders.get(lockOf(operation));
  }

  take(operation: DocumentOperation, transaction: Transaction): void {
    this.#holders.set(lockOf(operation), transaction);
  }

  release(operation: DocumentOperation): void {
    this.#holders.delete(lockOf(operation));
  }
}

const lockOf = (operation: DocumentOperation): string => operation.uuid.toString('hex') + keyOfOperation(operation);

/** Writes that will be seen all at once, or never. It reads the state at its beginning, and its own writes. */
export class Transaction {
  readonly #store: Store;
  readonly #locks: Locks;
  readonly #startTs: bigint;
  readonly #operations: DocumentOperation[] = [];
  readonly #changes = new Map<string, Map<string, Buffer | null>>();
  readonly #ended = deferred();
  #isOpen = true;

  constructor(store: Store, locks: Locks) {
    this.#store = store;
    this.#locks = locks;
    this.#startTs = store.lastTs;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Resolves once it was committed or aborted. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  get operations(): readonly DocumentOperation[] {
    return this.#operations;
  }

  documents(collection: Collection): Documents {
    const below = documentsAt(this.#store, collection, this.#startTs);
    const changes = this.#changes.get(collection.uuid.toString('hex'));
    return changes === undefined ? below : new OverlaidDocuments(below, changes);
  }

  /** @throws CommandError where somebody else has written one of the documents, or is about to */
  write(operations: readonly DocumentOperation[]): void {
    for (const operation of operations) if (this.#conflicts(operation)) throw writeConflict();
    for (const operation of operations) {
      this.#locks.take(operation, this);
      this.#operations.push(operation);
      const uuid = operation.uuid.toString('hex');
      const changes = this.#changes.get(uuid) ?? new Map<string, Buffer | null>();
      this.#changes.set(uuid, changes);
      changes.set(keyOfOperation(operation), operation.kind === 'delete' ? null : operation.after);
    }
  }

  /** Lets go of what it holds, after its operations were carried out or to forget them. */
  end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const operation of this.#operations) this.#locks.release(operation);
    this.#ended.resolve(undefined);
  }

  #conflicts(operation: DocumentOperation): boolean {
    const holder = this.#locks.holder(operation);
    if (holder !== undefined) return holder !== this;
    const collection = this.#store.catalog.collectionOf(operation.uuid);
    if (collection === undefined) return true;
    const key = keyOfOperation(operation);
    const isThere = collection.get(key) !== undefined;
    return collection.writtenTs(key) > this.#startTs || isThere === (operation.kind === 'insert');
  }
}
