import { type Client } from 'pg';
import { lookUpTables, type PublishedTable } from './catalog-tables';
import { type TableDescription } from './envelope-table';
import { identifier } from './names';
import { type TypeRow } from './types';

/** A table that is published, and how its rows are read. */
export interface SnapshotTable {
  /** `"public"."orders"`: names it in SQL and in the progress. */
  readonly name: string;
  readonly kind: PublishedTable['kind'];
  readonly description: TableDescription;
  readonly types: readonly TypeRow[];
  /** The columns by which its rows are read, in their order; none: it is read block by block. */
  readonly key: readonly KeyColumn[];
  /** The publications' condition on rows; null for all. */
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
  /** The schema of the operators that order it: an extension's types (citext) have operators of their own. */
  readonly operatorSchema: string;
}

/** Which rows of a table are read. */
export type RowRange =
  /** All, in the order of the key. */
  | { readonly kind: 'all' }
  /** Those behind a key, in its order; PostgreSQL's text of each of its columns. */
  | { readonly kind: 'behind'; readonly key: readonly string[] }
  /**
   * Those that lie in the blocks `from` … `to` - 1 of the table, or of each of its partitions. Each row of COPY begins with one field more: the
   * table's OID and the row's place, `16405(5,3)`.
   */
  | { readonly kind: 'blocks'; readonly from: number; readonly to: number };

/** The tables of the publications, in a fixed order. */
export async function snapshotTables(client: Client, publications: readonly string[]): Promise<SnapshotTable[]> {
  const tables = await lookUpTables(client, publications);
  const operators = await operatorSchemas(client, tables);
  return tables.map((table) => ({
    name: `${identifier(table.schema)}.${identifier(table.table)}`,
    kind: table.kind,
    description: {
      ...{ oid: table.relationOid, schema: table.schema, table: table.table },
      columns: table.columns.map(({ name, typeOid }) => ({ name, typeOid, isKey: table.key.includes(name) })),
    },
    types: table.types,
    key: table.readOrder.flatMap((name) => {
      const index = table.columns.findIndex((column) => column.name === name);
      const { type = '', typeOid = 0 } = table.columns[index] ?? {};
      return [{ index, name, type, operatorSchema: operators.get(baseType(typeOid, table.types)) ?? 'pg_catalog' }];
    }),
    rowFilter: table.rowFilter,
    estimatedRows: table.estimatedRows,
  }));
}

/** Where the operators are by which an index of these types (`$1`, an `oid[]`) is in order, for those that have their own. */
const OPERATORS = `
select opclass.opcintype::int8::text as type, namespace.nspname as schema
from pg_catalog.pg_opclass as opclass
join pg_catalog.pg_am as method on method.oid = opclass.opcmethod and method.amname = 'btree'
join pg_catalog.pg_amop as entry on entry.amopfamily = opclass.opcfamily and entry.amopstrategy = 5
  and entry.amoplefttype = opclass.opcintype and entry.amoprighttype = opclass.opcintype
join pg_catalog.pg_operator as operator on operator.oid = entry.amopopr
join pg_catalog.pg_namespace as namespace on namespace.oid = operator.oprnamespace
where opclass.opcdefault and opclass.opcintype = any ($1::oid[])`;

async function operatorSchemas(
  client: Client,
  tables: readonly PublishedTable[],
): Promise<ReadonlyMap<number, string>> {
  const oids = tables.flatMap(({ types }) => types.map(({ oid }) => oid));
  if (oids.length === 0) return new Map();
  const { rows } = await client.query<{ type: string; schema: string }>(OPERATORS, [[...new Set(oids)]]);
  return new Map(rows.map(({ type, schema }) => [Number(type), schema]));
}

export function baseType(oid: number, types: readonly TypeRow[]): number {
  const row = types.find((type) => type.oid === oid);
  return row?.typtype === 'd' ? baseType(row.typbasetype, types) : oid;
}

/**
 * Reads a table's own rows, those of blocks behind their place and the transaction that wrote them; rows of tables that inherit from it are theirs, and those of partitions are those of their root.
 *
 * @param quote makes a text a literal of SQL
 */
export function copySql(table: SnapshotTable, range: RowRange, quote: (text: string) => string): string {
  const names = table.description.columns.map(({ name }) => identifier(name));
  const columns = range.kind === 'blocks' ? ['pg_catalog.concat(tableoid, ctid)', 'xmin', ...names] : names;
  const conditions = [
    ...(table.rowFilter === null ? [] : [`(${table.rowFilter})`]),
    ...(range.kind === 'blocks' ? [`ctid >= '(${range.from},0)'`, `ctid < '(${range.to},0)'`] : []),
    ...(range.kind === 'behind' ? [behind(table.key, range.key.map(quote))] : []),
  ];
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
  const order = range.kind === 'blocks' ? '' : ` order by ${table.key.map(({ name }) => identifier(name)).join(', ')}`;
  return `copy (select ${columns.join(', ')} from ${fromSql(table)}${where}${order}) to stdout`;
}

/** A partitioned table has no rows of its own. */
export function fromSql({ name, kind }: SnapshotTable): string {
  return kind === 'partitioned' ? name : `only ${name}`;
}

/** A row comparison, which an index answers, where the columns' operators are in one schema; else the same written out. */
function behind(key: readonly KeyColumn[], literals: readonly string[]): string {
  const [first, ...others] = key;
  const names = key.map(({ name }) => identifier(name));
  const values = key.map(({ type }, index) => `${literals[index] ?? ''}::${type}`);
  if (first === undefined) return 'true';
  const operator = (sign: string, { operatorSchema }: KeyColumn): string =>
    `operator(${identifier(operatorSchema)}.${sign})`;
  if (others.every(({ operatorSchema }) => operatorSchema === first.operatorSchema)) {
    return `(${names.join(', ')}) ${operator('>', first)} (${values.join(', ')})`;
  }
  const compare = (sign: string, column: KeyColumn, index: number): string =>
    `${names[index] ?? ''} ${operator(sign, column)} ${values[index] ?? ''}`;
  const alternatives = key.map((column, index) => {
    const equal = key.slice(0, index).map((before, at) => compare('=', before, at));
    return [...equal, compare('>', column, index)].join(' and ');
  });
  return `(${alternatives.map((one) => `(${one})`).join(' or ')})`;
}
