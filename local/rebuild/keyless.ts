import { Bag, textOf } from './bag';
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
  /** Of a row that was read: which wrote it. */
  readonly transactionId: number | null;
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
    const changes = [...this.#changes.values()].sort(inOrder);
    const twice = readAndMade(changes);
    for (const change of changes) {
      if (twice.reads.has(change)) continue;
      const isPlaced = apply(change, bags.get(change.table) ?? new Bag(), twice.made.has(change));
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
    transactionId: text('transactionId') === null ? null : Number(text('transactionId')),
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

/** Which rows came twice. */
interface Twice {
  /** As a snapshot read them. */
  readonly reads: ReadonlySet<Change>;
  /** As a transaction made them. */
  readonly made: ReadonlySet<Change>;
}

/**
 * Rows that a snapshot read after the stream had begun, and that are in the stream, too: a snapshot that is interrupted goes on with rows as
 * they are then. A row without a key shows it by the transaction that wrote it.
 */
function readAndMade(changes: readonly Change[]): Twice {
  const [reads, made] = [new Set<Change>(), new Set<Change>()];
  const byRow = Map.groupBy(
    changes.filter(({ operation }) => operation === 'read'),
    ({ table, after }) => `${table} ${textOf(after ?? {})}`,
  );
  for (const change of changes) {
    const { operation, table, before, after, transactionId } = change;
    if (!['create', 'update'].includes(operation) || transactionId === null) continue;
    const alike = byRow.get(`${table} ${textOf({ ...before, ...after })}`) ?? [];
    // A savepoint's rows have a number of its own, after the transaction's. Numbers go round.
    const isMade = (read: Change): boolean =>
      read.transactionId !== null && ((read.transactionId - transactionId) | 0) >= 0 && !reads.has(read);
    const read = alike.find(isMade);
    if (read === undefined) continue;
    reads.add(read);
    made.add(change);
  }
  return { reads, made };
}

/**
 * @param isRead whether a snapshot has read the row that the change made: of an update, perhaps not the row before
 * @returns whether it could be
 */
function apply({ operation, before, after }: Change, bag: Bag, isRead: boolean): boolean {
  switch (operation) {
    case 'create':
    case 'read':
      if (after !== null) bag.add(after);
      return after !== null;
    case 'update': {
      if (before === null || after === null) return false;
      const isPlaced = bag.remove(before) || isRead;
      // A long value that was not touched is in the row before alone.
      if (isPlaced) bag.add({ ...before, ...after });
      return isPlaced;
    }
    case 'delete':
      return before !== null && bag.remove(before);
    case 'truncate':
      bag.clear();
      return true;
    default:
      return true;
  }
}
