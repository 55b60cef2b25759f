import { type Change, type Operation } from './change';
import { integerText } from './integers';
import { type JsonObject, isObject, textOrNull } from './json';
import { lsnText } from './lsn';
import { isoFromInstant, parseTime } from './time';

/**
 * wal2json: format 2 is one object for each change (`action`), format 1 one for each transaction (`change`). Which facts are
 * there depends on the options `include-lsn`, `include-xids`, `include-timestamp` and `include-schemas`; the database never is.
 * https://github.com/eulerto/wal2json
 * @throws INEXACT where a number is too large to be trusted.
 */
export function recogniseWal2json(value: JsonObject): Change | null {
  if (typeof value.action === 'string') return fromFormat2(value);
  return Array.isArray(value.change) ? fromFormat1(value, value.change) : null;
}

function fromFormat2(value: JsonObject): Change | null {
  const operation = operationOf(value);
  if (operation === null) return null;
  const change = changeOf(operation, value, value.lsn ?? value.nextlsn);
  return operation === 'transaction' ? { ...change, changes: 0 } : change;
}

/** `action` is a common name: the rest of the object must look like wal2json's as well. */
function operationOf(value: JsonObject): Operation | null {
  switch (value.action) {
    case 'I':
      return typeof value.table === 'string' && Array.isArray(value.columns) ? 'create' : null;
    case 'U':
      return typeof value.table === 'string' && Array.isArray(value.columns) ? 'update' : null;
    case 'D':
      return typeof value.table === 'string' ? 'delete' : null;
    case 'T':
      return typeof value.table === 'string' ? 'truncate' : null;
    case 'M':
      return typeof value.prefix === 'string' && typeof value.content === 'string' ? 'message' : null;
    case 'B':
    case 'C':
      return Object.keys(value).every((key) => BOUNDARY_KEYS.has(key)) ? 'transaction' : null;
    default:
      return null;
  }
}

const BOUNDARY_KEYS = new Set(['action', 'xid', 'timestamp', 'origin', 'lsn', 'nextlsn']);

/** `change` is a common name, and its list may be empty. */
const TRANSACTION_KEYS = new Set(['xid', 'nextlsn', 'timestamp', 'origin', 'change']);

/** The position is `nextlsn`, just behind the commit: format 1 names no other. */
function fromFormat1(value: JsonObject, changes: readonly unknown[]): Change | null {
  const alike =
    changes.every((change) => isObject(change) && typeof change.kind === 'string') &&
    Object.keys(value).every((key) => TRANSACTION_KEYS.has(key));
  return alike ? { ...changeOf('transaction', value, value.nextlsn), changes: changes.length } : null;
}

function changeOf(operation: Operation, value: JsonObject, lsn: unknown): Change {
  return {
    operation,
    server: null,
    database: null,
    schema: textOrNull(value.schema),
    table: textOrNull(value.table),
    committedTime: timestampText(value.timestamp),
    position: lsnText(lsn),
    transactionId: integerText(value.xid),
  };
}

/** PostgreSQL writes `2026-11-22 23:59:58.7+01`: the session's zone, and no trailing zeros. */
function timestampText(value: unknown): string | null {
  const instant = typeof value === 'string' ? parseTime(value) : null;
  return instant === null ? null : isoFromInstant(instant, 6);
}
