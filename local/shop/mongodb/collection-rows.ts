import { BSON, type Db } from 'mongodb';
import { tableName, type Row, type Rows, type Tables } from '../../rebuild/tables';

/** Values as the objects that hold their type, so that a Double that is whole stays one. */
const EXACT = { promoteValues: false, promoteLongs: false, promoteBuffers: false, bsonRegExp: true };

/**
 * The documents of every collection by their document key, each field in canonical Extended JSON: as change streams that are
 * captured tell them. Nobody may write meanwhile.
 */
export async function collectionRows(db: Db): Promise<Tables> {
  const tables = new Map<string, Rows>();
  for (const { name } of await db.listCollections({ type: 'collection' }, { nameOnly: true }).toArray()) {
    if (name.startsWith('system.')) continue;
    tables.set(tableName({ database: db.databaseName, schema: null, table: name }), await read(db, name));
  }
  return tables;
}

async function read(db: Db, name: string): Promise<Rows> {
  const rows = new Map<string, Row>();
  for await (const document of db.collection(name).find({}, EXACT)) {
    const row: Row = Object.fromEntries(Object.entries(document).map(([field, value]) => [field, canonical(value)]));
    rows.set(`{"_id":${row['_id'] ?? 'null'}}`, row);
  }
  return rows;
}

const canonical = (value: unknown): string => BSON.EJSON.stringify(value, { relaxed: false });
