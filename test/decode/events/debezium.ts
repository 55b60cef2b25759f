/**
 * Events of Debezium's connectors, shaped after its documentation. Texts, not objects: their integers go beyond 2^53, which
 * no JavaScript object could hold.
 */

/** Debezium 3, JSON converter without schemas. */
export const postgresCreate = `{
  "before": null,
  "after": {"id": 9007199254740993, "first_name": "Anne", "last_name": "Kretchmar", "email": "annek@noanswer.org"},
  "source": {
    "version": "3.1.0.Final", "connector": "postgresql", "name": "shop", "ts_ms": 1559033904863, "snapshot": "false",
    "db": "shop", "sequence": "[\\"24023119\\",\\"24023128\\"]", "ts_us": 1559033904863123, "ts_ns": 1559033904863123000,
    "schema": "public", "table": "customers", "txId": 555, "lsn": 24023128, "xmin": null
  },
  "transaction": null, "op": "c", "ts_ms": 1559033904961, "ts_us": 1559033904961483, "ts_ns": 1559033904961483921
}`;

/** Debezium 2.1, JSON converter with schemas (the schema of the row cut down to one column). */
export const postgresUpdateWithSchema = `{
  "schema": {
    "type": "struct",
    "fields": [
      {"type": "struct", "fields": [{"type": "int32", "optional": false, "field": "id"}], "optional": true,
       "name": "PostgreSQL_server.inventory.customers.Value", "field": "before"},
      {"type": "struct", "fields": [{"type": "int32", "optional": false, "field": "id"}], "optional": true,
       "name": "PostgreSQL_server.inventory.customers.Value", "field": "after"},
      {"type": "string", "optional": false, "field": "op"},
      {"type": "int64", "optional": true, "field": "ts_ms"}
    ],
    "optional": false,
    "name": "PostgreSQL_server.inventory.customers.Envelope"
  },
  "payload": {
    "before": {"id": 1},
    "after": {"id": 1, "first_name": "Anne Marie", "last_name": "Kretchmar", "email": "annek@noanswer.org"},
    "source": {
      "version": "2.1.4.Final", "connector": "postgresql", "name": "PostgreSQL_server", "ts_ms": 1559033904863,
      "snapshot": false, "db": "postgres", "schema": "public", "table": "customers", "txId": 556, "lsn": 24023128, "xmin": null
    },
    "op": "u", "ts_ms": 1465584025523
  }
}`;

export const postgresDelete = postgresCreate.replace('"op": "c"', '"op": "d"');

/** A row of the first snapshot. */
export const postgresRead = postgresCreate
  .replace('"op": "c"', '"op": "r"')
  .replace('"snapshot": "false"', '"snapshot": "first_in_data_collection"');

export const postgresTruncate = `{
  "source": {
    "version": "3.1.0.Final", "connector": "postgresql", "name": "shop", "ts_ms": 1559033904863, "snapshot": "false",
    "db": "shop", "schema": "public", "table": "customers", "txId": 557, "lsn": 46523128, "xmin": null
  },
  "op": "t", "ts_ms": 1559033904961
}`;

/** pg_logical_emit_message outside a transaction. */
export const postgresMessage = `{
  "source": {
    "version": "3.1.0.Final", "connector": "postgresql", "name": "shop", "ts_ms": 1559033904863, "snapshot": "false",
    "db": "shop", "schema": "", "table": "", "txId": null, "lsn": 46523128, "xmin": null
  },
  "op": "m", "ts_ms": 1559033904961, "message": {"prefix": "foo", "content": "Ymfy"}
}`;

/** An LSN and a transaction id that no JavaScript number can hold. */
export const postgresBeyond53Bits = postgresCreate
  .replace('"lsn": 24023128', '"lsn": 9007199254740993')
  .replace('"txId": 555', '"txId": 9223372036854775807');

/** MongoDB 7, with pre-images, inside a multi-document transaction. */
export const mongodbUpdate = `{
  "before": "{\\"_id\\": {\\"$numberLong\\": \\"1004\\"},\\"first_name\\": \\"Anne\\"}",
  "after": "{\\"_id\\": {\\"$numberLong\\": \\"1004\\"},\\"first_name\\": \\"Anne Marie\\"}",
  "updateDescription": {"removedFields": null, "updatedFields": "{\\"first_name\\": \\"Anne Marie\\"}", "truncatedArrays": null},
  "source": {
    "version": "3.1.0.Final", "connector": "mongodb", "name": "fulfillment", "ts_ms": 1716912345000, "snapshot": "false",
    "db": "inventory", "sequence": null, "ts_us": 1716912345000000, "ts_ns": 1716912345000000000, "collection": "customers",
    "ord": 7,
    "lsid": "{\\"id\\": {\\"$binary\\": {\\"base64\\": \\"NX7MXcLdRi6pIT86e52k5A==\\", \\"subType\\": \\"04\\"}}, \\"uid\\": {\\"$binary\\": {\\"base64\\": \\"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\\", \\"subType\\": \\"00\\"}}}",
    "txnNumber": 3, "wallTime": 1716912345678
  },
  "op": "u", "ts_ms": 1716912345990, "transaction": null
}`;

/** Debezium 1.9 with schemas: no wall time, no session. */
export const mongodbDeleteWithSchema = `{
  "schema": {"type": "struct", "fields": [], "optional": false, "name": "fulfillment.inventory.customers.Envelope"},
  "payload": {
    "op": "d", "ts_ms": 1465495462115, "before": null,
    "source": {
      "version": "1.9.7.Final", "connector": "mongodb", "name": "fulfillment", "ts_ms": 1558965508000, "snapshot": true,
      "db": "inventory", "rs": "rs0", "collection": "customers", "ord": 6, "h": 1546547425148721999
    }
  }
}`;

