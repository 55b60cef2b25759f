import { type ClientBase } from 'pg';
import { moment, name } from '../values';
import { type AddedColumn } from './plan';
import { type ShopTable } from './table';
import { TABLES } from './tables';
import { longAmount, maybe, type Make } from './values';

const TYPES = ['text', 'numeric', 'timestamptz'] as const;

const MAKES: Readonly<Record<AddedColumn['type'], Make>> = {
  text: maybe(name),
  numeric: maybe(longAmount),
  timestamptz: maybe((random) => new Date(moment(random)).toISOString()),
};

/** How many columns runs have added to the orders so far. */
export async function countAdded(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::integer as count from pg_attribute
     where attrelid = 'orders'::regclass and attname like 'extra\\_%' and not attisdropped`,
  );
  return rows[0]?.count ?? 0;
}

/** The column that is added as the `number`th, counted from 0. */
export const addedColumn = (number: number): AddedColumn => ({
  name: `extra_${number}`,
  type: TYPES[number % TYPES.length] ?? 'text',
});

/** The shop's tables, the first columns that were added among the others. */
export function tablesWith(added: number): readonly ShopTable[] {
  const columns = Array.from({ length: added }, (_, number) => addedColumn(number));
  const makes = Object.fromEntries(columns.map((column) => [column.name, MAKES[column.type]]));
  return TABLES.map((table) => (table.name === 'orders' ? { ...table, values: { ...table.values, ...makes } } : table));
}
