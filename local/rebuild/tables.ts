/** A row: each column's JSON token as it stands in the event, so `12.50` is not `12.5`. */
export type Row = Readonly<Record<string, string>>;

/** The rows of one table by their {@link keyText}. */
export type Rows = ReadonlyMap<string, Row>;

/** Tables and collections by their {@link tableName}. */
export type Tables = ReadonlyMap<string, Rows>;

export interface TableId {
  readonly database: string | null;
  /** Null for a collection of MongoDB. */
  readonly schema: string | null;
  readonly table: string | null;
}

/** The columns that tell a table's rows apart, in the key's order. */
export interface TableKey extends TableId {
  readonly columns: readonly string[];
}

/** `shop.public.orders`, or `shop.orders` for a collection. A part with a dot or a quote is quoted as in SQL. */
export function tableName({ database, schema, table }: TableId): string {
  return [database, schema, table]
    .filter((part) => part !== null)
    .map((part) => (/[."]/.test(part) ? `"${part.replaceAll('"', '""')}"` : part))
    .join('.');
}

/** What tells a row from the others of its table, from the JSON tokens of its key columns: `[42,"a"]`. */
export const keyText = (tokens: readonly string[]): string => `[${tokens.join(',')}]`;
