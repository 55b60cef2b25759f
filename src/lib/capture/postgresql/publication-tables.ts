import { type Client } from 'pg';
import { formatTableName, parseTableName, type TableName } from '../../config/table-name';
import { publicationNames, type PostgresDatabase } from './database';

/** A table that can be published, as the catalog has it now: an ordinary or a partitioned one, or a partition that is named on its own. */
export interface Candidate extends TableName {
  readonly isPartition: boolean;
  /**
   * Whether updates and deletes stay possible when they are published: PostgreSQL refuses them in a table that has no usable replica identity.
   * A partitioned table needs a primary key, which each new partition inherits; a replica identity is not inherited.
   */
  readonly isIdentified: boolean;
  /** The statements that give it a replica identity; none where it has one. */
  readonly remedy: readonly string[];
  /** Which of the publications name it. */
  readonly inMain: boolean;
  readonly inInserts: boolean;
  /** They name it with a list of columns or a condition, which is somebody's own decision. */
  readonly isRestricted: boolean;
  /** Whether this role may alter it. */
  readonly isOwned: boolean;
  /** Whether its updates or deletes are published, by its name or by its partitions'; null: it is not published at all. */
  readonly hasUpdates: boolean | null;
  /** It is published so that PostgreSQL refuses updates and deletes of it, or of a partition of it. */
  readonly isRefused: boolean;
}

/** The index of the relation `part` by which its rows are told apart in updates, by PostgreSQL's own rules. */
const KEY_OF_PART = `
  from pg_catalog.pg_index as index
  where index.indrelid = part.oid and index.indisunique and index.indimmediate and index.indisvalid and index.indpred is null`;

/**
 * Since PostgreSQL 18 a generated column in the replica identity must be published, which virtual ones cannot be.
 */
const UNPUBLISHED_COLUMN = `
  from pg_catalog.pg_attribute as attribute
  where attribute.attrelid = part.oid and attribute.attnum > 0 and not attribute.attisdropped
    and pg_catalog.current_setting('server_version_num')::int >= 180000
    and (attribute.attgenerated = 'v' or attribute.attgenerated = 's' and not part.has_generated)`;

/** Tables of users: none of the system or of an extension, and nothing that the log does not hold. `$3`: partitions that are wanted, too. */
const CANDIDATES = `
with named as (
  select rel.prrelid, publication.pubname, pg_catalog.to_jsonb(rel) as rel
  from pg_catalog.pg_publication_rel as rel join pg_catalog.pg_publication as publication on publication.oid = rel.prpubid
  where publication.pubname in ($1, $2)
), sent as (
  select class.oid, pg_catalog.bool_or(publication.pubupdate or publication.pubdelete) as updates,
    coalesce(pg_catalog.bool_and(pg_catalog.to_jsonb(publication)->>'pubgencols' = 's')
      filter (where publication.pubupdate or publication.pubdelete), true) as generated
  from pg_catalog.pg_publication_tables as entry
  join pg_catalog.pg_publication as publication on publication.pubname = entry.pubname
  join pg_catalog.pg_namespace as namespace on namespace.nspname = entry.schemaname
  join pg_catalog.pg_class as class on class.relnamespace = namespace.oid and class.relname = entry.tablename
  where entry.pubname in ($1, $2)
  group by class.oid
), candidate as (
  select class.oid, class.relkind, class.relowner, class.relispartition, namespace.nspname, class.relname
  from pg_catalog.pg_class as class
  join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
  where class.relkind in ('r', 'p') and class.relpersistence = 'p'
    and namespace.nspname !~ '^pg_' and namespace.nspname <> 'information_schema'
    and (not class.relispartition or class.oid in (select prrelid from named)
      or class.oid = any (array(select pg_catalog.to_regclass(wanted)::oid from pg_catalog.unnest($3::text[]) as wanted)))
    and not exists (select from pg_catalog.pg_depend as depend where depend.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and depend.objid = class.oid and depend.deptype = 'e')
), part as (
  select candidate.oid as candidate, class.oid, class.relkind, class.relreplident as identity, class.oid = candidate.oid as is_itself,
    pg_catalog.format('%I.%I', namespace.nspname, class.relname) as name,
    coalesce(sent.updates, whole.updates) as updates, coalesce(sent.generated, whole.generated, true) as has_generated
  from candidate
  join lateral (
    select candidate.oid as relid where candidate.relkind = 'r'
    union all select relid::oid from pg_catalog.pg_partition_tree(candidate.oid) where candidate.relkind = 'p'
  ) as tree on true
  join pg_catalog.pg_class as class on class.oid = tree.relid and class.relkind in ('r', 'p')
  join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
  left join sent on sent.oid = class.oid
  left join sent as whole on whole.oid = candidate.oid
), checked as (
  select part.*,
    exists (select ${KEY_OF_PART} and index.indisprimary) as has_primary,
    not exists (select ${UNPUBLISHED_COLUMN}) as can_be_full,
    case part.identity
      when 'f' then not exists (select ${UNPUBLISHED_COLUMN})
      when 'n' then false
      else exists (
        select ${KEY_OF_PART} and (case part.identity when 'i' then index.indisreplident else index.indisprimary end)
          and not exists (select ${UNPUBLISHED_COLUMN} and attribute.attnum = any (index.indkey::int2[]))
      )
    end as is_identified
  from part
)
select candidate.nspname as schema, candidate.relname as table, candidate.relispartition as "isPartition",
  pg_catalog.bool_and(case when checked.relkind = 'p' then not is_itself or has_primary else is_identified end) as "isIdentified",
  coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(checked.name, checked.relkind = 'p', has_primary, can_be_full) order by checked.name)
    filter (where case when checked.relkind = 'p' then is_itself and not has_primary else not is_identified end), '[]') as troubles,
  exists (select from named where prrelid = candidate.oid and pubname = $1) as "inMain",
  exists (select from named where prrelid = candidate.oid and pubname = $2) as "inInserts",
  exists (select from named where prrelid = candidate.oid and coalesce(rel->>'prattrs', rel->>'prqual') is not null) as "isRestricted",
  pg_catalog.pg_has_role(candidate.relowner, 'USAGE') as "isOwned",
  pg_catalog.bool_or(updates) as "hasUpdates",
  coalesce(pg_catalog.bool_or(updates and checked.relkind = 'r' and not is_identified), false) as "isRefused"
from candidate join checked on checked.candidate = candidate.oid
group by candidate.oid, candidate.nspname, candidate.relname, candidate.relispartition, candidate.relowner
order by 1, 2`;

