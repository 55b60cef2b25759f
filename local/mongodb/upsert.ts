import { checkId } from './insert';
import { newObjectId } from './object-id';
import { documentOf, EMPTY, field, fields, TYPE, type RawValue } from './raw';
import { applyUpdate } from './update';
import { changeAt } from './update-path';
import { asDocument, embedded, named } from './values';

/**
 * The document that an upsert inserts: what the query asks to be equal, changed by the update.
 *
 * @param now UTC, milliseconds since 1970
 */
export function upserted(
  query: Buffer,
  u: RawValue,
  now: number,
): { readonly id: RawValue; readonly document: Buffer } {
  const base = equalities(query);
  const applied = applyUpdate(base, u, { now, inserting: true })?.after ?? base;
  const id = field(applied, '_id') ?? newObjectId(now);
  checkId(id);
  const rest = fields(applied).filter(({ name }) => name !== '_id');
  return { id, document: documentOf([named('_id', id), ...rest]) };
}

const SILENT = { set: () => undefined, removed: () => undefined };

function equalities(query: Buffer): Buffer {
  return fields(query).reduce((document, clause) => {
    if (clause.name.startsWith('$') || clause.type === TYPE.regex) return document;
    const operators = asDocument(clause);
    const isOperators = operators !== undefined && fields(operators)[0]?.name.startsWith('$') === true;
    const value = isOperators ? field(operators, '$eq') : clause;
    if (value === undefined) return document;
    return changeAt(embedded(document), clause.name.split('.'), () => value, SILENT).bytes;
  }, EMPTY);
}
