/** Output of wal2json with include-xids, include-timestamp and include-lsn, shaped after its tests. */

export const format1 = `{
  "xid": 598, "nextlsn": "0/16751E8", "timestamp": "2018-07-13 13:24:44.152109-07",
  "change": [
    {"kind": "insert", "schema": "public", "table": "orders", "columnnames": ["id", "total"],
     "columntypes": ["bigint", "numeric(12,2)"], "columnvalues": [9007199254740993, 12.50]},
    {"kind": "update", "schema": "public", "table": "orders", "columnnames": ["id", "total"],
     "columntypes": ["bigint", "numeric(12,2)"], "columnvalues": [9007199254740993, 13.00],
     "oldkeys": {"keynames": ["id"], "keytypes": ["bigint"], "keyvalues": [9007199254740993]}},
    {"kind": "delete", "schema": "public", "table": "orders",
     "oldkeys": {"keynames": ["id"], "keytypes": ["bigint"], "keyvalues": [9007199254740993]}}
  ]
}`;

/** No options, an empty transaction. */
export const format1Empty = '{"change":[]}';

export const insert =
  '{"action":"I","xid":771,"timestamp":"2026-11-22 23:59:58.7+01","lsn":"16/B374D848","schema":"public","table":"orders",' +
  '"columns":[{"name":"id","type":"bigint","value":9007199254740993},{"name":"total","type":"numeric(12,2)","value":12.50}]}';

export const update =
  '{"action":"U","xid":771,"timestamp":"2026-11-22 22:59:58.700001+00","lsn":"16/B374D8A0","schema":"public","table":"orders",' +
  '"columns":[{"name":"id","type":"bigint","value":1}],"identity":[{"name":"id","type":"bigint","value":1}]}';

export const remove =
  '{"action":"D","xid":771,"timestamp":"2026-11-22 22:59:58+00","lsn":"16/B374D8A0","schema":"public","table":"orders",' +
  '"identity":[{"name":"id","type":"bigint","value":1}]}';

export const truncate = '{"action":"T","xid":772,"lsn":"16/B374D8A0","schema":"public","table":"orders"}';

/** Outside a transaction, so without xid and time. */
export const message =
  '{"action":"M","xid":null,"timestamp":null,"origin":null,"lsn":"0/175B688","transactional":false,"prefix":"wal2json","content":"this message"}';

export const begin =
  '{"action":"B","xid":771,"timestamp":"2026-11-22 22:59:58.7+00","lsn":"16/B374D9F0","nextlsn":"16/B374DA20"}';

export const commit = begin.replace('"B"', '"C"');

/** No options but the format. */
export const bareBegin = '{"action":"B"}';
