import { keyOf } from './compare';
import { type Collection } from './collection';
import { type Documents } from './documents';
import { field, fields, TYPE, type RawValue } from './raw';
import { asDocument } from './values';
import { type Writer } from './writer';

/** Those that a query can match: the one whose `_id` it names, or all. */
export function candidates(query: Buffer, collection: Collection, writer: Writer): readonly Buffer[] {
  return candidatesIn(writer.documents(collection), query);
}

export function candidatesIn(documents: Documents, query: Buffer): readonly Buffer[] {
  const id = exactId(query);
  return id === null ? [...documents.values()] : [documents.get(keyOf(id)) ?? []].flat();
}

/** The `_id` of a query that names one exactly. */
function exactId(query: Buffer): RawValue | null {
  const id = field(query, '_id');
  if (id === undefined || id.type === TYPE.regex || id.type === TYPE.null) return null;
  const operators = asDocument(id);
  return operators !== undefined && fields(operators)[0]?.name.startsWith('$') === true ? null : id;
}
