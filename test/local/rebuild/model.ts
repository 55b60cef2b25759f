import fc from 'fast-check';
import { keyText, type Row, type Rows } from '../../../local/rebuild/tables';
import { postgres, snapshot, type HubEvent } from './lake';

/** One thing that happens to a table with a few rows; what makes no sense at its moment (a row that is not there) does not happen. */
export interface Step {
  readonly kind: 'insert' | 'update' | 'leave' | 'delete' | 'move' | 'truncate' | 'add' | 'drop' | 'read';
  /** Which row, of {@link IDS}. */
  readonly row: number;
  /** Where to. */
  readonly to: number;
  readonly token: string;
  /** Whether it is in the transaction of the step before. */
  readonly joins: boolean;
}

const IDS = ['1', '"two"', '9007199254740993', '9007199254740992'];
const TOKENS = [
  '0',
  '1.50',
  '"x"',
  '"NaN"',
  'null',
  '12345678901234567890',
  '["a",1.0]',
  '{"a": 1.0}'.replace(' ', ''),
];
const KINDS = [
  ...(['insert', 'insert', 'update', 'update', 'leave', 'leave', 'leave', 'delete', 'move'] as const),
  ...(['truncate', 'add', 'drop', 'read'] as const),
];

export const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(...KINDS),
    row: fc.nat(IDS.length - 1),
    to: fc.nat(IDS.length - 1),
    token: fc.constantFrom(...TOKENS),
    joins: fc.boolean(),
  }),
  { maxLength: 40 },
);

/**
 * A table as a database would keep it. Two rows are there from the beginning, so only the snapshot tells them: it reads the
 * table at once, or late: whenever a step says so, and once more at the end. `note` is what an update may leave out as unchanged.
 */
export class Table {
  readonly #rows = new Map<string, Row>();
  readonly #events: HubEvent[] = [];
  #columns = ['id', 'v', 'note'];
  #added = 0;
  #at = 100;
  #index = 0;

  constructor(history: readonly Step[], snapshotAt: 'once' | 'late') {
    for (const id of IDS.slice(0, 2)) this.#rows.set(id, { id, v: '0', note: `"first ${IDS.indexOf(id)}"` });
    if (snapshotAt === 'once') this.#read();
    for (const step of history) {
      if (!step.joins) [this.#at, this.#index] = [this.#at + 1, 0];
      if (snapshotAt === 'late' || step.kind !== 'read') this.#take(step);
    }
    if (snapshotAt === 'late') this.#read();
  }

  get rows(): Rows {
    return new Map([...this.#rows].map(([id, row]) => [keyText([id]), row]));
  }

  /** In the order in which they happened, snapshots in between. */
  get events(): readonly HubEvent[] {
    return this.#events;
  }

  #take({ kind, row, to, token }: Step): void {
    const [id, other] = [IDS[row] ?? '', IDS[to] ?? ''];
    const old = this.#rows.get(id);
    switch (kind) {
      case 'insert':
        if (old === undefined) this.#insert(id, token);
        return;
      case 'update':
        if (old !== undefined) this.#write('u', { ...old, v: token, note: token });
        return;
      case 'leave':
        if (old !== undefined) this.#write('u', { ...old, v: token }, ['note']);
        return;
      case 'delete':
        if (old !== undefined) this.#remove(id);
        return;
      case 'move':
        if (old === undefined || this.#rows.has(other)) return;
        this.#remove(id);
        this.#write('c', { ...old, id: other }, ['note']);
        return;
      case 'truncate':
        this.#rows.clear();
        this.#tell({ op: 't' });
        return;
      case 'add':
        // A name of its own: a column that is dropped and added anew under its name is one that the lake cannot tell apart.
        this.#reshape([...this.#columns, `c${(this.#added += 1)}`], other, token);
        return;
      case 'drop':
        if (this.#columns.length > 3) this.#reshape(this.#columns.slice(0, -1), other, token);
        return;
      case 'read':
        this.#read();
        return;
      default:
        kind satisfies never;
    }
  }

  /** The lake learns a table's new columns by the next change. */
  #reshape(columns: readonly string[], id: string, token: string): void {
    this.#columns = [...columns];
    for (const [key, row] of this.#rows) {
      this.#rows.set(key, Object.fromEntries(columns.map((column) => [column, row[column] ?? 'null'])));
    }
    const old = this.#rows.get(id);
    if (old === undefined) this.#insert(id, token);
    else this.#write('u', { ...old, v: token });
  }

  #insert(id: string, token: string): void {
    this.#write('c', { ...Object.fromEntries(this.#columns.map((column) => [column, token])), id });
  }

  #write(op: 'c' | 'u', row: Row, unchanged: readonly string[] = []): void {
    this.#rows.set(row['id'] ?? '', row);
    this.#tell({ op, after: json(row, unchanged), unchanged });
  }

  #remove(id: string): void {
    this.#rows.delete(id);
    this.#tell({ op: 'd', before: json({ id }) });
  }

  #tell(change: Omit<Parameters<typeof postgres>[0], 'at'>): void {
    this.#index += 1;
    this.#events.push(postgres({ at: this.#at, index: this.#index, ...change }));
  }

  #read(): void {
    for (const [id, row] of this.#rows) this.#events.push(snapshot(id.replaceAll('"', ''), json(row)));
  }
}

const json = (row: Row, without: readonly string[] = []): string =>
  `{${Object.entries(row)
    .filter(([column]) => !without.includes(column))
    .map(([column, token]) => `"${column}":${token}`)
    .join(',')}}`;
