import { hostileEvent } from './hostile';
import { mongoChange } from './mongodb';
import { postgresChange } from './postgresql';
import { Random } from './random';
import { Shop } from './shop';

/** A change event as a source's connector would send it. */
export interface GeneratedEvent {
  readonly source: 'postgresql' | 'mongodb';
  /** What keeps its order: events of one key go to one partition. Null: any partition. */
  readonly partitionKey: string | null;
  /** Application properties. */
  readonly properties: Readonly<Record<string, string | number | boolean>>;
  readonly body: Buffer;
  /** Where it must land: quarantine for what readers of a whole file could not read. */
  readonly expect: 'bronze' | 'quarantine';
}

export interface EventPlan {
  readonly seed: number;
  readonly count: number;
}

/** One in so many events is one that a careless reader would break, round or lose. */
const HOSTILE_SHARE = 0.01;
const MONGO_SHARE = 0.4;

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
    const change = shop.next(source);
    const events = source === 'postgresql' ? postgresChange(change, random) : [mongoChange(change, random)];
    // A deletion brings its tombstone, unless the count ends between the two.
    for (const event of events.slice(0, count - made)) {
      yield event;
      made += 1;
    }
  }
}
