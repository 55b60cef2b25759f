import { Bag } from './bag';
import { rowTokens } from './row-tokens';
import { tableName, type Row, type TableId, type Tables } from './tables';

/** Tables without a key, rebuilt from the lake. */
export interface Keyless {
  /** Each row by its text and its number among its like, see {@link Bag}. */
  readonly tables: Tables;
  /** Changes that name no row, or one that is not there, by table; none from before its first TRUNCATE. */
  readonly unplaced: ReadonlyMap<string, number>;
}

interface Change {
  readonly table: string;
  readonly operation: string;
  readonly history: number;
  readonly position: string;
  readonly index: number;
  readonly before: Row | null;
  readonly after: Row | null;
}

/**
 * Tables of PostgreSQL without a key, from the lines of the lake. Inserts and TRUNCATE are enough for it, and so are updates and
 * deletes that bring the whole row before (REPLICA IDENTITY FULL).
 */
export class KeylessTables {
  readonly #names: ReadonlySet<string>;
  readonly #hints: readonly string[];
  /** By `eventId`: what came twice counts once. */
  readonly #changes = new Map<string, Change>();

  constructor(tables: readonly TableId[]) {
    this.#names = new Set(tables.map(tableName));
    this.#hints = tables.map(({ table }) => `"table":${JSON.stringify(table)}`);
  }

  /** @param bytes a bronze file, in any order */
  note(bytes: Buffer): void {
    for (const line of bytes.toString('utf8').split('\n')) {
      if (!this.#hints.some((hint) => line.includes(hint))) continue;
      const { source, eventId, change, payload } = rowTokens(line);
      if (source !== '"postgresql"' || eventId === undefined || change === undefined || payload === undefined) continue;
      const read = changeOf(rowTokens(change), payload);
      if (this.#names.has(read.table) && !this.#changes.has(eventId)) this.#changes.set(eventId, read);
    }
  }

  rebuilt(): Keyless {
    const bags = new Map([...this.#names].map((name) => [name, new Bag()]));
    const unplaced = new Map<string, number>();
    const truncated = new Set<string>();
    for (const change of [...this.#changes.values()].sort(inOrder)) {
      const isPlaced = apply(change, bags.get(change.table) ?? new Bag());
      if (change.operation === 'truncate' && !truncated.has(change.table)) {
        truncated.add(change.table);
        // TRUNCATE is not MVCC-safe: a snapshot that reached the table later saw none of the rows that it removed, and changes of those
        // cannot be placed. From here on each row was streamed.
        unplaced.delete(change.table);
      }
      if (!isPlaced) unplaced.set(change.table, (unplaced.get(change.table) ?? 0) + 1);
    }
    return { tables: new Map([...bags].map(([name, bag]) => [name, bag.rows])), unplaced };
  }
}

function changeOf(change: Row, payload: string): Change {
  const text = (name: string): string | null => JSON.parse(change[name] ?? 'null') as string | null;
  const { before, after } = payload.startsWith('{') ? rowTokens(payload) : {};
  const row = (json = 'null'): Row | null => (json === 'null' ? null : rowTokens(json));
  return {
    table: tableName({ database: text('database'), schema: text('schema'), table: text('table') }),
    operation: text('operation') ?? '',
    history: Number(change['history'] ?? 0),
    position: text('position') ?? '',
    index: Number(change['index'] ?? 0),
    before: row(before),
    after: row(after),
  };
}

/** What a snapshot read stands before the changes of the same position. */
const inOrder = (one: Change, other: Change): number =>
  one.history - other.history ||
  (one.position < other.position ? -1 : one.position > other.position ? 1 : 0) ||
  Number(one.operation !== 'read') - Number(other.operation !== 'read') ||
  one.index - other.index;

/** @returns whether it could be */
function apply({ operation, before, after }: Change, bag: Bag): boolean {
  switch (operation) {
    case 'create':
    case 'read':
      if (after !== null) bag.add(after);
      return after !== null;
    case 'update':
      if (before === null || after === null || !bag.remove(before)) return false;
      // A long value that was not touched is in the row before alone.
      bag.add({ ...before, ...after });
      return true;
    case 'delete':
      return before !== null && bag.remove(before);
    case 'truncate':
      bag.clear();
      return true;
    default:
      return true;
  }
}