/** ExtractNewRecordState, add.fields=op,db,schema,table,lsn,txId,source.ts_us,source.ts_ms; deletes rewritten. */
export const unwrappedUpdate = `{
  "id": 1004, "ticket_type": "SINGLE", "amount": "2.50", "op": "keep", "action": "I", "schema": "A4", "payload": {"op": "c"},
  "__op": "u", "__db": "shop", "__schema": "public", "__table": "tickets", "__lsn": 24681357, "__txId": 771,
  "__source_ts_us": 1790716742118456, "__source_ts_ms": 1790716742118, "__deleted": "false"
}`;

/** add.fields=op,source.db,source.schema,source.table,source.lsn,source.ts_ms, with schemas. */
export const unwrappedDeleteWithSchema = `{
  "schema": {"type": "struct", "fields": [{"type": "int32", "optional": false, "field": "id"}], "optional": false},
  "payload": {
    "id": 1004, "__op": "d", "__source_db": "shop", "__source_schema": "public", "__source_table": "tickets",
    "__source_lsn": 24681357, "__source_ts_ms": 1790716742118, "__deleted": "true"
  }
}`;

/** ExtractNewDocumentState, add.fields=op,db,collection,ord,source.ts_ms. */
export const unwrappedDocument = `{
  "_id": "6741a1b2c3d4e5f607182930", "status": "paid", "__op": "c", "__db": "shop", "__collection": "orders", "__ord": 12,
  "__source_ts_ms": 1716912345000, "__deleted": false
}`;

/** Debezium 2.3's CloudEvents converter; "data" with its schema. */
export const cloudEventOldType = `{
  "id": "name:test_server;lsn:29274832;txId:565", "source": "/debezium/postgresql/test_server", "specversion": "1.0",
  "type": "io.debezium.postgresql.datachangeevent", "time": "2020-01-13T13:55:39.738Z", "datacontenttype": "application/json",
  "iodebeziumop": "r", "iodebeziumversion": "2.3.4.Final", "iodebeziumconnector": "postgresql", "iodebeziumname": "test_server",
  "iodebeziumtsms": "1578923739738", "iodebeziumsnapshot": "true", "iodebeziumdb": "postgres", "iodebeziumschema": "s1",
  "iodebeziumtable": "a", "iodebeziumtxId": "565", "iodebeziumlsn": "29274832", "iodebeziumxmin": null,
  "iodebeziumtxid": "571:53195829", "iodebeziumtxtotalorder": "1", "iodebeziumtxdatacollectionorder": "1",
  "data": {"schema": {"type": "struct", "name": "test_server.s1.a.Data"}, "payload": {"before": null, "after": {"pk": 1, "name": "Bob"}}}
}`;

/** The newer type; "data" without schema; the transaction only in the transaction block. */
export const cloudEventNewType = `{
  "id": "name:test_server;lsn:29274832;txId:565", "source": "/debezium/postgresql/test_server", "specversion": "1.0",
  "type": "io.debezium.connector.postgresql.DataChangeEvent", "time": "2020-01-13T13:55:39.738Z",
  "datacontenttype": "application/json", "iodebeziumop": "c", "iodebeziumversion": "2.7.3.Final",
  "iodebeziumconnector": "postgresql", "iodebeziumname": "test_server", "iodebeziumtsms": "1578923739738",
  "iodebeziumtsus": "1578923739738941", "iodebeziumsnapshot": "false", "iodebeziumdb": "postgres", "iodebeziumschema": "s1",
  "iodebeziumtable": "a", "iodebeziumlsn": "29274832", "iodebeziumxmin": null, "iodebeziumtxid": "565:29274832",
  "data": {"before": null, "after": {"pk": 1, "name": "Bob"}}
}`;

export const cloudEventMongodb = `{
  "id": "name:fulfillment;ts:1716912345000;ord:7", "source": "/debezium/mongodb/fulfillment", "specversion": "1.0",
  "type": "io.debezium.connector.mongodb.DataChangeEvent", "time": "2024-05-28T16:05:45.000Z",
  "datacontenttype": "application/json", "iodebeziumop": "u", "iodebeziumversion": "2.7.3.Final",
  "iodebeziumconnector": "mongodb", "iodebeziumname": "fulfillment", "iodebeziumtsms": "1716912345000",
  "iodebeziumsnapshot": "false", "iodebeziumdb": "inventory", "iodebeziumcollection": "customers", "iodebeziumord": 7,
  "iodebeziumlsid": null, "iodebeziumtxnNumber": null, "iodebeziumwallTime": "1716912345678",
  "data": {"after": "{\\"_id\\": {\\"$numberLong\\": \\"1004\\"}}", "updateDescription": null}
}`;

/** A relay that wraps whatever it gets, and no attributes of Debezium's. */
export const cloudEventAroundEnvelope = `{
  "specversion": "1.0", "id": "b7f0", "source": "/relay", "type": "shop.change", "data": ${postgresCreate}
}`;

export const heartbeat = '{"ts_ms": 1559033904863}';

export const transactionBoundary =
  '{"status": "END", "id": "571:53195829", "event_count": 2, "data_collections": [{"data_collection": "s1.a", "event_count": 2}]}';
