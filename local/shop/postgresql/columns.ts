import { type ClientBase } from 'pg';

/** A column of a table. */
export interface Column {
  readonly name: string;
  /** PostgreSQL's name of its type, of the base type for a domain; of the elements' for an array: `int8`, `timestamptz` */
  readonly type: string;
  readonly isArray: boolean;
  /** Whether PostgreSQL computes it, and then whether it keeps what it computed. */
  readonly generated: 'never' | 'stored' | 'virtual';
}

const COLUMNS = `
with recursive shape (number, name, generated, type) as (
  select attnum, attname::text, case attgenerated when '' then 'never' when 's' then 'stored' else 'virtual' end, atttypid
  from pg_attribute
  where attrelid = format('%I.%I', $1::text, $2::text)::regclass and attnum > 0 and not attisdropped
  union all
  select number, name, generated, typbasetype from shape join pg_type on oid = type where typtype = 'd'
)
select name, coalesce(element.typname, type.typname)::text as type, element.oid is not null as "isArray", generated
from shape
join pg_type type on type.oid = shape.type and type.typtype <> 'd'
left join pg_type element on element.oid = type.typelem and element.typarray = type.oid
order by number`;

/**
 * A table's columns in their order.
 *
 * @throws DatabaseError where there is no such table
 */
export async function columnsOf(client: ClientBase, schema: string, table: string): Promise<Column[]> {
  return (await client.query<Column>(COLUMNS, [schema, table])).rows;
}
