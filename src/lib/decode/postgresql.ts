import { type Change, type Operation } from './change';
import { integerText, safeCount, safeInteger } from './integers';
import { isObject, textOrNull } from './json';
import { lsnText } from './lsn';
import { isoFromMicros, isoFromMillis } from './time';

/** Which server a change comes from, and from which of its histories. */
export interface ServerFacts {
  /** The configured name of the server (Debezium's `topic.prefix`). */
  readonly name?: unknown;
  /** Of our capture alone. */
  readonly history?: unknown;
}

/** The `server` and `history` of a change. @throws INEXACT where the number is too large to be trusted. */
export function serverOf({ name, history }: ServerFacts): Pick<Change, 'server' | 'history'> {
  const number = safeCount(history);
  return { server: textOrNull(name), ...(number === null ? {} : { history: number }) };
}

/** What Debezium's PostgreSQL connector tells of a change, under the names of its `source` block. */
export interface PostgresFacts extends ServerFacts {
  readonly db?: unknown;
  readonly schema?: unknown;
  readonly table?: unknown;
  /** The table's OID: only our own capture states it. */
  readonly relation?: unknown;
  /** Of the change. */
  readonly lsn?: unknown;
  /** Of its transaction's commit: only our own capture tells, and it orders better. */
  readonly commit_lsn?: unknown;
  /** Debezium's `transaction` block: `total_order` counts a transaction's events from 1. */
  readonly transaction?: unknown;
  readonly txId?: unknown;
  /** Commit time in microseconds since 1970; from Debezium 2.6 on. */
  readonly ts_us?: unknown;
  /** Commit time in milliseconds since 1970. */
  readonly ts_ms?: unknown;
}

/** @throws INEXACT where a number is too large to be trusted. */
export function postgresChange(operation: Operation, facts: PostgresFacts): Change {
  const relation = safeCount(facts.relation);
  const index = isObject(facts.transaction) ? safeCount(facts.transaction.total_order) : null;
  return {
    operation,
    ...serverOf(facts),
    database: textOrNull(facts.db),
    schema: textOrNull(facts.schema),
    table: textOrNull(facts.table),
    ...(relation === null ? {} : { relation }),
    committedTime: epochTime(facts.ts_us, facts.ts_ms),
    position: lsnText(facts.commit_lsn) ?? lsnText(facts.lsn),
    ...(index === null ? {} : { index }),
    transactionId: integerText(facts.txId),
  };
}

/** ISO 8601 for a time since 1970, from microseconds where there are any, else from milliseconds. */
export function epochTime(micros: unknown, millis: unknown): string | null {
  const fine = safeInteger(micros);
  if (fine !== null) return isoFromMicros(fine);
  const coarse = safeInteger(millis);
  return coarse === null ? null : isoFromMillis(coarse);
}
