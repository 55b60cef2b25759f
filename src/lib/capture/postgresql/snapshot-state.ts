import { isObject } from '../../decode/json';

/** How far the snapshot of a database has come. */
export interface SnapshotState {
  /** Microseconds since 1970. */
  readonly takenAtUs: bigint;
  /** Rows that Event Hubs has accepted, of all tables and in all runs. */
  readonly rows: number;
  /** Tables that are through, as SQL names them: `"public"."orders"`. */
  readonly done: readonly string[];
  /** Tables that are begun and not through: the one under way, and those that could not be read to their end. */
  readonly begun: readonly TableProgress[];
}

export interface TableProgress {
  readonly table: string;
  /** The table's OID: another one under the same name begins at its first row. */
  readonly relationOid: number;
  /** Rows of it that Event Hubs has accepted, in all runs. */
  readonly rows: number;
  /** Null before the first row. */
  readonly cursor: SnapshotCursor | null;
  /** Whether it could not be read the last time. It is tried again in the next run. */
  readonly isSetAside: boolean;
}

/** Behind which rows a table goes on. */
export type SnapshotCursor = KeyCursor | BlockCursor;

export interface KeyCursor {
  readonly kind: 'key';
  /** The key's columns with their types, `"id" bigint`: behind another key a table begins at its first row. */
  readonly columns: readonly string[];
  /** The key of the last row that Event Hubs has accepted, as PostgreSQL's text of each column. */
  readonly after: readonly string[];
}

export interface BlockCursor {
  readonly kind: 'block';
  /** Stands for the table's files: a table that was rewritten has others, and begins at its first row. */
  readonly files: string;
  /** The first block (of each partition) that has not been read. */
  readonly next: number;
}

export function newSnapshot(takenAtUs: bigint): SnapshotState {
  return { takenAtUs, rows: 0, done: [], begun: [] };
}

/** Times are text in JSON: a number would round them. */
export function snapshotJson(state: SnapshotState): Record<string, unknown> {
  return { ...state, takenAtUs: String(state.takenAtUs) };
}

/** The inverse of {@link snapshotJson}; undefined for anything else. */
export function parseSnapshot(value: unknown): SnapshotState | undefined {
  if (!isObject(value)) return undefined;
  const { takenAtUs, rows, done, begun } = value;
  if (typeof takenAtUs !== 'string' || !/^\d{1,19}$/.test(takenAtUs)) return undefined;
  if (!isCount(rows) || !isTexts(done) || !Array.isArray(begun)) return undefined;
  const tables = begun.map(parseTable);
  if (!tables.every((table) => table !== undefined)) return undefined;
  return { takenAtUs: BigInt(takenAtUs), rows, done, begun: tables };
}

function parseTable(value: unknown): TableProgress | undefined {
  if (!isObject(value)) return undefined;
  const { table, relationOid, rows, isSetAside } = value;
  const cursor = value.cursor === null ? null : parseCursor(value.cursor);
  if (typeof table !== 'string' || typeof isSetAside !== 'boolean' || cursor === undefined) return undefined;
  return isCount(relationOid) && isCount(rows) ? { table, relationOid, rows, cursor, isSetAside } : undefined;
}

function parseCursor(value: unknown): SnapshotCursor | undefined {
  if (!isObject(value)) return undefined;
  const { kind, columns, after, files, next } = value;
  if (kind === 'key' && isTexts(columns) && isTexts(after)) return { kind, columns, after };
  if (kind === 'block' && typeof files === 'string' && isCount(next)) return { kind, files, next };
  return undefined;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
