import { createHash } from 'node:crypto';
import { type Command } from './command';
import { CommandError } from './errors';
import { type OplogEntry } from './oplog-entry';
import { field } from './raw';
import { type Store } from './store';
import { Locks, Transaction } from './transaction';
import { asBinary, binary, make, uuidValue } from './values';

/** The server's `transactionLifetimeLimitSeconds`. */
const TRANSACTION_MS = 60_000;

/** Without access control every session belongs to nobody: the digest of an empty name. */
const NOBODY = createHash('sha256').update('').digest();

/** One logical session of a client. */
export interface Session {
  /** As the oplog and change events have it. */
  readonly lsid: Buffer;
  /** The newest that the client used; -1 at first. */
  txnNumber: bigint;
  /** What the statements of a retryable write did, by their number. */
  readonly executed: Map<number, OplogEntry>;
  transaction: Transaction | null;
  /** The transaction of that number was committed, perhaps before this process began. */
  hasCommitted: boolean;
}

/** What a command is to the session that it came with. */
export type SessionUse =
  | { readonly kind: 'none' }
  | { readonly kind: 'retryable'; readonly session: Session }
  | { readonly kind: 'transaction'; readonly session: Session; readonly transaction: Transaction }
  /** A commit that is tried again. */
  | { readonly kind: 'committed' };

export class Sessions {
  readonly locks = new Locks();
  readonly #sessions = new Map<string, Session>();

  /** Learns from the oplog what was done before this process began: a write that is tried again is not done again. */
  restore(entry: OplogEntry): void {
    const { session: used } = entry;
    if (used === null) return;
    const id = asBinary(field(used.lsid, 'id'));
    if (id === undefined) return;
    const session = this.#session(id);
    if (used.txnNumber > session.txnNumber) this.#begin(session, used.txnNumber);
    if (used.statement === null) session.hasCommitted = true;
    else session.executed.set(used.statement, entry);
  }

  /** @throws CommandError where the command's transaction is none that it could be part of */
  use(command: Command, store: Store, isReplicaSet: boolean): SessionUse {
    const txnNumber = command.long('txnNumber');
    const lsid = command.document('lsid');
    const id = lsid === undefined ? undefined : asBinary(field(lsid, 'id'));
    if (id === undefined || txnNumber === undefined) return { kind: 'none' };
    if (!isReplicaSet)
      throw new CommandError(20, 'Transaction numbers are only allowed on a replica set member or mongos');
    const session = this.#session(id);
    if (txnNumber < session.txnNumber)
      throw new CommandError(
        225,
        `Cannot start transaction ${String(txnNumber)} on session because a newer transaction ${String(session.txnNumber)} has already started.`,
      );
    // Always false where it is there.
    const isTransaction = command.field('autocommit') !== undefined;
    if (isTransaction && command.flag('startTransaction')) this.#start(session, txnNumber, store);
    if (isTransaction) return inTransaction(session, txnNumber, command.name);
    if (txnNumber > session.txnNumber) this.#begin(session, txnNumber);
    return { kind: 'retryable', session };
  }

  /** Forgets a session; its transaction is aborted. */
  end(id: Buffer): void {
    const key = id.toString('hex');
    this.#sessions.get(key)?.transaction?.end();
    this.#sessions.delete(key);
  }

  /** Aborts every transaction that is open. */
  abortAll(): void {
    for (const { transaction } of this.#sessions.values()) transaction?.end();
  }

  #session(id: Buffer): Session {
    const key = id.toString('hex');
    const known = this.#sessions.get(key);
    if (known !== undefined) return known;
    const lsid = make({ id: uuidValue(Buffer.from(id)), uid: binary(NOBODY, 0) });
    const session: Session = { lsid, txnNumber: -1n, executed: new Map(), transaction: null, hasCommitted: false };
    this.#sessions.set(key, session);
    return session;
  }

  #begin(session: Session, txnNumber: bigint): void {
    session.transaction?.end();
    session.transaction = null;
    session.hasCommitted = false;
    session.txnNumber = txnNumber;
    session.executed.clear();
  }

  #start(session: Session, txnNumber: bigint, store: Store): void {
    if (txnNumber === session.txnNumber)
      throw new CommandError(
        50911,
        `Cannot start a transaction at given transaction number ${String(txnNumber)} a transaction with the same number is in state ${session.hasCommitted ? 'TransactionCommitted' : 'TransactionInProgress'}`,
      );
    this.#begin(session, txnNumber);
    const transaction = new Transaction(store, this.locks);
    session.transaction = transaction;
    const timer = setTimeout(() => transaction.end(), TRANSACTION_MS).unref();
    void transaction.ended.then(() => clearTimeout(timer));
  }
}

/** Who commits again is told the same again; every other command needs a transaction that is open. */
function inTransaction(session: Session, given: bigint, command: string): SessionUse {
  const { transaction, txnNumber, hasCommitted } = session;
  const which = `{ txnNumber: ${String(given)} }`;
  if (txnNumber !== given || (transaction === null && !hasCommitted))
    throw new CommandError(
      251,
      `Given transaction number ${String(given)} does not match any in-progress transactions. The active transaction number is ${String(txnNumber)}`,
    );
  if (hasCommitted) {
    if (command === 'commitTransaction') return { kind: 'committed' };
    throw new CommandError(256, `Transaction with ${which} has been committed.`);
  }
  if (transaction?.isOpen === true) return { kind: 'transaction', session, transaction };
  throw new CommandError(251, `Transaction with ${which} has been aborted.`);
}
