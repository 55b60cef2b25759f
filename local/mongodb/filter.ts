import { compare, rankOf } from './compare';
import { badValue, notBuilt } from './errors';
import { valuesAt } from './paths';
import { fields, TYPE, type RawField, type RawValue } from './raw';
import { typesOf } from './type-names';
import { asArray, asDocument, asDocuments, asFlag, asNumber, asText } from './values';

export type Filter = (document: Buffer) => boolean;

/** Whether the values that a path leads to satisfy a condition; none where the path leads nowhere. */
type Condition = (found: readonly RawValue[]) => boolean;

/**
 * A query, `{status: 'open', total: {$gte: 10}}`, as a function.
 *
 * @throws CommandError for what is no query, or none that is built
 */
export function compileFilter(query: Buffer): Filter {
  return every(fields(query).map(compileClause));
}

const every =
  (filters: readonly Filter[]): Filter =>
  (document) =>
    filters.every((filter) => filter(document));

function compileClause(clause: RawField): Filter {
  const { name } = clause;
  switch (name) {
    case '$and':
      return every(branches(clause));
    case '$or': {
      const filters = branches(clause);
      return (document) => filters.some((filter) => filter(document));
    }
    case '$nor': {
      const filters = branches(clause);
      return (document) => !filters.some((filter) => filter(document));
    }
    case '$comment':
      return () => true;
    default: {
      if (name.startsWith('$')) throw unknownOperator(name);
      const condition = compileCondition(clause);
      return (document) => condition(valuesAt(document, name));
    }
  }
}

function branches(clause: RawField): Filter[] {
  const documents = asDocuments(clause);
  if (documents === undefined || documents.length === 0) throw badValue(`${clause.name} must be a nonempty array`);
  return documents.map(compileFilter);
}

function compileCondition(value: RawValue): Condition {
  const operators = asDocument(value);
  const parts = operators === undefined ? [] : fields(operators);
  if (parts[0]?.name.startsWith('$') !== true) return value.type === TYPE.regex ? regex(value) : equal(value);
  const options = parts.find(({ name }) => name === '$options');
  const conditions = parts.filter((part) => part !== options).map((part) => compileOperator(part, options));
  return (found) => conditions.every((condition) => condition(found));
}

function compileOperator(operator: RawField, options: RawValue | undefined): Condition {
  switch (operator.name) {
    case '$eq':
      return equal(operator);
    case '$ne':
      return not(equal(operator));
    case '$gt':
      return ordered(operator, false, (difference) => difference > 0);
    case '$gte':
      return ordered(operator, true, (difference) => difference >= 0);
    case '$lt':
      return ordered(operator, false, (difference) => difference < 0);
    case '$lte':
      return ordered(operator, true, (difference) => difference <= 0);
    case '$in':
      return among(operator);
    case '$nin':
      return not(among(operator));
    case '$not':
      return not(compileCondition(operator));
    case '$exists': {
      const wanted = asFlag(operator);
      return (found) => found.length > 0 === wanted;
    }
    case '$regex':
      return regex(operator, asText(options));
    case '$type': {
      const wanted = asArray(operator) ?? [operator];
      const types = wanted.flatMap(typesOf);
      return (found) => members(found).some(({ type }) => types.includes(type));
    }
    default:
      throw unknownOperator(operator.name);
  }
}

/** Those of the server are known to be missing here; others are nobody's. */
const unknownOperator = (name: string) =>
  ['$expr', '$elemMatch', '$all', '$size', '$mod', '$where', '$text', '$jsonSchema'].includes(name)
    ? notBuilt(`the query operator ${name}`)
    : badValue(`unknown operator: ${name}`);

const not =
  (condition: Condition): Condition =>
  (found) =>
    !condition(found);

/** An array satisfies a condition as a whole or by any of its members. */
const members = (found: readonly RawValue[]): RawValue[] =>
  found.flatMap((value) => [value, ...(asArray(value) ?? [])]);

function equal(wanted: RawValue): Condition {
  // What is not there equals null.
  if (wanted.type === TYPE.null)
    return (found) => found.length === 0 || members(found).some(({ type }) => type === TYPE.null);
  return (found) => members(found).some((value) => compare(value, wanted) === 0);
}

/** NaN is neither less nor greater than any number, and as great as itself alone. */
function ordered(bound: RawValue, orEqual: boolean, accepts: (difference: number) => boolean): Condition {
  const isNaNumber = Number.isNaN(asNumber(bound));
  return (found) =>
    members(found).some((value) => {
      if (rankOf(value) !== rankOf(bound)) return false;
      if (isNaNumber || Number.isNaN(asNumber(value))) return orEqual && isNaNumber && Number.isNaN(asNumber(value));
      return accepts(compare(value, bound));
    });
}

function among(list: RawField): Condition {
  const values = asArray(list);
  if (values === undefined) throw badValue(`${list.name} needs an array`);
  const conditions = values.map((value) => (value.type === TYPE.regex ? regex(value) : equal(value)));
  return (found) => conditions.some((condition) => condition(found));
}

function regex(value: RawValue, options = ''): Condition {
  const [source = '', flags = ''] =
    value.type === TYPE.regex ? value.bytes.toString('utf8').split('\0') : [asText(value) ?? '', options];
  const pattern = new RegExp(source, [...new Set(flags + options)].filter((flag) => 'ims'.includes(flag)).join(''));
  return (found) => members(found).some((member) => pattern.test(asText(member) ?? '\0'));
}
