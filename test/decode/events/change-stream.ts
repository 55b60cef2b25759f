/** Change-stream documents of MongoDB 7, shaped after the manual's "Change Events". */

const TOKEN =
  '8266560A19000000072B042C0100296E5A100433C5E1B6A1D64B0DAEF4B6E0C8B2F4C6463C6F7065726174696F6E54797065003C696E7365727400';

/** Relaxed Extended JSON, inside a multi-document transaction. */
export const insert = `{
  "_id": {"_data": "${TOKEN}"},
  "operationType": "insert",
  "clusterTime": {"$timestamp": {"t": 1716912345, "i": 7}},
  "wallTime": {"$date": "2024-05-28T16:05:45.678Z"},
  "lsid": {"id": {"$binary": {"base64": "NX7MXcLdRi6pIT86e52k5A==", "subType": "04"}},
           "uid": {"$binary": {"base64": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "subType": "00"}}},
  "txnNumber": 3,
  "ns": {"db": "shop", "coll": "orders"},
  "documentKey": {"_id": {"$oid": "6741a1b2c3d4e5f607182930"}},
  "fullDocument": {"_id": {"$oid": "6741a1b2c3d4e5f607182930"}, "total": {"$numberDecimal": "12.50"}, "count": 9007199254740993}
}`;

/** The same in canonical Extended JSON. */
export const insertCanonical = insert
  .replace('{"$date": "2024-05-28T16:05:45.678Z"}', '{"$date": {"$numberLong": "1716912345678"}}')
  .replace('"txnNumber": 3', '"txnNumber": {"$numberLong": "3"}')
  .replace('"count": 9007199254740993', '"count": {"$numberLong": "9007199254740993"}');

/** The same as JSON.stringify writes the Node.js driver's types. */
export const insertOfNodeDriver = insert
  .replace('{"$timestamp": {"t": 1716912345, "i": 7}}', '{"$timestamp": "7374082371873669127"}')
  .replace('{"$date": "2024-05-28T16:05:45.678Z"}', '"2024-05-28T16:05:45.678Z"')
  .replace(
    '{"$binary": {"base64": "NX7MXcLdRi6pIT86e52k5A==", "subType": "04"}}',
    '"357ecc5d-c2dd-462e-a921-3f3a7b9da4e4"',
  );

/** MongoDB 5: no wall time. */
export const update = `{
  "_id": {"_data": "${TOKEN}"},
  "operationType": "update",
  "clusterTime": {"$timestamp": {"t": 1716912345, "i": 12}},
  "ns": {"db": "shop", "coll": "orders"},
  "documentKey": {"_id": {"$oid": "6741a1b2c3d4e5f607182930"}},
  "updateDescription": {"updatedFields": {"status": "paid"}, "removedFields": [], "truncatedArrays": []}
}`;

/** An event of the kind `operationType`, about a collection. */
export function ofCollection(operationType: string): string {
  return update.replace('"update"', JSON.stringify(operationType));
}

export const dropDatabase = `{
  "_id": {"_data": "${TOKEN}"}, "operationType": "dropDatabase", "clusterTime": {"$timestamp": {"t": 1716912345, "i": 1}},
  "wallTime": {"$date": "2024-05-28T16:05:45.001Z"}, "ns": {"db": "shop"}
}`;

export const invalidate = `{
  "_id": {"_data": "${TOKEN}"}, "operationType": "invalidate", "clusterTime": {"$timestamp": {"t": 1716912345, "i": 2}},
  "wallTime": {"$date": "2024-05-28T16:05:45Z"}
}`;

export const RESUME_TOKEN = TOKEN;
