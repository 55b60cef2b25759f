/** `a"b` → `"a""b"`: a name as SQL takes it, whatever is in it. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * `public.orders`, and `"x.y".orders` where a part has a character that separates parts of an event id or a partition key. No two tables
 * have the same: of `x.y` + `z` and `x` + `y.z` the one is `"x.y".z`, the other `x."y.z"`.
 */
export function tableName(schema: string, table: string): string {
  return `${part(schema)}.${part(table)}`;
}

const part = (name: string): string => (/[."/[\]]/.test(name) ? identifier(name) : name);