type Trouble = readonly [name: string, isPartitioned: boolean, hasPrimary: boolean, canBeFull: boolean];

/** The tables that can be published. */
export async function readCandidates(client: Client, database: PostgresDatabase): Promise<readonly Candidate[]> {
  const { rows } = await client.query<Omit<Candidate, 'remedy'> & { troubles: readonly Trouble[] }>(CANDIDATES, [
    ...publicationNames(database),
    (database.tables ?? []).map(sqlName),
  ]);
  return rows.map(({ troubles, ...candidate }) => ({ ...candidate, remedy: remedyOf(troubles) }));
}

/** Where a partitioned table lacks its key, the key is the remedy for its partitions, those to come among them. */
function remedyOf(troubles: readonly Trouble[]): readonly string[] {
  const root = troubles.find(([, isPartitioned]) => isPartitioned);
  return (root === undefined ? troubles : [root]).map(([name, isPartitioned, hasPrimary, canBeFull]) => {
    if (hasPrimary) return `ALTER TABLE ${name} REPLICA IDENTITY DEFAULT;`;
    const key = `ALTER TABLE ${name} ADD PRIMARY KEY (…);`;
    if (isPartitioned) return key;
    if (!canBeFull) return `${key} ALTER TABLE ${name} REPLICA IDENTITY DEFAULT;`;
    return `ALTER TABLE ${name} REPLICA IDENTITY FULL;`;
  });
}

/** The tables that the settings want: all but partitions, which come with their root; or those they name. */
export function wantedOf({ tables }: PostgresDatabase, candidates: readonly Candidate[]): readonly Candidate[] {
  if (tables === null) return candidates.filter(({ isPartition }) => !isPartition);
  const names = new Set(tables.map(sqlName));
  return candidates.filter((candidate) => names.has(formatTableName(candidate)));
}

/** Names in the settings that are no table which can be published, as SQL names them. */
export function unknownOf({ tables }: PostgresDatabase, candidates: readonly Candidate[]): readonly string[] {
  const known = new Set(candidates.map(formatTableName));
  return (tables ?? []).map(sqlName).filter((name) => !known.has(name));
}

function sqlName(text: string): string {
  const name = parseTableName(text);
  return name === null ? text : formatTableName(name);
}

/** A published table whose updates and deletes do not come, and the statement that gives it them. */
export interface WithoutUpdates {
  readonly table: string;
  readonly statement: string;
  /** It is published with updates all the same: PostgreSQL refuses every update and delete of it in the application. */
  readonly isRefused: boolean;
}

export function withoutUpdates(candidates: readonly Candidate[]): readonly WithoutUpdates[] {
  return candidates.flatMap((candidate) => {
    const { isPartition, hasUpdates, isRefused, remedy } = candidate;
    const isTrouble = hasUpdates === null ? false : hasUpdates ? isRefused : remedy.length > 0;
    if (isPartition || !isTrouble) return [];
    return [{ table: formatTableName(candidate), statement: remedy.join(' '), isRefused }];
  });
}
