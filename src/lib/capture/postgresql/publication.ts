import { type Client } from 'pg';
import { isObject } from '../../decode/json';
import { publicationNames, type PostgresDatabase } from './database';
import { formatLsn, parseLsn } from './lsn';
import { identifier } from './names';

/**
 * What the publications of a database are and send. It is kept in the capture record and compared, since the log is read by the
 * publications that held when it was written: what a publication did not send then does not come later.
 */
export interface Published {
  readonly publications: readonly PublicationFacts[];
  /** By the table's name, `"public"."orders"`. */
  readonly tables: Readonly<Record<string, TableFacts>>;
}

export interface PublicationFacts {
  readonly name: string;
  /** Another one under the same name is another publication. */
  readonly oid: number;
  /** It is read for what is behind this: before, the log does not know it. */
  readonly fromLsn: bigint;
}

export interface TableFacts {
  readonly oid: number;
  /** What is sent of it, by which publication: `change_lake iudt`, with the columns and the condition on rows where there are some. */
  readonly sends: string;
  /** Of the catalog's rows that say so, which transactions have written them: what was taken back again is seen, too. */
  readonly stamp: string;
}

/** Column lists and conditions are new with PostgreSQL 15: read as JSON, they are null where a version lacks them. */
const PUBLISHED = `
select publication.pubname::text as name, publication.oid::int8::text as oid,
  pg_catalog.concat(case when pubinsert then 'i' end, case when pubupdate then 'u' end, case when pubdelete then 'd' end,
    case when pubtruncate then 't' end, case when pubviaroot then ' root' end) as operations,
  pg_catalog.concat(publication.xmin, '/', publication.pubowner) as stamp,
  coalesce((
    select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(entry.schemaname, entry.tablename, relation.oid::int8::text,
      (
        select pg_catalog.string_agg(attribute.attname, ', ' order by attribute.attnum) from pg_catalog.pg_attribute as attribute
        where attribute.attrelid = listed.prrelid
          and pg_catalog.to_jsonb(listed)->'prattrs' @> pg_catalog.to_jsonb(attribute.attnum)
      ),
      pg_catalog.to_jsonb(entry)->>'rowfilter', pg_catalog.concat(listed.oid, '/', listed.written)))
    from pg_catalog.pg_publication_tables as entry
    join pg_catalog.pg_namespace as namespace on namespace.nspname = entry.schemaname
    join pg_catalog.pg_class as relation on relation.relnamespace = namespace.oid and relation.relname = entry.tablename
    left join lateral (
      select rel.xmin as written, rel.* from pg_catalog.pg_publication_rel as rel
      where rel.prpubid = publication.oid
        and (rel.prrelid = relation.oid or rel.prrelid in (select relid from pg_catalog.pg_partition_ancestors(relation.oid)))
      order by rel.prrelid <> relation.oid, rel.oid limit 1
    ) as listed on true
    where entry.pubname = publication.pubname
  ), '[]') as tables
from pg_catalog.pg_publication as publication
where publication.pubname = any ($1)
order by publication.pubname`;

interface PublishedRow {
  readonly name: string;
  readonly oid: string;
  readonly operations: string;
  readonly stamp: string;
  readonly tables: readonly (readonly [
    schema: string,
    table: string,
    oid: string,
    columns: string | null,
    filter: string | null,
    stamp: string,
  ])[];
}

/** Looks up what the database's publications are now. */
export async function readPublished(client: Client, database: PostgresDatabase): Promise<Published> {
  const { rows } = await client.query<PublishedRow>(PUBLISHED, [publicationNames(database)]);
  const tables: Record<string, TableFacts> = {};
  for (const { name, operations, stamp, tables: entries } of rows) {
    for (const [schema, table, oid, columns, filter, listed] of entries) {
      const key = `${identifier(schema)}.${identifier(table)}`;
      const known = tables[key];
      const restrictions = `${columns === null ? '' : ` (${columns})`}${filter === null ? '' : ` where ${filter}`}`;
      const sends = `${name} ${operations}${restrictions}`;
      tables[key] = {
        oid: Number(oid),
        sends: known === undefined ? sends : `${known.sends}; ${sends}`,
        stamp: known === undefined ? `${stamp}/${listed}` : `${known.stamp}; ${stamp}/${listed}`,
      };
    }
  }
  return { publications: rows.map(({ name, oid }) => ({ name, oid: Number(oid), fromLsn: 0n })), tables };
}

