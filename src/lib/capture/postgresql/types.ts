import { BUILT_IN, BUILT_IN_OIDS } from './types-built-in';
import { type ValueKind } from './types-kind';

/** What is to be known of a type that is not built in: a row of pg_type. */
export interface TypeRow {
  readonly oid: number;
  /** `b`ase, `c`omposite, `d`omain, `e`num, `m`ultirange, `p`seudo or `r`ange. */
  readonly typtype: string;
  /** `A` for arrays. */
  readonly typcategory: string;
  /** Of a domain; else 0. */
  readonly typbasetype: number;
  /** Of an array; of other types 0, or something else. */
  readonly typelem: number;
  readonly typdelim: string;
}

/** A type as the stream names it. */
export interface NamedType {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
}

/** Fetches what `kindOf` needs for the types of `$1` (an `oid[]`), and for those that they are made of. */
export const TYPE_QUERY = `
with recursive needed (oid) as (
  select unnest($1::oid[])
  union
  select part.oid
  from needed
  join pg_catalog.pg_type as type on type.oid = needed.oid
  cross join lateral (values (type.typbasetype), (type.typelem)) as part (oid)
  where part.oid <> 0
)
select oid, typtype, typcategory, typbasetype, typelem, typdelim
from pg_catalog.pg_type
where oid in (select oid from needed)`;

const COMMA = 0x2c;

/** A type's kind; null where neither PostgreSQL has it built in nor `rows` tell of it. Such values are written as text. */
export function kindOf(typeOid: number, rows: ReadonlyMap<number, TypeRow>): ValueKind | null {
  const builtIn = BUILT_IN.get(typeOid);
  if (builtIn !== undefined) return builtIn;
  const row = rows.get(typeOid);
  if (row === undefined) return null;
  if (row.typtype === 'd') return kindOf(row.typbasetype, rows);
  if (row.typtype !== 'b' || row.typcategory !== 'A' || row.typelem === 0) return 'string';
  const element = kindOf(row.typelem, rows);
  return element === null ? null : { element, delimiter: row.typdelim.charCodeAt(0) || COMMA };
}

/** Those of `typeOids` whose kind cannot be told: for `TYPE_QUERY`. */
export function unknownTypes(typeOids: Iterable<number>, rows: ReadonlyMap<number, TypeRow>): number[] {
  return [...new Set(typeOids)].filter((oid) => kindOf(oid, rows) === null);
}

/**
 * What the name of a type says, for one that is gone from the catalog. The stream names a domain by the type that it is made of. A name that
 * begins with `_` is an array's, as PostgreSQL makes them; its elements are written as text, which is right for enums, composite types and
 * ranges, and leaves an array of a domain over numbers as texts.
 */
export function namedType({ oid, schema, name }: NamedType): TypeRow {
  const builtIn = schema === 'pg_catalog' ? BUILT_IN_OIDS.get(name) : undefined;
  const none = { oid, typtype: 'b', typcategory: 'U', typbasetype: 0, typelem: 0, typdelim: ',' };
  if (builtIn !== undefined) return { ...none, typtype: 'd', typbasetype: builtIn };
  return name.startsWith('_') ? { ...none, typcategory: 'A', typelem: TEXT } : none;
}

const TEXT = 25;
