import { compare } from './compare';
import { type RawValue } from './raw';

interface Member {
  readonly id: RawValue;
  readonly key: string;
}

/**
 * The documents of a collection in the order of `_id`, for readers that go through it page by page. What is inserted behind the last
 * one costs nothing; anything else is sorted in when somebody reads next.
 */
export class IdOrder {
  readonly #members: Member[];
  readonly #keys: Set<string>;
  #isSorted = false;

  constructor(members: readonly Member[]) {
    this.#members = [...members];
    this.#keys = new Set(members.map(({ key }) => key));
  }

  /** One that was taken out may come back: it has kept its place. */
  add(id: RawValue, key: string): void {
    if (this.#keys.has(key)) return;
    const last = this.#members.at(-1);
    if (last !== undefined && compare(last.id, id) > 0) this.#isSorted = false;
    this.#members.push({ id, key });
    this.#keys.add(key);
  }

  /** The keys from the first one that is `from` or sorts behind it, or from the last backwards. Some may be of no document any more. */
  *keys(direction: 1 | -1, from: RawValue | null): Generator<string> {
    this.#sort();
    const members = this.#members;
    const first = from === null ? 0 : this.#find(from);
    const length = members.length - first;
    for (let step = 0; step < length; step += 1)
      yield (members[direction === 1 ? first + step : members.length - 1 - step] as Member).key;
  }

  #sort(): void {
    if (!this.#isSorted) this.#members.sort((a, b) => compare(a.id, b.id));
    this.#isSorted = true;
  }

  #find(from: RawValue): number {
    let low = 0;
    let high = this.#members.length;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (compare((this.#members[middle] as Member).id, from) >= 0) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
