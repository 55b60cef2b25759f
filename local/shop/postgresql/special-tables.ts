import { idOf, name, sentence } from '../values';
import { type ShopTable } from './table';
import { amount, date, json, maybe, note, rarely, whole, type Make } from './values';

const REGIONS = ['north', 'south', 'south-west', 'Köln', 'overseas'] as const;

/** Few different values, so that rows are alike. */
const fewDays: Make = (random) => random.pick(['2026-03-01', '2026-03-02']);

/** A name with a dot in each of its parts. */
const dotted: Pick<ShopTable, 'places' | 'key' | 'values'> = {
  places: 120,
  key: (place) => ({ id: String(idOf(place)) }),
  values: { 'a.b': maybe(sentence), a: maybe(json) },
};

/** Tables of every kind that PostgreSQL treats otherwise than the ordinary ones, see schema.ts. */
export const SPECIAL_TABLES: readonly ShopTable[] = [
  {
    name: 'visits',
    places: 40,
    insertsOnly: true,
    key: (place) => ({ page: `/products/${place % 20}`, customer_id: place % 3 === 0 ? null : String(idOf(place)) }),
    values: { day: fewDays },
  },
  {
    name: 'movements',
    places: 100,
    key: (place) => ({ sku: `${place}-é` }),
    values: {
      quantity: whole(2),
      reason: maybe((random) => random.pick(['sold', 'lost "again"'])),
      note: (random) => (random.in(0.3) ? note(random) : null),
    },
  },
  {
    name: 'people',
    places: 150,
    key: (place) => ({ id: String(idOf(place)) }),
    values: { name, born: maybe(date) },
  },
  {
    name: 'staff',
    places: 150,
    key: (place) => ({ id: String(idOf(place)) }),
    values: { name, born: maybe(date), wage: maybe(amount(10_000, 2)) },
  },
  {
    name: 'sales',
    places: 400,
    key: (place) => ({ region: REGIONS[place % REGIONS.length] ?? '', id: String(idOf(Math.floor(place / 5))) }),
    values: { amount: amount(1e6, 2), note: maybe(note) },
    partition: (place) => [0, 1, 1, 2, 3][place % REGIONS.length] ?? 0,
  },
  {
    name: 'notices',
    places: 200,
    key: (place) => ({ id: String(idOf(place)) }),
    values: { customer_id: whole(5), text: maybe(sentence) },
  },
  {
    name: 'invoices',
    places: 250,
    key: (place) => ({ id: String(idOf(place)) }),
    values: { net: amount(1e6, 2), vat: rarely(['0.00'], amount(1e5, 2)), note: maybe(note) },
  },
  { name: '"x.y".z', ...dotted },
  { name: 'x."y.z"', ...dotted },
];
