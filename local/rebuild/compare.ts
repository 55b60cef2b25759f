import { type Row, type Rows, type Tables } from './tables';

/** One table of the database beside what the lake makes of it. Counts are rows. */
export interface Comparison {
  readonly name: string;
  /** In the database. */
  readonly rows: number;
  /** From the lake. */
  readonly rebuilt: number;
  /** Missing from the lake's, too many there, or with another value. */
  readonly different: number;
  /** The first few of them. */
  readonly examples: readonly Difference[];
}

export interface Difference {
  readonly key: string;
  readonly kind: 'missing' | 'extra' | 'altered';
  /** Of an altered row; null where one side does not have the column. */
  readonly columns: readonly ColumnDifference[];
}

export interface ColumnDifference {
  readonly column: string;
  readonly database: string | null;
  readonly rebuilt: string | null;
}

const EXAMPLES = 5;
const NO_ROWS: Rows = new Map();

/** Every table that either side has, by name. Values are compared as tokens: `1.0` is not `1.00`. */
export function compareTables(database: Tables, rebuilt: Tables): Comparison[] {
  const names = [...new Set([...database.keys(), ...rebuilt.keys()])].sort();
  return names.map((name) => compareRows(name, database.get(name) ?? NO_ROWS, rebuilt.get(name) ?? NO_ROWS));
}

function compareRows(name: string, database: Rows, rebuilt: Rows): Comparison {
  let different = 0;
  const examples: Difference[] = [];
  for (const difference of differences(database, rebuilt)) {
    different += 1;
    if (examples.length < EXAMPLES) examples.push(difference);
  }
  return { name, rows: database.size, rebuilt: rebuilt.size, different, examples };
}

function* differences(database: Rows, rebuilt: Rows): Generator<Difference> {
  for (const [key, row] of database) {
    const other = rebuilt.get(key);
    if (other === undefined) yield { key, kind: 'missing', columns: [] };
    else {
      const columns = columnDifferences(row, other);
      if (columns.length > 0) yield { key, kind: 'altered', columns };
    }
  }
  for (const key of rebuilt.keys()) if (!database.has(key)) yield { key, kind: 'extra', columns: [] };
}

function columnDifferences(database: Row, rebuilt: Row): ColumnDifference[] {
  return [...new Set([...Object.keys(database), ...Object.keys(rebuilt)])]
    .map((column) => ({ column, database: token(database, column), rebuilt: token(rebuilt, column) }))
    .filter((pair) => pair.database !== pair.rebuilt);
}

const token = (row: Row, column: string): string | null => (Object.hasOwn(row, column) ? (row[column] ?? null) : null);
