import { type Client } from 'pg';
import { KEY_INDEX, KEY_QUERY } from './envelope-table';
import { parseLsn } from './lsn';
import { type ReplicaIdentity } from './pgoutput-messages';
import { TYPE_QUERY, unknownTypes, type TypeRow } from './types';

/** A table under whose name the publications send changes, as the catalog has it now. */
export interface PublishedTable {
  readonly relationOid: number;
  readonly schema: string;
  readonly table: string;
  /** `partitioned`: a root whose partitions' changes are sent as its own; the partitions are not listed beside it. */
  readonly kind: 'table' | 'partitioned';
  readonly isPartition: boolean;
  readonly replicaIdentity: ReplicaIdentity;
  /** The columns that tell rows apart (`KEY_QUERY`); none where nothing does, or where one of them is not published. */
  readonly key: readonly string[];
  /** The same in the order of their index; none where that index has another order than the columns themselves (`READ_ORDER`). */
  readonly readOrder: readonly string[];
  /** Those that are published, in the table's order. */
  readonly columns: readonly PublishedColumn[];
  /** Types of the columns that are not built in, and those they are made of. */
  readonly types: readonly TypeRow[];
  /** The publications' condition on rows, as SQL; null for all rows. */
  readonly rowFilter: string | null;
  /** About how many rows it has, as the server last counted; null where it has not. */
  readonly estimatedRows: number | null;
  /** Where the server's log ended at the look-up. */
  readonly lsn: bigint;
}

export interface PublishedColumn {
  readonly name: string;
  /** `attnum` */
  readonly number: number;
  readonly typeOid: number;
  /** `atttypmod`: -1 for none. */
  readonly modifier: number;
  /** `numeric(12,2)` */
  readonly type: string;
  /** Stored, and published with PostgreSQL 18. */
  readonly isGenerated: boolean;
}

/**
 * The key of a table in the order of its index, by which rows are read without sorting them. Null where the index compares in another way than
 * the columns do (a collation or an operator class of its own): what the index tells apart may be equal in a query, or the other way round.
 */
const READ_ORDER = `
select pg_catalog.jsonb_agg(attribute.attname order by part.place)
from pg_catalog.pg_class as class
join ${KEY_INDEX}
cross join lateral unnest(index.indkey::int2[], index.indclass::oid[], index.indcollation::oid[])
  with ordinality as part (number, opclass, collated, place)
join pg_catalog.pg_attribute as attribute on attribute.attrelid = class.oid and attribute.attnum = part.number
join pg_catalog.pg_type as type on type.oid = attribute.atttypid
join pg_catalog.pg_opclass as opclass on opclass.oid = part.opclass
where class.oid = $1 and part.place <= index.indnkeyatts
having pg_catalog.bool_and(part.collated = attribute.attcollation and opclass.opcdefault and not exists (
  select from pg_catalog.pg_opclass as own
  where own.opcdefault and own.opcmethod = opclass.opcmethod and own.oid <> opclass.oid
    and own.opcintype = case type.typtype when 'd' then type.typbasetype else type.oid end
))`;

/**
 * `pg_publication_tables` lists columns and conditions from PostgreSQL 15 on; as JSON it can be read where it lacks them. Before 18 no
 * generated column is sent, though 15 lists it.
 */
const TABLES = `
with published as (
  select relation.oid, pg_catalog.jsonb_agg(pg_catalog.to_jsonb(entry)) as entries
  from pg_catalog.pg_publication_tables as entry
  join pg_catalog.pg_namespace as namespace on namespace.nspname = entry.schemaname
  join pg_catalog.pg_class as relation on relation.relnamespace = namespace.oid and relation.relname = entry.tablename
  where entry.pubname = any ($1::text[])
  group by relation.oid
)
select relation.oid::int8::text as oid, namespace.nspname as schema, relation.relname as table, relation.relkind as kind,
  relation.relispartition as is_partition, relation.relreplident as identity, published.entries,
  array(
    select ancestor.relid::oid::int8::text from pg_catalog.pg_partition_ancestors(relation.oid) as ancestor
    where ancestor.relid <> relation.oid
  ) as ancestors,
  pg_catalog.to_jsonb(array(${KEY_QUERY.replace('$1', 'relation.oid')})) as key,
  (${READ_ORDER.replace('$1', 'relation.oid')}) as read_order,
  (
    select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
      'name', attribute.attname, 'number', attribute.attnum, 'typeOid', attribute.atttypid::int8, 'modifier', attribute.atttypmod,
      'type', pg_catalog.format_type(attribute.atttypid, attribute.atttypmod), 'isGenerated', attribute.attgenerated <> ''
    ) order by attribute.attnum)
    from pg_catalog.pg_attribute as attribute
    where attribute.attrelid = relation.oid and attribute.attnum > 0 and not attribute.attisdropped
      and (attribute.attgenerated = '' or pg_catalog.current_setting('server_version_num')::int >= 180000)
  ) as columns,
  (
    select sum(part.reltuples) filter (where part.reltuples >= 0)
    from pg_catalog.pg_class as part
    where part.oid = relation.oid and relation.relkind <> 'p'
      or part.oid in (select relid from pg_catalog.pg_partition_tree(relation.oid) where isleaf)
  ) as estimate,
  (case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn() else pg_catalog.pg_current_wal_lsn() end)::text as lsn
from published
join pg_catalog.pg_class as relation on relation.oid = published.oid
join pg_catalog.pg_namespace as namespace on namespace.oid = relation.relnamespace
order by namespace.nspname, relation.relname`;

