import { type Random } from '../../events/random';
import { noise } from '../values';
import { CART_STATES, COLLECTIONS, newDocument, type ShopCollection } from './documents';
import { type MongoPlan, type Write } from './plan';

/** Writes of a transaction at most. */
const MOST_WRITES = 20;

/** How often there is a transaction, and how often it is aborted. */
const TRANSACTIONS = 0.15;
const ABORTED = 0.1;

export function ordinaryPlan(random: Random): MongoPlan {
  if (!random.in(TRANSACTIONS)) return { kind: 'write', ending: 'commit', writes: [write(random)] };
  const ending = random.in(ABORTED) ? 'abort' : 'commit';
  const writes = Array.from({ length: 1 + random.below(MOST_WRITES) }, () => write(random));
  return { kind: 'transaction', ending, writes };
}

/** A document of so many bytes at least. */
export function largePlan(random: Random, bytes: number): MongoPlan {
  const [, reviews] = COLLECTIONS;
  const whole = { ...newDocument(reviews, place(random, reviews), random), text: noise(random, bytes) };
  return { kind: 'large document', ending: 'commit', writes: [{ kind: 'replace', to: 'reviews', whole }] };
}

function write(random: Random): Write {
  const collection = random.pick(COLLECTIONS);
  const to = collection.name;
  const share = random.next();
  if (share < 0.63) {
    const whole = newDocument(collection, place(random, collection), random);
    return { kind: 'update', to, update: collection.update(random), whole };
  }
  if (share < 0.76) return { kind: 'replace', to, whole: newDocument(collection, place(random, collection), random) };
  if (share < 0.9) return { kind: 'delete', to, id: collection.id(place(random, collection)) };
  if (share < 0.995) return { kind: 'insert', to, documents: neighbours(random, collection) };
  return { kind: 'sweep', to: 'carts', state: random.pick(CART_STATES) };
}

function neighbours(random: Random, collection: ShopCollection) {
  const first = place(random, collection);
  const count = 1 + random.below(8);
  return Array.from({ length: count }, (_, i) => newDocument(collection, (first + i) % collection.places, random));
}

const place = (random: Random, { places }: ShopCollection): number => random.below(places);
