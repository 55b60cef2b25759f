import { isObject } from '../../decode/json';
import { formatLsn, parseLsn } from './lsn';

/** The last transaction that was captured. A log that has the same one at the same place is the same log up to there. */
export interface LastTransaction {
  readonly commitLsn: bigint;
  readonly transactionId: number;
  /** Microseconds since 1970. */
  readonly committedAtUs: bigint;
  /** By which it was read: others may hide it. */
  readonly publications: readonly string[];
}

/** What tells a transaction from others, as its first message has it. */
type Begun = Omit<LastTransaction, 'publications'>;

/** Where reading begins. */
export interface Beginning {
  /** What is committed from here on is read. */
  readonly from: bigint;
  /** The first transaction that comes, if it must be a known one. */
  readonly known: LastTransaction | null;
}

/** What of the capture record decides where reading begins. */
interface Captured {
  readonly startLsn: bigint;
  readonly safeLsn: bigint;
  readonly last: LastTransaction | null;
}

/**
 * A server that was put back from a disk snapshot keeps its timeline, and once it has written enough, its log reaches beyond the position that
 * was kept: only what the log contains shows the difference. So the slot is read from the last transaction that was captured, which must come
 * again, the same. Where the slot has confirmed that transaction, which is so unless the server was put back or crashed, nothing is read twice;
 * nor is anything passed over that the slot still has.
 *
 * @param slotLsn what the slot has confirmed
 * @param publications by which the slot is read now
 */
export function beginningOf(
  { startLsn, safeLsn, last }: Captured,
  slotLsn: bigint,
  publications: readonly string[],
): Beginning {
  if (last === null) return { from: slotLsn > startLsn ? slotLsn : startLsn, known: null };
  if (last.publications.join('\0') !== publications.join('\0')) return { from: safeLsn, known: null };
  if (last.commitLsn < slotLsn) return { from: slotLsn, known: null };
  return { from: last.commitLsn, known: last };
}

/** Waits for the known transaction; until it has come nothing may be confirmed. */
export class LogProof {
  #awaited: LastTransaction | null;

  constructor(known: LastTransaction | null) {
    this.#awaited = known;
  }

  get isProven(): boolean {
    return this.#awaited === null;
  }

  /**
   * @returns whether the transaction that begins is the known one
   * @throws OtherLog
   */
  begin({ commitLsn, transactionId, committedAtUs }: Begun): boolean {
    const known = this.#awaited;
    if (known === null) return false;
    const isSame =
      commitLsn === known.commitLsn && transactionId === known.transactionId && committedAtUs === known.committedAtUs;
    if (!isSame) throw new OtherLog(known);
    this.#awaited = null;
    return true;
  }

  /**
   * All that was committed before `lsn` has come.
   *
   * @throws OtherLog
   */
  reach(lsn: bigint): void {
    if (this.#awaited !== null && lsn > this.#awaited.commitLsn) throw new OtherLog(this.#awaited);
  }
}

/** The log has something else where the last transaction was. */
export class OtherLog extends Error {
  constructor({ commitLsn, transactionId }: LastTransaction) {
    super(
      `the server's log does not have the transaction ${transactionId} at ${formatLsn(commitLsn)}, which was captured`,
    );
    this.name = 'OtherLog';
  }
}

export function lastTransactionJson(last: LastTransaction | null): Record<string, unknown> | null {
  if (last === null) return null;
  return { ...last, commitLsn: formatLsn(last.commitLsn), committedAtUs: String(last.committedAtUs) };
}

/** The inverse of {@link lastTransactionJson}; undefined for anything else. */
export function parseLastTransaction(value: unknown): LastTransaction | null | undefined {
  if (value === null) return null;
  if (!isObject(value)) return undefined;
  const { transactionId, committedAtUs, publications } = value;
  const commitLsn = typeof value.commitLsn === 'string' ? parseLsn(value.commitLsn) : null;
  if (commitLsn === null || typeof transactionId !== 'number' || !Number.isSafeInteger(transactionId)) return undefined;
  if (typeof committedAtUs !== 'string' || !/^-?\d{1,19}$/.test(committedAtUs)) return undefined;
  if (!Array.isArray(publications) || !publications.every((name) => typeof name === 'string')) return undefined;
  return { commitLsn, transactionId, committedAtUs: BigInt(committedAtUs), publications };
}

/** Which transaction is the last one before a position. */
export class CommittedTransactions {
  readonly #publications: readonly string[];
  #waiting: (Begun & { readonly endLsn: bigint })[] = [];
  #last: LastTransaction | null;

  constructor(last: LastTransaction | null, publications: readonly string[]) {
    this.#last = last;
    this.#publications = publications;
  }

  /** Transactions come in the order of their commits. */
  add(transaction: Begun & { readonly endLsn: bigint }): void {
    this.#waiting.push(transaction);
  }

  /** The last one that ends at or before `lsn`; positions never go back. */
  lastBefore(lsn: bigint): LastTransaction | null {
    const count = this.#waiting.findLastIndex(({ endLsn }) => endLsn <= lsn) + 1;
    const reached = this.#waiting.splice(0, count).at(-1);
    if (reached !== undefined) {
      const { commitLsn, transactionId, committedAtUs } = reached;
      this.#last = { commitLsn, transactionId, committedAtUs, publications: this.#publications };
    }
    return this.#last;
  }
}