interface TableRow {
  readonly oid: string;
  readonly schema: string;
  readonly table: string;
  readonly kind: string;
  readonly is_partition: boolean;
  readonly identity: string;
  /** One for each publication that has the table. */
  readonly entries: readonly { readonly attnames?: readonly string[] | null; readonly rowfilter?: string | null }[];
  readonly ancestors: readonly string[];
  readonly key: readonly string[];
  readonly read_order: readonly string[] | null;
  readonly columns: readonly PublishedColumn[] | null;
  readonly estimate: number | null;
  readonly lsn: string;
}

/**
 * Finds the tables of all of the publications, each once, as `pgoutput` sends them when it is asked for these publications together: in the
 * order of schema and name.
 *
 * A partition that one publication sends under its own name and another one under its root's comes under the root's. Row filters of several
 * publications hold as one of them does, as in PostgreSQL's own initial copy.
 */
export async function lookUpTables(client: Client, publications: readonly string[]): Promise<PublishedTable[]> {
  const { rows } = await client.query<TableRow>(TABLES, [publications]);
  const listed = new Set(rows.map(({ oid }) => oid));
  const tables = rows.filter(({ ancestors }) => !ancestors.some((oid) => listed.has(oid)));
  const columns = tables.map(publishedColumns);
  const types = await lookUpTypes(client, columns.flat());
  return tables.map((row, index) => publishedTable(row, columns[index] ?? [], types));
}

function publishedTable(
  row: TableRow,
  columns: readonly PublishedColumn[],
  types: ReadonlyMap<number, TypeRow>,
): PublishedTable {
  const names = new Set(columns.map(({ name }) => name));
  // A part of a key tells no rows apart.
  const isWhole = row.key.every((name) => names.has(name));
  return {
    relationOid: Number(row.oid),
    schema: row.schema,
    table: row.table,
    kind: row.kind === 'p' ? 'partitioned' : 'table',
    isPartition: row.is_partition,
    replicaIdentity: REPLICA_IDENTITIES[row.identity] ?? 'default',
    key: isWhole ? row.key : [],
    readOrder: isWhole ? (row.read_order ?? []) : [],
    columns,
    types: typesOf(columns, types),
    rowFilter: rowFilter(row),
    estimatedRows: row.estimate,
    lsn: parseLsn(row.lsn) ?? 0n,
  };
}

const REPLICA_IDENTITIES: Readonly<Record<string, ReplicaIdentity>> = {
  d: 'default',
  n: 'nothing',
  f: 'full',
  i: 'index',
};

/** PostgreSQL 14 publishes every column that is not generated, and lists none. */
function publishedColumns({ columns, entries }: TableRow): readonly PublishedColumn[] {
  const names = new Set(entries.flatMap(({ attnames }) => attnames ?? []));
  const isListed = entries.some(({ attnames }) => attnames !== undefined);
  return (columns ?? []).filter(({ name, isGenerated }) => (isListed ? names.has(name) : !isGenerated));
}

function rowFilter({ entries }: TableRow): string | null {
  const filters = new Set(entries.map(({ rowfilter }) => rowfilter ?? null));
  return filters.has(null) ? null : [...filters].map((filter) => `(${filter ?? ''})`).join(' OR ');
}

async function lookUpTypes(client: Client, columns: readonly PublishedColumn[]): Promise<Map<number, TypeRow>> {
  const unknown = unknownTypes(
    columns.map(({ typeOid }) => typeOid),
    new Map(),
  );
  const rows = unknown.length === 0 ? [] : (await client.query<TypeRow>(TYPE_QUERY, [unknown])).rows;
  return new Map(rows.map((row) => [row.oid, row]));
}

/** The rows of one table's types, with those they are made of. */
function typesOf(columns: readonly PublishedColumn[], all: ReadonlyMap<number, TypeRow>): TypeRow[] {
  const found = new Map<number, TypeRow>();
  const add = (oid: number): void => {
    const row = all.get(oid);
    if (row === undefined || found.has(oid)) return;
    found.set(oid, row);
    add(row.typbasetype);
    add(row.typelem);
  };
  for (const { typeOid } of columns) add(typeOid);
  return [...found.values()];
}
