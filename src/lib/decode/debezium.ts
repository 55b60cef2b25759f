import { type Change, type Operation } from './change';
import { integerText, safeInteger } from './integers';
import { type JsonObject, isObject, textOrNull } from './json';
import { clusterTimeText, sessionTransaction } from './mongodb';
import { epochTime, postgresChange, serverOf, type ServerFacts } from './postgresql';

/** What Debezium's MongoDB connector tells of a change, under the names of its `source` block. */
export interface MongoFacts extends ServerFacts {
  readonly db?: unknown;
  readonly collection?: unknown;
  /** The cluster time's seconds, as milliseconds since 1970. */
  readonly ts_ms?: unknown;
  /** The cluster time's increment. */
  readonly ord?: unknown;
  /** When the server made the change: milliseconds since 1970; MongoDB 6 and later. */
  readonly wallTime?: unknown;
  /** The logical session id as Extended JSON in a string. */
  readonly lsid?: unknown;
  readonly txnNumber?: unknown;
}

/**
 * A change of Debezium's PostgreSQL or MongoDB connector: the envelope, or the record that ExtractNewRecordState made of it
 * (known by its `__op`), each with or without the JSON converter's `{schema, payload}` around it. Heartbeats and transaction
 * boundaries have no operation and are not changes.
 * https://debezium.io/documentation/reference/stable/connectors/postgresql.html
 * @throws INEXACT where a number is too large to be trusted.
 */
export function recogniseDebezium(value: JsonObject): Change | null {
  return withoutWrapper(value) ?? (isObject(value.payload) ? withoutWrapper(value.payload) : null);
}

function withoutWrapper(value: JsonObject): Change | null {
  const { op, source, transaction } = value;
  if (op !== undefined && isObject(source)) {
    const facts = isObject(transaction) ? { ...source, transaction } : source;
    return fromConnector(source.connector, operationOf(op), facts);
  }
  return value.__op === undefined ? null : fromUnwrapped(value);
}

/** Maps `facts` as the named connector means them; null for other connectors and unknown operations. */
export function fromConnector(
  connector: unknown,
  operation: Operation | null,
  facts: Parameters<typeof postgresChange>[1] & MongoFacts,
): Change | null {
  if (operation === null) return null;
  if (connector === 'postgresql') return postgresChange(operation, facts);
  return connector === 'mongodb' ? mongoChange(operation, facts) : null;
}

/** Debezium's one-letter operations. */
export function operationOf(op: unknown): Operation | null {
  switch (op) {
    case 'c':
      return 'create';
    case 'u':
      return 'update';
    case 'd':
      return 'delete';
    case 'r':
      return 'read';
    case 't':
      return 'truncate';
    case 'm':
      return 'message';
    default:
      return null;
  }
}

function mongoChange(operation: Operation, facts: MongoFacts): Change {
  const millis = safeInteger(facts.ts_ms);
  return {
    operation,
    ...serverOf(facts),
    database: textOrNull(facts.db),
    schema: null,
    table: textOrNull(facts.collection),
    committedTime: epochTime(null, facts.wallTime ?? facts.ts_ms),
    position: millis === null ? null : clusterTimeText(Math.floor(millis / 1000), facts.ord),
    transactionId: facts.lsid === undefined ? null : sessionTransaction(parsedOrNull(facts.lsid), facts.txnNumber),
  };
}

function parsedOrNull(json: unknown): unknown {
  try {
    return typeof json === 'string' ? JSON.parse(json) : null;
  } catch {
    return null;
  }
}

/** `add.fields` names its fields `__lsn` when asked for `lsn` and `__source_lsn` when asked for `source.lsn`. */
function fromUnwrapped(value: JsonObject): Change | null {
  const field = (name: string): unknown => value[`__${name}`] ?? value[`__source_${name}`];
  const connector = field('connector') ?? (field('collection') === undefined ? 'postgresql' : 'mongodb');
  return fromConnector(connector, operationOf(value.__op), {
    name: field('name'),
    db: field('db'),
    schema: field('schema'),
    table: field('table'),
    lsn: field('lsn'),
    txId: integerText(field('txId')),
    // Without `source_`, these are when Debezium handled the event, not when it was committed.
    ts_us: value.__source_ts_us,
    ts_ms: value.__source_ts_ms,
    collection: field('collection'),
    ord: field('ord'),
    wallTime: field('wallTime'),
    lsid: field('lsid'),
    txnNumber: field('txnNumber'),
  });
}
