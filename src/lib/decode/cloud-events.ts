import { type Change } from './change';
import { fromConnector, operationOf, recogniseDebezium } from './debezium';
import { type JsonObject, isObject } from './json';
import { millisOf, parseTime } from './time';

/**
 * A Debezium change in a structured CloudEvent (JSON). The facts are its `iodebezium…` attributes: the names of the `source`
 * block with all but letters and digits left out, 64-bit integers as strings. `data` then holds only the row, whose shape
 * does not matter here; where a relay put a whole Debezium event into `data`, that is read instead.
 * https://debezium.io/documentation/reference/stable/integrations/cloudevents.html
 * @throws INEXACT where a number is too large to be trusted.
 */
export function recogniseCloudEvent(value: JsonObject): Change | null {
  if (typeof value.specversion !== 'string') return null;
  const operation = operationOf(value.iodebeziumop);
  if (operation === null) return isObject(value.data) ? recogniseDebezium(value.data) : null;
  // Not by `type`: it has been renamed once (`io.debezium.postgresql.datachangeevent` became
  // `io.debezium.connector.postgresql.DataChangeEvent`), and senders may set their own.
  return fromConnector(value.iodebeziumconnector, operation, {
    name: value.iodebeziumname,
    db: value.iodebeziumdb,
    schema: value.iodebeziumschema,
    table: value.iodebeziumtable,
    lsn: value.iodebeziumlsn,
    txId: transactionOf(value),
    ts_us: value.iodebeziumtsus,
    ts_ms: value.iodebeziumtsms ?? timeOf(value.time),
    collection: value.iodebeziumcollection,
    ord: value.iodebeziumord,
    wallTime: value.iodebeziumwallTime,
    lsid: value.iodebeziumlsid,
    txnNumber: value.iodebeziumtxnNumber,
  });
}

/** `txId` is the source's; `txid` the id in the transaction block, `571` or `571:53195829` (transaction and LSN). */
function transactionOf(value: JsonObject): unknown {
  if (value.iodebeziumtxId !== undefined) return value.iodebeziumtxId;
  const id = value.iodebeziumtxid;
  return typeof id === 'string' ? id.split(':', 1)[0] : id;
}

function timeOf(time: unknown): number | null {
  const instant = typeof time === 'string' ? parseTime(time) : null;
  return instant === null ? null : millisOf(instant);
}
