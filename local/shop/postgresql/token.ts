import { type Column } from './columns';
import { quoted } from './statements';

/** Of these JSON has the token itself; NaN and the infinities, which it does not have, are in quotes. */
const BARE: ReadonlySet<string> = new Set(['int2', 'int4', 'int8', 'bool', 'float4', 'float8']);

/**
 * The SQL that writes a column's value as the JSON token that capture sends for it, by what PostgreSQL itself has: `format`
 * prints a value as its type does, and `to_json` puts text into quotes.
 *
 * @throws Error for an array of a type that is printed otherwise among others than alone
 */
export function tokenOf(column: Column): string {
  const value = quoted(column.name);
  const token = column.isArray ? arrayToken(column, value) : scalarToken(column, value);
  return `case when ${value} is null then 'null' else ${token} end`;
}

function scalarToken({ type }: Column, value: string): string {
  if (BARE.has(type)) return `to_json(${value})::text`;
  switch (type) {
    case 'oid':
      return `${value}::text`;
    case 'bytea':
      // encode breaks lines.
      return string(`replace(encode(${value}, 'base64'), chr(10), '')`);
    case 'timestamp':
    case 'timestamptz':
      return iso(string(printed(value)));
    default:
      return string(printed(value));
  }
}

function arrayToken({ name, type }: Column, value: string): string {
  if (BARE.has(type)) return `array_to_json(${value})::text`;
  switch (type) {
    case 'oid':
      return `array_to_json(${value}::bigint[])::text`;
    case 'bytea':
    case 'bpchar':
      throw new Error(`${name} is an array of ${type}, for which the judge has no rule`);
    case 'timestamp':
    case 'timestamptz':
      return iso(`array_to_json(${value}::text[])::text`);
    default:
      return `array_to_json(${value}::text[])::text`;
  }
}

const printed = (value: string): string => `format('%s', ${value})`;

const string = (text: string): string => `to_json(${text})::text`;

/** Years of four digits as ISO 8601 has them; what it cannot say stays as it is. `tokens` holds no other quotes. */
const iso = (tokens: string): string =>
  `regexp_replace(regexp_replace(${tokens}, '${ISO}\\+00"', '"\\1T\\2Z"', 'g'), '${ISO}"', '"\\1T\\2"', 'g')`;

const ISO = '"(\\d{4}-\\d\\d-\\d\\d) ([0-9:.]+)';
