/** A row: each column's JSON token as it stands in the event, so `12.50` is not `12.5`. */
export type Row = Readonly<Record<string, string>>;

/** The rows of one table by their {@link keyText}. */
export type Rows = ReadonlyMap<string, Row>;

/** Tables and collections by their {@link tableName}. */
export type Tables = ReadonlyMap<string, Rows>;

export interface TableId {
  /** The sender's name for the server; null where it is not stated. */
  readonly server?: string | null;
  readonly database: string | null;
  /** Null for a collection of MongoDB. */
  readonly schema: string | null;
  readonly table: string | null;
}

/** The columns that tell a table's rows apart, in the key's order. */
export interface TableKey extends TableId {
  readonly columns: readonly string[];
}

/**
 * `web/shop.public.orders`, or `web/shop.orders` for a collection; without `web/` where the server is not stated. A part with a dot, a
 * slash or a quote is quoted as in SQL.
 */
export function tableName({ server = null, database, schema, table }: TableId): string {
  const name = [database, schema, table]
    .filter((part) => part !== null)
    .map(quoted)
    .join('.');
  return server === null ? name : `${quoted(server)}/${name}`;
}

const quoted = (part: string): string => (/[./"]/.test(part) ? `"${part.replaceAll('"', '""')}"` : part);

/** What tells a row from the others of its table, from the JSON tokens of its key columns: `[42,"a"]`. */
export const keyText = (tokens: readonly string[]): string => `[${tokens.join(',')}]`;
