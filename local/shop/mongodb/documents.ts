import { BSONRegExp, Binary, Decimal128, Double, Int32, Long, ObjectId, Timestamp, UUID, type Document } from 'mongodb';
import { type Random } from '../../events/random';
import { decimal, digits, idOf, moment, name, noise, sentence, uuid } from '../values';
import { type CollectionName, type DocumentId, type ShopDocument } from './plan';

export interface ShopCollection {
  readonly name: CollectionName;
  /** How many different keys its documents can have: that makes changes meet the same documents again. */
  readonly places: number;
  readonly id: (place: number) => DocumentId;
  /** The other fields. */
  readonly fields: (random: Random) => Document;
  /** Changes some of them; no two operators are about one path. */
  readonly update: (random: Random) => Document;
}

export const CART_STATES = ['open', 'paid', 'left'] as const;

const text = (random: Random): string => (random.in(0.3) ? noise(random, 500 + random.below(2_000)) : sentence(random));
const money = (random: Random): Decimal128 => Decimal128.fromString(decimal(random, 1e6, 2));

/** Digits that no double holds. */
const longMoney = (random: Random): Decimal128 =>
  Decimal128.fromString(
    random.pick([`${digits(random, 30)}.${digits(random, 2)}`, 'NaN', '-Infinity', '1E+6000', '0E-5']),
  );

const item = (random: Random): Document => ({
  sku: `${random.below(500)}-é`,
  quantity: new Int32(1 + random.below(9)),
  price: money(random),
});

const items = (random: Random): Document[] => Array.from({ length: random.below(4) }, () => item(random));
const beyondDoubles = (random: Random): Long => Long.fromBigInt(2n ** 53n + 1n + 2n * BigInt(random.below(1e6)));
const double = (random: Random): Double =>
  new Double(random.pick([random.next(), random.below(100), -0, NaN, Infinity, 1e300]));

const carts: ShopCollection = {
  name: 'carts',
  places: 500,
  id: (place) => Long.fromBigInt(idOf(place)),
  fields: (random) => ({
    customer: beyondDoubles(random),
    state: random.pick(CART_STATES),
    total: money(random),
    discount: random.in(0.2) ? longMoney(random) : null,
    items: items(random),
    visits: new Int32(random.below(100)),
    views: beyondDoubles(random),
    weight: double(random),
    changedAt: new Date(moment(random)),
    note: text(random),
    address: { city: name(random), zip: digits(random, 5), lines: [sentence(random), null, [new Double(1)]] },
  }),
  update: (random) => {
    const some = random.pick<Document>([
      { state: random.pick(CART_STATES) },
      { total: money(random) },
      { 'address.city': name(random) },
    ]);
    return {
      $set: { changedAt: new Date(moment(random)), ...some },
      ...(random.in(0.5) && { $inc: { visits: new Int32(1), views: new Long(random.below(5)) } }),
      ...(random.in(0.4) && { $push: { items: { $each: [item(random), ...items(random)] } } }),
      ...(random.in(0.2) && { $unset: { note: '' } }),
    };
  },
};

const reviews: ShopCollection = {
  name: 'reviews',
  places: 700,
  id: (place) => {
    const hex = place.toString(16).padStart(24, '0');
    if (place % 3 === 0) return new ObjectId(hex);
    return place % 3 === 1 ? `review "${place}" é` : { order: Long.fromBigInt(idOf(place)), line: new Int32(1) };
  },
  fields: (random) => ({
    product: new UUID(uuid(random)),
    by: name(random),
    stars: new Int32(1 + random.below(5)),
    text: text(random),
    votes: beyondDoubles(random),
    writtenAt: new Date(random.in(0.1) ? -62_135_596_800_000 : moment(random)),
    photo: new Binary(Buffer.from(noise(random, random.below(200)), 'base64')),
    found: {
      by: new BSONRegExp(`^${random.below(100)}\\s"`, 'i'),
      at: new Timestamp({ t: 1, i: random.below(100) + 1 }),
    },
    replies: [],
  }),
  update: (random) => ({
    $set: random.pick<Document>([
      { text: text(random) },
      { stars: new Int32(1 + random.below(5)) },
      { 'found.again': true },
    ]),
    $inc: { votes: new Long(1 + random.below(3)) },
    ...(random.in(0.3) && { $push: { replies: { by: name(random), text: sentence(random), at: double(random) } } }),
    ...(random.in(0.2) && { $unset: { photo: '' } }),
  }),
};

export const COLLECTIONS = [carts, reviews] as const;

/** All of the document at a place. */
export const newDocument = ({ id, fields }: ShopCollection, place: number, random: Random): ShopDocument => ({
  _id: id(place),
  ...fields(random),
});
