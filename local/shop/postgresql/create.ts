import { type ClientBase } from 'pg';
import { Random } from '../../events/random';
import { copyRows } from './copy';
import { SCHEMA } from './schema';
import { type Row, type ShopTable } from './table';
import { TABLES } from './tables';

export interface CreateOptions {
  readonly seed?: number;
  /** In all tables together; at most as many as they have places for. */
  readonly rows?: number;
}

const PLACES = TABLES.reduce((sum, { places }) => sum + places, 0);

/** Makes the shop's tables in the schema that comes first in the search path, and fills them in one transaction. */
export async function createShop(client: ClientBase, { seed = 1, rows = 2_000 }: CreateOptions = {}): Promise<void> {
  const random = new Random(seed);
  await client.query('begin');
  await client.query(SCHEMA);
  for (const table of TABLES) {
    const count = Math.min(table.places, Math.round((rows * table.places) / PLACES));
    const filled = Array.from({ length: count }, (_, place) => newRow(table, place, random));
    if (count > 0) await copyRows(client, table.name, filled);
  }
  await client.query('commit');
}

/** All columns of the row at a place. */
export const newRow = (table: ShopTable, place: number, random: Random): Row => ({
  ...table.key(place),
  ...Object.fromEntries(Object.entries(table.values).map(([name, make]) => [name, make(random)])),
});
