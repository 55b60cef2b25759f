import { compare } from './compare';
import { CommandError, notBuilt } from './errors';
import { EMPTY, fields, TYPE, type RawField, type RawValue } from './raw';
import { array, asArray, asDocument, asNumber, asText, date, double, int, long, timestamp } from './values';
import { type Change } from './update-path';

/** What an operator's value is worked out with. */
export interface Surroundings {
  /** UTC, milliseconds since 1970. */
  readonly now: number;
  /** The document is being inserted by an upsert. */
  readonly inserting: boolean;
}

/**
 * What an operator does to the value at one path.
 *
 * @throws CommandError for an operator that is none, or is not built
 */
export function operatorChange(operator: string, argument: RawField, around: Surroundings): Change {
  switch (operator) {
    case '$set':
      return () => argument;
    case '$setOnInsert':
      return (old) => (around.inserting ? argument : old);
    case '$unset':
      return () => undefined;
    case '$inc':
      return (old) => (old === undefined ? number(argument) : add(number(old), number(argument)));
    case '$min':
      return (old) => (old === undefined || compare(argument, old) < 0 ? argument : old);
    case '$max':
      return (old) => (old === undefined || compare(argument, old) > 0 ? argument : old);
    case '$push':
      return (old) => array([...list(old), ...each(argument)]);
    case '$addToSet':
      return (old) => each(argument).reduce(withMember, old ?? array([]));
    case '$pop':
      return (old) => (old === undefined ? undefined : array(popped(list(old), asNumber(argument) ?? 1)));
    case '$currentDate': {
      const wanted = asDocument(argument);
      const stamp = wanted !== undefined && asText(fields(wanted)[0]) === 'timestamp';
      const seconds = BigInt(Math.floor(around.now / 1000));
      return () => (stamp ? timestamp((seconds << 32n) | 1n) : date(around.now));
    }
    case '$mul':
    case '$rename':
    case '$pull':
    case '$pullAll':
    case '$bit':
      throw notBuilt(`the update operator ${operator}`);
    default:
      throw new CommandError(9, `Unknown modifier: ${operator}. Expected a valid update modifier`);
  }
}

function number(value: RawValue): RawValue {
  if (value.type === TYPE.decimal) throw notBuilt('$inc of a Decimal128');
  if (asNumber(value) === undefined) throw new CommandError(14, 'Cannot apply $inc to a value of non-numeric type');
  return value;
}

const MAX_INT32 = 2n ** 31n - 1n;
const MAX_INT64 = 2n ** 63n - 1n;

/** The sum has the wider type of the two; an Int32 that overflows becomes a Long. */
function add(a: RawValue, b: RawValue): RawValue {
  if (a.type === TYPE.double || b.type === TYPE.double) return double((asNumber(a) ?? 0) + (asNumber(b) ?? 0));
  const sum = integer(a) + integer(b);
  if (sum > MAX_INT64 || sum < -MAX_INT64 - 1n)
    throw new CommandError(2, 'Failed to apply $inc operations to current value: integer overflow');
  const short = a.type === TYPE.int32 && b.type === TYPE.int32 && sum <= MAX_INT32 && sum >= -MAX_INT32 - 1n;
  return short ? int(Number(sum)) : long(sum);
}

const integer = ({ type, bytes }: RawValue): bigint =>
  type === TYPE.int32 ? BigInt(bytes.readInt32LE()) : bytes.readBigInt64LE();

function list(value: RawValue | undefined): readonly RawValue[] {
  if (value === undefined) return [];
  const values = asArray(value);
  if (values === undefined) throw new CommandError(2, 'The field must be an array but is of another type');
  return values;
}

/** One value, or those of `{$each: [...]}`. */
function each(argument: RawField): readonly RawValue[] {
  const modifiers = fields(asDocument(argument) ?? EMPTY);
  const [first, ...others] = modifiers;
  if (first?.name.startsWith('$') !== true) return [argument];
  if (first.name !== '$each' || others.length > 0) throw notBuilt('a modifier other than $each');
  return list(first);
}

const withMember = (values: RawValue, value: RawValue): RawValue =>
  list(values).some((present) => compare(present, value) === 0) ? values : array([...list(values), value]);

const popped = (values: readonly RawValue[], end: number): readonly RawValue[] =>
  end < 0 ? values.slice(1) : values.slice(0, -1);
