import { type TablePlan } from './envelope-table';
import { PgoutputError } from './pgoutput-error';
import { NULL_VALUE, UNCHANGED_VALUE, type OldTuple, type Tuple } from './pgoutput-messages';
import { writeValue } from './values';
import { ByteWriter } from './values-writer';

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;

const NOTHING: readonly string[] = [];

/**
 * Writes a new row as a JSON object. A long value that the update left alone is taken from the old row where that has it,
 * else left out.
 *
 * @returns the names of the columns that were left out
 */
export function writeRow(out: ByteWriter, table: TablePlan, row: Tuple, old: OldTuple | null): readonly string[] {
  expectColumns(table, row);
  const { columns } = table;
  let leftOut = NOTHING;
  out.byte(OPEN_BRACE);
  for (let index = 0; index < columns.length; index++) {
    const from = valueOwner(table, index, row, old);
    if (from === null) leftOut = [...leftOut, columns[index]?.name ?? ''];
    else writeColumn(out, table, index, from);
  }
  out.close(CLOSE_BRACE);
  return leftOut;
}

/** Writes what the WAL has of an old row: all of it, or its key. */
export function writeOldRow(out: ByteWriter, table: TablePlan, old: OldTuple): void {
  expectColumns(table, old);
  out.byte(OPEN_BRACE);
  for (let index = 0; index < table.columns.length; index++) {
    if (isKnown(table, index, old)) writeColumn(out, table, index, old);
  }
  out.close(CLOSE_BRACE);
}

const scratch = new ByteWriter();

/** By which rows are told apart: `public.orders/[42,"a"]`, and `public.orders` alone for a table without a key. */
export function keyText(table: TablePlan, row: Tuple, old: OldTuple | null): string {
  return table.keyIndexes.length === 0 ? table.name : `${table.name}/${keyTokens(table, row, old)}`;
}

/** `[42,"a"]` */
export function keyTokens(table: TablePlan, row: Tuple, old: OldTuple | null): string {
  scratch.rewind(0);
  scratch.byte(OPEN_BRACKET);
  for (const index of table.keyIndexes) {
    writeToken(scratch, table, index, valueOwner(table, index, row, old));
    scratch.byte(COMMA);
  }
  scratch.close(CLOSE_BRACKET);
  return scratch.text(0, scratch.length);
}

/** Whether an update made another row of it. The server also tells old keys that are long and have not changed. */
export function keyChanged(table: TablePlan, row: Tuple, old: OldTuple): boolean {
  return table.keyIndexes.some((index) => isKnown(table, index, old) && !sameValue(index, row, old));
}

function sameValue(index: number, row: Tuple, old: Tuple): boolean {
  const length = row.lengths[index] ?? NULL_VALUE;
  const oldLength = old.lengths[index] ?? NULL_VALUE;
  if (length === UNCHANGED_VALUE) return true;
  if (length !== oldLength) return false;
  if (length === NULL_VALUE) return true;
  const start = row.starts[index] ?? 0;
  const oldStart = old.starts[index] ?? 0;
  return row.bytes.compare(old.bytes, oldStart, oldStart + length, start, start + length) === 0;
}

/** The tuple that has the value; null where none does. */
function valueOwner(table: TablePlan, index: number, row: Tuple, old: OldTuple | null): Tuple | null {
  if (row.lengths[index] !== UNCHANGED_VALUE) return row;
  return old !== null && isKnown(table, index, old) ? old : null;
}

function isKnown(table: TablePlan, index: number, old: OldTuple): boolean {
  const inWal = old.holds === 'row' || table.columns[index]?.isKey === true;
  const length = old.lengths[index];
  if (!inWal || length === UNCHANGED_VALUE) return false;
  return length !== NULL_VALUE || table.partial === null || isWhole(table, old);
}

/**
 * Whether the old tuple has all columns of its row. Under a root, an old row of a partition is labelled by the root's replica identity and
 * filled by the partition's, with NULL in place of what that leaves out. It is whole where it has a value that no such partition's would.
 */
export function isWhole({ columns, partial }: TablePlan, { holds, lengths }: OldTuple): boolean {
  if (holds !== 'row') return false;
  if (partial === null) return true;
  return partial.every((known) => columns.some((_, index) => lengths[index] !== NULL_VALUE && !known.includes(index)));
}

function writeColumn(out: ByteWriter, table: TablePlan, index: number, from: Tuple): void {
  const column = table.columns[index];
  if (column === undefined) return;
  out.raw(column.token);
  writeToken(out, table, index, from);
  out.byte(COMMA);
}

function writeToken(out: ByteWriter, table: TablePlan, index: number, from: Tuple | null): void {
  const length = from?.lengths[index] ?? NULL_VALUE;
  const kind = table.columns[index]?.kind;
  if (from === null || length < 0 || kind === undefined) return out.ascii('null');
  const start = from.starts[index] ?? 0;
  writeValue(out, kind, from.bytes, start, start + length);
}

function expectColumns(table: TablePlan, row: Tuple): void {
  const [found, expected] = [row.lengths.length, table.columns.length];
  if (found !== expected) throw new PgoutputError(`a row of ${table.name} has ${found} columns, expected ${expected}`);
}
