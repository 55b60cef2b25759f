import { type GeneratedEvent } from './generated-event';
import { hostileEvent } from './hostile';
import { mongoChange } from './mongodb';
import { postgresChange, postgresTruncate } from './postgresql';
import { Random } from './random';
import { Shop } from './shop';

export { type GeneratedEvent };

export interface EventPlan {
  readonly seed: number;
  readonly count: number;
}

/** One in so many events is one that a careless reader would break, round or lose. */
const HOSTILE_SHARE = 0.01;
const MONGO_SHARE = 0.4;
/** Of PostgreSQL's events. */
const TRUNCATE_SHARE = 0.0005;

/** Changes of a small shop, a few of them hostile, made as they are asked for; the same for the same seed. */
export function* changeEvents({ seed, count }: EventPlan): Generator<GeneratedEvent> {
  const random = new Random(seed);
  const shop = new Shop(random);
  for (let made = 0; made < count;) {
    const source = random.in(MONGO_SHARE) ? 'mongodb' : 'postgresql';
    if (random.in(HOSTILE_SHARE)) {
      yield hostileEvent(source, made, random);
      made += 1;
      continue;
    }
    if (source === 'postgresql' && random.in(TRUNCATE_SHARE)) {
      yield postgresTruncate(shop.truncate());
      made += 1;
      continue;
    }
    const change = shop.next(source);
    const events = source === 'postgresql' ? postgresChange(change, random) : [mongoChange(change, random)];
    // A deletion brings its tombstone, unless the count ends between the two.
    for (const event of events.slice(0, count - made)) {
      yield event;
      made += 1;
    }
  }
}
