import { type Client } from 'pg';
import { KEY_QUERY, type TableDescription } from './envelope-table';
import { identifier } from './names';
import { TYPE_QUERY, unknownTypes, type TypeRow } from './types';

/** A table of the publication, and how to read it. */
export interface SnapshotTable {
  /** `"public"."orders"`: names it in SQL and in the progress. */
  readonly name: string;
  readonly description: TableDescription;
  readonly types: readonly TypeRow[];
  /** The columns that tell rows apart, in the order in which it is read; none: it cannot be resumed in the middle. */
  readonly key: readonly KeyColumn[];
  /** The publication's condition on rows; null for all. */
  readonly rowFilter: string | null;
  /** About how many rows it has, as the server last counted; null where it has not. */
  readonly estimatedRows: number | null;
}

export interface KeyColumn {
  /** Where in the row. */
  readonly index: number;
  readonly name: string;
  /** As in `'…'::bigint`. */
  readonly type: string;
}

/** Column lists and conditions of publications are new with PostgreSQL 15. */
const TABLES = `
select distinct on (published.schemaname, published.tablename) class.oid::int8::text as oid, published.schemaname as schema, published.tablename as table, class.reltuples as estimate,
  pg_catalog.to_jsonb(published)->>'rowfilter' as row_filter, (
    select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('name', attribute.attname, 'typeOid', attribute.atttypid::int8,
      'type', pg_catalog.format_type(attribute.atttypid, attribute.atttypmod)) order by attribute.attnum)
    from pg_catalog.pg_attribute as attribute
    where attribute.attrelid = class.oid and attribute.attnum > 0 and not attribute.attisdropped and attribute.attgenerated = ''
      and coalesce(pg_catalog.to_jsonb(published)->'attnames' ? attribute.attname, true)
  ) as columns
from pg_catalog.pg_publication_tables as published
join pg_catalog.pg_namespace as namespace on namespace.nspname = published.schemaname
join pg_catalog.pg_class as class on class.relnamespace = namespace.oid and class.relname = published.tablename
where published.pubname = any ($1)
order by published.schemaname, published.tablename, row_filter nulls first`;

interface TableRow {
  readonly oid: string;
  readonly schema: string;
  readonly table: string;
  readonly estimate: number;
  readonly row_filter: string | null;
  readonly columns: readonly { readonly name: string; readonly typeOid: number; readonly type: string }[] | null;
}

/** The publications' tables, in a fixed order. */
export async function snapshotTables(client: Client, publications: readonly string[]): Promise<SnapshotTable[]> {
  const { rows } = await client.query<TableRow>(TABLES, [publications]);
  const tables: SnapshotTable[] = [];
  for (const row of rows) {
    const columns = row.columns ?? [];
    const keys = (await client.query<{ column: string }>(KEY_QUERY, [row.oid])).rows.map(({ column }) => column);
    const unknown = unknownTypes(
      columns.map(({ typeOid }) => typeOid),
      new Map(),
    );
    tables.push({
      name: `${identifier(row.schema)}.${identifier(row.table)}`,
      description: {
        oid: Number(row.oid),
        schema: row.schema,
        table: row.table,
        columns: columns.map(({ name, typeOid }) => ({ name, typeOid, isKey: keys.includes(name) })),
      },
      types: unknown.length === 0 ? [] : (await client.query<TypeRow>(TYPE_QUERY, [unknown])).rows,
      key: columns.flatMap(({ name, type }, index) => (keys.includes(name) ? [{ index, name, type }] : [])),
      rowFilter: row.row_filter,
      estimatedRows: row.estimate < 0 ? null : row.estimate,
    });
  }
  return tables;
}

/**
 * Reads a table's rows in the order of its key, from behind `after` on.
 *
 * @param quote makes a text a literal of SQL
 */
export function copySql(
  { name, description, key, rowFilter }: SnapshotTable,
  after: readonly string[] | null,
  quote: (text: string) => string,
): string {
  const columns = description.columns.map((column) => identifier(column.name)).join(', ');
  const keyNames = key.map((column) => identifier(column.name)).join(', ');
  const values = key.map(({ type }, index) => `${quote(after?.[index] ?? '')}::${type}`).join(', ');
  const conditions = [
    ...(rowFilter === null ? [] : [`(${rowFilter})`]),
    ...(after === null || key.length === 0 ? [] : [`(${keyNames}) > (${values})`]),
  ];
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
  const order = key.length === 0 ? '' : ` order by ${keyNames}`;
  return `copy (select ${columns} from ${name}${where}${order}) to stdout`;
}
