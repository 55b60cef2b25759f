import { refuseView, type Collection } from './collection';
import { nameOf, type Namespace } from './command';
import { type Server } from './context';
import { type Documents } from './documents';
import { CommandError, notBuilt } from './errors';
import { type DocumentOperation, type OplogEntry, type ViewKind } from './oplog-entry';
import { EMPTY } from './raw';
import { type SessionUse } from './sessions';

/** What one statement would do, and what is to be told when it is done. */
export interface Planned<T> {
  readonly operations: readonly DocumentOperation[];
  readonly result: T;
}

/** Writes for one command: at once, as a retryable write, or as part of a transaction. */
export class Writer {
  readonly #server: Server;
  readonly #use: SessionUse;

  constructor(server: Server, use: SessionUse) {
    this.#server = server;
    this.#use = use;
  }

  get inTransaction(): boolean {
    return this.#use.kind === 'transaction';
  }

  /** What a statement did when it was tried before; undefined where it was not. */
  done(statement: number): OplogEntry | undefined {
    return this.#use.kind === 'retryable' ? this.#use.session.executed.get(statement) : undefined;
  }

  /** The collection as this command sees it. */
  documents(collection: Collection): Documents {
    return this.#use.kind === 'transaction' ? this.#use.transaction.documents(collection) : collection;
  }

  /** Plans and does it, as soon as no transaction holds one of the documents. */
  async carryOut<T>(statement: number, plan: () => Planned<T>): Promise<T> {
    for (;;) {
      const { operations, result } = plan();
      if (this.#use.kind === 'transaction') {
        this.#use.transaction.write(operations);
        return result;
      }
      const { locks } = this.#server.sessions;
      const holder = operations.map((operation) => locks.holder(operation)).find((each) => each !== undefined);
      if (holder === undefined) {
        for (const operation of operations) this.#commit(operation, statement);
        return result;
      }
      // What was written so far must not be seen before it is safe.
      this.#server.store.flush();
      await holder.ended;
    }
  }

  /** Ends the transaction that this command is part of. */
  abort(): void {
    if (this.#use.kind === 'transaction') this.#use.transaction.end();
  }

  /** The collection of that name, which is made where it is missing: at once, also in a transaction. */
  existing(ns: Namespace): Collection {
    const { catalog } = this.#server.store;
    if (catalog.collection(ns) === undefined) createCollection(this.#server, ns, EMPTY);
    const collection = catalog.collection(ns) as Collection;
    if (collection.kind === 'timeseries') throw notBuilt('a write to a time series');
    refuseView(collection);
    return collection;
  }

  #commit(operation: DocumentOperation, statement: number): void {
    const session = this.#use.kind === 'retryable' ? this.#use.session : null;
    if (session === null && this.#server.store.moves(operation))
      throw new CommandError(
        20,
        'Must run update to shard key field in a multi-statement transaction or with retryWrites: true.',
      );
    const mark = session === null ? null : { lsid: session.lsid, txnNumber: session.txnNumber, statement };
    const entry = this.#server.store.commit([operation], mark);
    session?.executed.set(statement, entry);
  }
}

/** @throws CommandError where there is one, or the name is reserved */
export function createCollection({ store, newUuid }: Server, ns: Namespace, options: Buffer, nsType?: ViewKind): void {
  if (store.catalog.collection(ns) !== undefined)
    throw new CommandError(48, `Collection ${nameOf(ns)} already exists.`);
  if (ns.coll.startsWith('system.') || ns.coll.includes('$'))
    throw new CommandError(73, `Invalid collection name: ${ns.coll}`);
  store.commit([{ kind: 'create', ns, uuid: newUuid(), options, ...(nsType === undefined ? {} : { nsType }) }]);
}
