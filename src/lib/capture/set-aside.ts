import { isObject } from '../decode/json';

/**
 * A table or collection of which something is missing in the lake. It is kept in the capture record of its database, and logged again by
 * each run: one table's trouble does not stop the others, and does not pass without a word either.
 */
export interface TableSetAside {
  /** As SQL names it, `"public"."orders"`; for MongoDB the namespace. */
  readonly table: string;
  /** As `PipelineError` has it. */
  readonly code: string;
  /** What was found, and what to do; no row's values. */
  readonly message: string;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  /** True: its changes are captured all the same, and what is missing is what the message says. False: nothing of it is read. */
  readonly isRead: boolean;
}

/** The inverse of what `JSON.stringify` makes of a list; null for anything else. */
export function parseSetAside(value: unknown): readonly TableSetAside[] | null {
  if (!Array.isArray(value)) return null;
  const items = value.map(setAsideOf);
  return items.every((item) => item !== null) ? items : null;
}

function setAsideOf(value: unknown): TableSetAside | null {
  if (!isObject(value)) return null;
  const { table, code, message, sinceMs, isRead } = value;
  if (typeof table !== 'string' || typeof code !== 'string' || typeof message !== 'string') return null;
  if (typeof sinceMs !== 'number' || typeof isRead !== 'boolean') return null;
  return { table, code, message, sinceMs, isRead };
}

/** The list with `item` in the place of what it had of that table. */
export function withSetAside(list: readonly TableSetAside[], item: TableSetAside): readonly TableSetAside[] {
  return [...list.filter(({ table }) => table !== item.table), item];
}
