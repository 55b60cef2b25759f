import { type Row, type TableName } from './table';

/** A statement and its parameters, all as text: the server knows the columns' types. */
export interface Statement {
  readonly text: string;
  readonly values: (string | null)[];
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Rows that are there already stay as they are. */
export function insertOf(table: TableName, rows: readonly Row[]): Statement {
  const names = Object.keys(rows[0] ?? {});
  const values: (string | null)[] = [];
  const tuples = rows.map((row) => tuple(names.map((name) => `$${values.push(row[name] ?? null)}`)));
  const text = `insert into ${table} ${tuple(names.map(quoted))} values ${tuples.join(', ')} on conflict do nothing`;
  return { text, values };
}

export function updateOf(table: TableName, key: Row, changed: Row): Statement {
  const values: (string | null)[] = [];
  const set = Object.entries(changed).map(([name, value]) => `${quoted(name)} = $${values.push(value)}`);
  return { text: `update ${table} set ${set.join(', ')} where ${conditions(key, values)}`, values };
}

export function deleteOf(table: TableName, keys: readonly Row[]): Statement {
  const values: (string | null)[] = [];
  const alternatives = keys.map((key) => `(${conditions(key, values)})`);
  return { text: `delete from ${table} where ${alternatives.join(' or ')}`, values };
}

/** Values are pushed to `values`. */
const conditions = (key: Row, values: (string | null)[]): string =>
  Object.entries(key)
    .map(([name, value]) => `${quoted(name)} = $${values.push(value)}`)
    .join(' and ');

const tuple = (parts: readonly string[]): string => `(${parts.join(', ')})`;

/** Starts a COPY of rows with these columns. */
export const copyOf = (table: TableName, names: readonly string[]): string =>
  `copy ${table} ${tuple(names.map(quoted))} from stdin`;

/** https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS */
export const copyText = (rows: readonly Row[]): string => rows.map((row) => `${copyLine(row)}\n`).join('');

const copyLine = (row: Row): string =>
  Object.values(row)
    .map((value) => (value === null ? '\\N' : value.replaceAll(/[\\\n\r\t]/g, (character) => ESCAPES[character] ?? '')))
    .join('\t');

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
