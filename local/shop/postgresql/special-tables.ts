import { idOf, sentence } from '../values';
import { type ShopTable } from './tables';
import { amount, json, maybe, note, rarely, whole } from './values';

const REGIONS = ['north', 'south', 'south-west', 'Köln', 'overseas'] as const;

/** A name with a dot in each of its parts. */
const dotted: Pick<ShopTable, 'places' | 'key' | 'values'> = {
  places: 120,
  key: (place) => ({ id: String(idOf(place)) }),
  values: { 'a.b': maybe(sentence), a: maybe(json) },
};

/** Tables of every kind that PostgreSQL treats otherwise than the ordinary ones, see schema.ts. */
export const SPECIAL_TABLES: readonly ShopTable[] = [
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
