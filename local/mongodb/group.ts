import { compare, keyOf } from './compare';
import { CommandError, notBuilt } from './errors';
import { valueAt } from './paths';
import { EMPTY, fields, TYPE, type RawField, type RawValue } from './raw';
import { asDocument, asNumber, asText, double, int, long, make, nothing } from './values';

/** A constant, or the value at `$path`; undefined where that leads nowhere. */
type Expression = (document: Buffer) => RawValue | undefined;

function expression(value: RawValue): Expression {
  const path = asText(value);
  if (path?.startsWith('$') === true) return (document) => valueAt(document, path.slice(1));
  const first = fields(asDocument(value) ?? EMPTY)[0];
  if (first?.name.startsWith('$') === true) throw notBuilt(`the expression ${first.name}`);
  return () => value;
}

interface Accumulator {
  readonly name: string;
  readonly value: Expression;
  readonly add: (sum: RawValue | undefined, value: RawValue | undefined) => RawValue | undefined;
}

/** `{_id: '$status', n: {$sum: 1}}`: groups by one field or none, with `$sum`, `$min`, `$max` and `$first`. */
export function group(documents: readonly Buffer[], specification: Buffer): Buffer[] {
  const [id, ...others] = fields(specification).toSorted((a, b) => Number(b.name === '_id') - Number(a.name === '_id'));
  if (id?.name !== '_id') throw new CommandError(15955, 'a group specification must include an _id');
  const idOf = expression(id);
  const accumulators = others.map(accumulator);
  const groups = new Map<string, { readonly id: RawValue; readonly sums: Map<string, RawValue | undefined> }>();
  for (const document of documents) {
    const value = idOf(document) ?? nothing;
    const key = keyOf(value);
    const found = groups.get(key) ?? { id: value, sums: new Map<string, RawValue | undefined>() };
    groups.set(key, found);
    for (const { name, value: valueOf, add } of accumulators)
      found.sums.set(name, add(found.sums.get(name), valueOf(document)));
  }
  return [...groups.values()].map(({ id: value, sums }) => make({ _id: value, ...Object.fromEntries(sums) }));
}

function accumulator(part: RawField): Accumulator {
  const operator = fields(asDocument(part) ?? EMPTY)[0];
  if (operator === undefined) throw new CommandError(40234, `The field '${part.name}' must be an accumulator object`);
  const common = { name: part.name, value: expression(operator) };
  switch (operator.name) {
    case '$sum':
      return { ...common, add: (sum, value) => plus(sum ?? int(0), value) };
    case '$first':
      return { ...common, add: (sum, value) => sum ?? value ?? nothing };
    case '$min':
      return { ...common, add: (sum, value) => pick(sum, value, -1) };
    case '$max':
      return { ...common, add: (sum, value) => pick(sum, value, 1) };
    default:
      throw notBuilt(`the accumulator ${operator.name}`);
  }
}

function plus(sum: RawValue, value: RawValue | undefined): RawValue {
  const added = asNumber(value);
  if (value === undefined || added === undefined) return sum;
  if (sum.type === TYPE.double || value.type === TYPE.double) return double((asNumber(sum) ?? 0) + added);
  const total = BigInt(asNumber(sum) ?? 0) + BigInt(added);
  return BigInt.asIntN(32, total) === total && sum.type === TYPE.int32 && value.type === TYPE.int32
    ? int(Number(total))
    : long(total);
}

const pick = (best: RawValue | undefined, value: RawValue | undefined, direction: number): RawValue | undefined =>
  value === undefined || (best !== undefined && Math.sign(compare(value, best)) !== direction) ? best : value;
