import { type PublishedTable } from './catalog-tables';
import { type CatalogFacts, type TableDefinition } from './definition';
import { type RelationColumn, type ReplicaIdentity } from './pgoutput-messages';

interface Shape {
  readonly replicaIdentity: ReplicaIdentity;
  readonly columns: readonly RelationColumn[];
}

/** Whether a version is of the columns, the replica identity and, where that has one, the key that the stream states. */
export function isOf({ stream, catalog }: Pick<TableDefinition, 'stream' | 'catalog'>, stated: Shape): boolean {
  const own = stream ?? (catalog === null ? null : marked(catalog));
  return own !== null && shapeText(own) === shapeText(stated);
}

const shapeText = ({ replicaIdentity, columns }: Shape): string =>
  JSON.stringify([
    replicaIdentity,
    columns.map(({ name, typeOid, modifier, isKey }) => [name, typeOid, modifier, isKey]),
  ]);

/** As the stream would mark the columns. */
function marked({ replicaIdentity, key, columns }: CatalogFacts): Shape {
  const isKey = (name: string): boolean =>
    replicaIdentity === 'full' || (replicaIdentity !== 'nothing' && key.includes(name));
  return { replicaIdentity, columns: columns.map((column) => ({ ...column, isKey: isKey(column.name) })) };
}

export function catalogOf(table: PublishedTable, atMs: number): CatalogFacts {
  const { lsn, replicaIdentity, key, columns, types } = table;
  return {
    ...{ lsn, atMs, replicaIdentity, key, types },
    columns: columns.map(({ name, number, typeOid, modifier, type }) => ({ name, number, typeOid, modifier, type })),
  };
}

/** Whether two look-ups say the same, whenever they were made. */
export function hasSameCatalog(a: CatalogFacts | null, b: CatalogFacts): boolean {
  if (a === null) return false;
  const text = ({ replicaIdentity, key, columns, types }: CatalogFacts): string =>
    JSON.stringify([
      ...[replicaIdentity, key],
      ...columns.map(({ name, number, typeOid, modifier, type }) => [name, number, typeOid, modifier, type]),
      ...types
        .map(({ oid, typtype, typcategory, typbasetype, typelem, typdelim }) =>
          [oid, typtype, typcategory, typbasetype, typelem, typdelim].join(),
        )
        .sort(),
    ]);
  return text(a) === text(b);
}

/** What of a look-up can be believed of a table that the stream describes: the columns of the same name and type. */
export function readable(catalog: CatalogFacts, { columns }: Shape): CatalogFacts {
  const agrees = ({ name, typeOid }: { readonly name: string; readonly typeOid: number }): boolean =>
    columns.some((column) => column.name === name && column.typeOid === typeOid);
  return { ...catalog, columns: catalog.columns.filter(agrees) };
}

/** The key where all of its columns are there: a part of a key tells no rows apart. */
export function keyWithin(key: readonly string[] | null, { columns }: Shape): readonly string[] | null {
  return key?.every((name) => columns.some((column) => column.name === name)) === true ? key : null;
}