/** A difference between what was published and what is now. */
export interface PublicationChange {
  /**
   * `joined`: new in the publications. `left`: in none of them any more. `changed`: other operations, columns or rows. `renewed`: as before, but the
   * publication or the table's place in it was changed meanwhile, and changed back.
   */
  readonly change: 'joined' | 'left' | 'changed' | 'renewed';
  readonly table: string;
  readonly oid: number;
  readonly before: string | null;
  readonly after: string | null;
}

/** Compares table by table, by their OIDs: one that was renamed is published as before, and one that was made under a former name is new. */
export function publicationChanges(before: Published, after: Published): readonly PublicationChange[] {
  const known = new Map(Object.values(before.tables).map((facts) => [facts.oid, facts]));
  const changes: PublicationChange[] = [];
  for (const [table, { oid, sends, stamp }] of Object.entries(after.tables)) {
    const was = known.get(oid);
    known.delete(oid);
    const change =
      was === undefined ? 'joined' : was.sends !== sends ? 'changed' : isSameStamp(was.stamp, stamp) ? null : 'renewed';
    if (change !== null) changes.push({ change, table, oid, before: was?.sends ?? null, after: sends });
  }
  for (const [table, { oid, sends }] of Object.entries(before.tables)) {
    if (known.has(oid)) changes.push({ change: 'left', table, oid, before: sends, after: null });
  }
  return changes;
}

/** A publication that has only got another owner sends what it sent. */
function isSameStamp(before: string, after: string): boolean {
  const [was, is] = [before.split('; '), after.split('; ')];
  return (
    was.length === is.length &&
    was.every((one, index) => {
      const [, wasOwner, ...wasListed] = one.split('/');
      const [, isOwner, ...isListed] = (is[index] ?? '').split('/');
      return one === is[index] || (wasOwner !== isOwner && wasListed.join() === isListed.join());
    })
  );
}

/**
 * A publication that is not the one it was: dropped, or dropped and made again. What was written between cannot be read by any publication,
 * and PostgreSQL 18 passes over it with a warning alone.
 */
export function goneOf(before: Published, after: Published): { name: string; isMadeAgain: boolean } | null {
  for (const { name, oid } of before.publications) {
    const now = after.publications.find((one) => one.name === name);
    if (now?.oid !== oid) return { name, isMadeAgain: now !== undefined };
  }
  return null;
}

export function publishedJson({ publications, tables }: Published): Record<string, unknown> {
  return { publications: publications.map((one) => ({ ...one, fromLsn: formatLsn(one.fromLsn) })), tables };
}

/** The inverse of {@link publishedJson}; null for anything else. */
export function parsePublished(value: unknown): Published | null {
  if (!isObject(value) || !Array.isArray(value.publications) || !isObject(value.tables)) return null;
  const publications = value.publications.map(publicationOf);
  if (!publications.every((one) => one !== null)) return null;
  const tables = Object.entries(value.tables).map(([table, facts]) => [table, tableOf(facts)] as const);
  if (!tables.every((entry): entry is readonly [string, TableFacts] => entry[1] !== null)) return null;
  return { publications, tables: Object.fromEntries(tables) };
}

function publicationOf(value: unknown): PublicationFacts | null {
  if (!isObject(value)) return null;
  const { name, oid, fromLsn } = value;
  const from = typeof fromLsn === 'string' ? parseLsn(fromLsn) : null;
  return typeof name === 'string' && typeof oid === 'number' && from !== null ? { name, oid, fromLsn: from } : null;
}

function tableOf(value: unknown): TableFacts | null {
  if (!isObject(value)) return null;
  const { oid, sends, stamp } = value;
  if (typeof oid !== 'number' || typeof sends !== 'string' || typeof stamp !== 'string') return null;
  return { oid, sends, stamp };
}
