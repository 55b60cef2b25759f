import { type Random } from '../../events/random';
import { sentence } from '../values';
import { newRow } from './create';
import { type Plan, type Step } from './plan';
import { type ShopTable } from './table';
import { TABLES } from './tables';

/** Rows that an ordinary transaction changes at most. */
const MOST_CHANGES = 30;

/** How often a transaction is one of these. */
const ROLLED_BACK = 0.06;
const REPEATABLE = 0.1;
const SERIALIZABLE = 0.05;

/** A transaction of 1 to 30 changes as they come. */
export function ordinaryPlan(random: Random, tables: readonly ShopTable[] = TABLES): Plan {
  const share = random.next();
  const isolation = share < SERIALIZABLE ? 'serializable' : share < REPEATABLE ? 'repeatable read' : 'read committed';
  const ending = random.in(ROLLED_BACK) ? 'rollback' : 'commit';
  return { kind: 'ordinary', isolation, ending, steps: steps(random, tables, 1 + random.below(MOST_CHANGES)) };
}

/** About as many rows as `changes` says, mostly by statements that change many. */
export function largePlan(random: Random, tables: readonly ShopTable[], changes: number): Plan {
  const made: Step[] = [];
  for (let rows = 0; rows < changes; rows += 50) {
    made.push(copy(random, pickTable(random, tables), 40), ...steps(random, tables, 10));
  }
  return { kind: 'large transaction', isolation: 'read committed', ending: 'commit', steps: made };
}

function steps(random: Random, tables: readonly ShopTable[], changes: number): Step[] {
  const made: Step[] = [];
  for (let rows = 0; rows < changes;) {
    const next = step(random, tables, changes - rows);
    made.push(next);
    rows += next.kind === 'insert' || next.kind === 'copy' ? next.rows.length : 1;
  }
  return made;
}

function step(random: Random, tables: readonly ShopTable[], most: number): Step {
  const table = pickTable(random, tables);
  const share = random.next();
  if (table.insertsOnly) return share < 0.7 ? insert(random, table, most) : copy(random, table, most);
  if (share < 0.64) return write(random, table);
  if (share < 0.78) return { kind: 'delete', table: table.name, key: table.key(place(random, table)) };
  if (share < 0.86) return move(random, table);
  if (share < 0.91) return insert(random, table, most);
  if (share < 0.95) return copy(random, table, most);
  if (share < 0.96) return sweep(random);
  if (share < 0.98) return { kind: 'message', transactional: random.in(0.7), content: sentence(random) };
  return { kind: 'undone', steps: [write(random, table), write(random, table)] };
}

function write(random: Random, table: ShopTable): Step {
  const at = place(random, table);
  const whole = newRow(table, at, random);
  const names = Object.keys(table.values);
  const some = names.filter(() => random.in(0.3));
  const changed = Object.fromEntries((some.length === 0 ? names : some).map((name) => [name, whole[name] ?? null]));
  return { kind: 'write', table: table.name, key: table.key(at), changed, whole };
}

function move(random: Random, table: ShopTable): Step {
  const from = place(random, table);
  const to = (from + 1 + random.below(table.places - 1)) % table.places;
  // PostgreSQL deletes a row that leaves its partition, and inserts it into the other one.
  const each = table.partition?.(from) === table.partition?.(to) ? 1 : 2;
  return { kind: 'move', table: table.name, from: table.key(from), to: table.key(to), each };
}

function copy(random: Random, table: ShopTable, most: number): Step {
  const places = severalPlaces(random, table, most);
  const rows = places.map((at) => newRow(table, at, random));
  return { kind: 'copy', table: table.name, rows, keys: table.insertsOnly ? [] : places.map((at) => table.key(at)) };
}

function insert(random: Random, table: ShopTable, most: number): Step {
  const rows = severalPlaces(random, table, most).map((at) => newRow(table, at, random));
  return { kind: 'insert', table: table.name, rows };
}

/** Neighbours. */
function severalPlaces(random: Random, table: ShopTable, most: number): number[] {
  const count = Math.min(1 + random.below(most), table.places);
  const first = place(random, table);
  return Array.from({ length: count }, (_, i) => (first + i) % table.places);
}

const sweep = (random: Random): Step => ({
  kind: 'sweep',
  state: random.pick(['paid', 'sent']),
  remainder: random.below(41),
});

const place = (random: Random, { places }: ShopTable): number => random.below(places);

/** A large table more often than a small one, which has something to truncate all the same. */
function pickTable(random: Random, tables: readonly ShopTable[]): ShopTable {
  let at = random.below(tables.reduce((sum, table) => sum + weight(table), 0));
  for (const table of tables) {
    if (at < weight(table)) return table;
    at -= weight(table);
  }
  throw new Error('a shop without tables');
}

const weight = ({ places }: ShopTable): number => Math.max(places, 300);
