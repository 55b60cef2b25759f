import { createHash } from 'node:crypto';

/** What a sender sends: enough to know it again in the lake. */
export interface SentEvent {
  readonly partitionKey: string | null;
  /** Application properties but `sentid`; none when left out. */
  readonly properties?: Readonly<Record<string, string | number | boolean>>;
  readonly body: Buffer;
  /**
   * Where it must land. The sender says so, because it knows what it made: were it derived from the body here, one mistake in
   * reading JSON could be made on both sides.
   */
  readonly expect: Shelf;
}

export type Shelf = 'bronze' | 'quarantine';

/** One attempt at sending an event: to Event Hubs an event of its own. */
export interface Attempt {
  readonly hub: string;
  readonly partitionKey: string | null;
  /** By the names that they have in the lake. */
  readonly properties: Readonly<Record<string, string | number | boolean>>;
  readonly expect: Shelf;
  /** An empty body: its payload is `null`, as that of a body `null` is, and only its operation tells the two apart. */
  readonly isTombstone: boolean;
  /** Of the bytes that must be found: the payload's text, or the body that was set aside. */
  readonly fingerprint: string;
  readonly acknowledged: boolean;
}

/**
 * Everything that a sender tried, by the number that each attempt bears in its application property `sentid`. An attempt that
 * was not acknowledged may have been stored all the same: whoever tries again does so under another number.
 */
export class SentLog {
  readonly #attempts = new Map<string, Attempt & { acknowledged: boolean }>();
  readonly #prefix: string;
  #next = 1;

  /** @param prefix before each number, where several senders with logs of their own share a hub */
  constructor(prefix = '') {
    this.#prefix = prefix;
  }

  /** Notes an attempt before it is made; returns its number. */
  attempt(hub: string, { body, partitionKey, properties = {}, expect }: SentEvent): string {
    const id = `${this.#prefix}${this.#next}`;
    this.#next += 1;
    this.#attempts.set(id, {
      ...{ hub, partitionKey, expect, acknowledged: false },
      properties: asInTheLake(properties),
      isTombstone: expect === 'bronze' && body.length === 0,
      fingerprint: fingerprintOf(expect === 'bronze' ? asPayload(body) : body),
    });
    return id;
  }

  /** The attempt was not made after all. */
  withdraw(id: string): void {
    this.#attempts.delete(id);
  }

  /**
   * Event Hubs has said that it has them: from now on each must be in the lake.
   *
   * @throws Error when an attempt was never noted: what it sent could go missing unnoticed
   */
  acknowledged(ids: Iterable<string>): void {
    for (const id of ids) {
      const attempt = this.#attempts.get(id);
      if (attempt === undefined) {
        throw new Error(`attempt ${id} was acknowledged, but not noted: call attempt() before sending`);
      }
      attempt.acknowledged = true;
    }
  }

  find(id: string): Attempt | undefined {
    return this.#attempts.get(id);
  }

  [Symbol.iterator](): IterableIterator<[string, Attempt]> {
    return this.#attempts.entries();
  }
}

const NONE: Attempt['properties'] = {};

/** The Functions host writes the first letter of each name in lower case. */
function asInTheLake(properties: Attempt['properties']): Attempt['properties'] {
  const entries = Object.entries(properties);
  // One object for all that have none: there is an attempt for each event sent.
  if (entries.length === 0) return NONE;
  return Object.fromEntries(entries.map(([name, value]) => [name.slice(0, 1).toLowerCase() + name.slice(1), value]));
}

/** The bytes of a body as a line must hold them: as sent, but for line ends, which in legal JSON stand only between tokens. */
function asPayload(body: Buffer): Buffer {
  if (body.length === 0) return Buffer.from('null');
  if (!body.includes(0x0a) && !body.includes(0x0d)) return body;
  return Buffer.from(body.map((byte) => (byte === 0x0a || byte === 0x0d ? 0x20 : byte)));
}

/** Short, because there is one for each event sent; long enough that no two differ by chance. */
export function fingerprintOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
}
