import { idOf, name, sentence, uuid, uuidOf } from '../values';
import {
  amount,
  arrayOf,
  bytes,
  date,
  float,
  grid,
  json,
  longAmount,
  maybe,
  note,
  rarely,
  timestamp,
  timestamptz,
  whole,
} from './values';
import { SPECIAL_TABLES } from './special-tables';
import { type ShopTable, type TableName } from './table';

const STATES = ['cart', 'paid', 'sent', 'sent back'] as const;
const WAREHOUSES = ['Köln', 'Gdańsk', 'O"Hare'] as const;

const ORDINARY_TABLES: readonly ShopTable[] = [
  {
    name: 'customers',
    places: 600,
    key: (place) => ({ id: String(idOf(place)) }),
    values: {
      name,
      email: maybe((random) => `${random.below(1e6)}@shop.example`),
      tags: maybe(arrayOf(maybe(sentence))),
      address: maybe(json),
      born: maybe(rarely(['infinity', '0044-03-15 BC', '12026-01-01'], date)),
      active: (random) => random.pick(['true', 'false']),
      rating: maybe(rarely(['NaN', 'Infinity', '-0'], float)),
      joined_at: rarely(['infinity', '-infinity', '0044-03-15 12:00:00+00 BC', '12026-01-01 00:00:00+00'], timestamptz),
      avatar: maybe(bytes),
    },
  },
  {
    name: 'orders',
    places: 1_000,
    key: (place) => ({ id: String(idOf(place)) }),
    values: {
      customer_id: (random) => String(idOf(random.below(600))),
      state: (random) => random.pick(STATES),
      total: amount(1e9, 2),
      tax: maybe(rarely(['NaN', 'Infinity', '1E-10'], longAmount)),
      weight: maybe(rarely(['NaN', '-Infinity', '-0'], float)),
      note: maybe(note),
      details: maybe(json),
      sizes: maybe(grid),
      placed_at: timestamptz,
      sent_at: maybe(rarely(['infinity'], timestamp)),
    },
  },
  {
    name: 'order_lines',
    places: 1_800,
    key: (place) => ({ order_id: String(idOf(Math.floor(place / 3))), line: String((place % 3) + 1) }),
    values: {
      product: uuid,
      quantity: whole(100),
      'unit price': amount(10_000, 3),
      discounts: maybe(arrayOf(maybe(rarely(['NaN'], amount(100, 2))))),
      gift: maybe((random) => random.pick(['true', 'false'])),
    },
  },
  {
    name: 'payments',
    places: 800,
    key: (place) => ({ id: uuidOf([0xca_5e, place]) }),
    values: {
      order_id: (random) => String(idOf(random.below(1_000))),
      amount: amount(1e6, 2),
      currency: (random) => random.pick(['EUR', 'USD', 'F']),
      fee: maybe(float),
      paid_at: maybe(timestamp),
      grace: maybe((random) => `${random.below(40)} days ${random.below(90)} minutes`),
      address: maybe((random) => `10.0.${random.below(256)}.${random.below(256)}`),
      receipt: maybe((random) => (random.in(0.2) ? note(random)?.slice(0, 6_000) : sentence(random)) ?? null),
      attempts: maybe(arrayOf(timestamptz, 3)),
    },
  },
  {
    name: 'stock',
    places: 420,
    key: (place) => ({
      warehouse: WAREHOUSES[place % 3] ?? '',
      sku: `${Math.floor(place / 3)}-é`,
    }),
    values: {
      quantity: whole(10_000),
      season: maybe((random) => `[2026-0${1 + random.below(9)}-01,2026-1${random.below(3)}-01)`),
      opens: maybe((random) => `0${random.below(10)}:${10 + random.below(50)}:00`),
      measures: maybe(arrayOf(rarely(['NaN', '-Infinity'], float))),
      label: maybe(json),
    },
  },
  {
    name: 'promotions',
    places: 25,
    key: (place) => ({ code: `Zoë's "5%" \\ ${place}` }),
    values: { percent: amount(100, 2), text: maybe(sentence), counts: arrayOf(whole(50)) },
  },
];

export const TABLES: readonly ShopTable[] = [...ORDINARY_TABLES, ...SPECIAL_TABLES];

/** @throws Error for a name that is none */
export function tableNamed(wanted: TableName): ShopTable {
  const table = TABLES.find(({ name }) => name === wanted);
  if (table === undefined) throw new Error(`the shop has no table ${wanted}`);
  return table;
}
