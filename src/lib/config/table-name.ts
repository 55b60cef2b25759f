/** A table, as the catalog names it. */
export interface TableName {
  readonly schema: string;
  readonly table: string;
}

const PART = String.raw`(?:"((?:[^"]|"")+)"|([^".\s]+))`;
const NAME = new RegExp(`^${PART}\\.${PART}$`);

/**
 * Reads `schema.table`. A part may stand in double quotes as in SQL, and must where it has a dot or a space: `"x.y"."order lines"`. Without
 * quotes a part is taken as it stands, upper-case letters included. Null for anything else.
 */
export function parseTableName(text: string): TableName | null {
  const [, quotedSchema, schema, quotedTable, table] = NAME.exec(text) ?? [];
  const names = [quotedSchema?.replaceAll('""', '"') ?? schema, quotedTable?.replaceAll('""', '"') ?? table];
  return names[0] === undefined || names[1] === undefined ? null : { schema: names[0], table: names[1] };
}

/** The inverse of {@link parseTableName}, quoted, as SQL takes it: `"public"."orders"`. */
export function formatTableName({ schema, table }: TableName): string {
  return [schema, table].map((name) => `"${name.replaceAll('"', '""')}"`).join('.');
}
