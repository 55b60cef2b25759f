import { createHash } from 'node:crypto';

/** What a sender sends: enough to know it again in the lake. */
export interface SentEvent {
  readonly partitionKey: string | null;
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
  readonly expect: Shelf;
  /** Of the bytes that must be found: the payload's text, or the body that was set aside. */
  readonly fingerprint: string;
  acknowledged: boolean;
  /** How often it was found in the lake. */
  found: number;
}

/**
 * Everything that a sender tried, by the number that each attempt bears in its application property `sentid`. An attempt that
 * was not acknowledged may have been stored all the same: whoever tries again does so under another number.
 */
export class SentLog {
  readonly #attempts = new Map<string, Attempt>();
  #next = 1;

  /** Notes an attempt before it is made; returns its number. */
  attempt(hub: string, { body, partitionKey, expect }: SentEvent): string {
    const id = String(this.#next);
    this.#next += 1;
    const fingerprint = fingerprintOf(expect === 'bronze' ? asPayload(body) : body);
    this.#attempts.set(id, { hub, partitionKey, expect, fingerprint, acknowledged: false, found: 0 });
    return id;
  }

  /** The attempt was not made after all. */
  withdraw(id: string): void {
    this.#attempts.delete(id);
  }

  /** Event Hubs has said that it has them: from now on each must be in the lake. */
  acknowledged(ids: Iterable<string>): void {
    for (const id of ids) {
      const attempt = this.#attempts.get(id);
      if (attempt !== undefined) attempt.acknowledged = true;
    }
  }

  find(id: string): Attempt | undefined {
    return this.#attempts.get(id);
  }

  [Symbol.iterator](): MapIterator<[string, Attempt]> {
    return this.#attempts.entries();
  }
}

/** The bytes of a body as a line must hold them: as sent, but for line ends, which in legal JSON stand only between tokens. */
function asPayload(body: Buffer): Buffer {
  if (body.length === 0) return Buffer.from('null');
  const payload = Buffer.from(body);
  for (const [at, byte] of payload.entries()) if (byte === 0x0a || byte === 0x0d) payload[at] = 0x20;
  return payload;
}

/** Short, because there is one for each event sent; long enough that no two differ by chance. */
export function fingerprintOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
}
