import { toUSVString } from 'node:util';
import { tableName } from './names';
import { type TableDefinition } from './definition';
import { type RelationColumn } from './pgoutput-messages';
import { kindOf, namedType, type TypeRow } from './types';
import { type ValueKind } from './types-kind';

/** A table as a relation message, or the catalog, describes it. */
export interface TableDescription {
  /** The relation's OID: another one under the same name is another table. */
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly Pick<RelationColumn, 'name' | 'typeOid' | 'isKey'>[];
}

/** What is the same for all rows of a table, made ready to be written. */
export interface TablePlan {
  /** `public.orders`, as `tableName` writes it. */
  readonly name: string;
  /** `,"schema":"public","table":"orders","relation":16405` */
  readonly names: Buffer;
  readonly columns: readonly ColumnPlan[];
  /** Which columns tell rows apart; none where nothing does. */
  readonly keyIndexes: readonly number[];
  /**
   * Of a root under which changes of its partitions come: where the columns are that an old row of a partition can be limited to, though the
   * stream labels it by the root; one list for each kind of partition. Null for other tables.
   */
  readonly partial: readonly (readonly number[])[] | null;
}

export interface ColumnPlan {
  readonly name: string;
  /** `"note":` */
  readonly token: Buffer;
  readonly kind: ValueKind;
  /** Whether the WAL has its old value: part of the replica identity. */
  readonly isKey: boolean;
}

/**
 * The index whose columns tell a table's rows apart: its replica identity, else its primary key. A deferrable one does not: within a
 * transaction two rows may have one key, and the one that goes last would seem to take the other with it.
 */
export const KEY_INDEX = `pg_catalog.pg_index as index
  on index.indrelid = class.oid
  and case class.relreplident when 'i' then index.indisreplident else index.indisprimary and index.indimmediate end`;

/**
 * Finds the columns that tell rows of the table `$1` (an `oid`) apart, in the table's order (`KEY_INDEX`). Where the stream marks a key, it is
 * this one.
 */
export const KEY_QUERY = `
select attribute.attname as column
from pg_catalog.pg_class as class
join ${KEY_INDEX}
join pg_catalog.pg_attribute as attribute
  on attribute.attrelid = class.oid
  and attribute.attnum = any ((index.indkey::int2[])[0:index.indnkeyatts - 1])
where class.oid = $1
order by attribute.attnum`;

/** @param key the columns that tell rows apart; those that are marked when left out */
export function planTable(
  { oid, schema, table, columns }: TableDescription,
  types: ReadonlyMap<number, TypeRow>,
  key: readonly string[] = columns.filter(({ isKey }) => isKey).map(({ name }) => name),
): TablePlan {
  return {
    name: tableName(schema, table),
    names: Buffer.from(`,"schema":${quoted(schema)},"table":${quoted(table)},"relation":${oid}`),
    columns: columns.map(({ name, typeOid, isKey }) => ({
      name,
      token: Buffer.from(`${quoted(name)}:`),
      kind: kindOf(typeOid, types) ?? 'string',
      isKey,
    })),
    keyIndexes: indexesOf(columns, key),
    partial: null,
  };
}

/** Makes the plan of a table by its definition, and by nothing else: the same definition writes the same bytes. */
export function planDefinition({ relationOid: oid, schema, table, stream, catalog }: TableDefinition): TablePlan {
  const { columns = [], types = [], replicaIdentity = 'nothing', partitionKeys = null } = stream ?? {};
  const rows = [...types.map(namedType), ...(catalog?.types ?? [])];
  // With a full replica identity every column is marked as key, without one none is.
  const isMarked = replicaIdentity === 'default' || replicaIdentity === 'index';
  const key = isMarked ? undefined : (catalog?.key ?? []);
  const plan = planTable({ oid, schema, table, columns }, new Map(rows.map((row) => [row.oid, row])), key);
  return { ...plan, partial: partitionKeys?.map((names) => indexesOf(columns, names)) ?? null };
}

function indexesOf(columns: readonly { readonly name: string }[], names: readonly string[]): number[] {
  return columns.flatMap(({ name }, index) => (names.includes(name) ? [index] : []));
}

/** A JSON string of a name. */
export function quoted(name: string): string {
  return JSON.stringify(toUSVString(name));
}
