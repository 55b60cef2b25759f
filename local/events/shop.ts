import { type Random } from './random';

/** A row or a document as text of JSON, so that no number is rounded on the way. */
export interface Row {
  /** 64-bit, many beyond 2^53. */
  readonly id: bigint;
  readonly version: number;
  readonly fields: string;
}

/** One change of one row. */
export interface ShopChange {
  readonly table: Table;
  readonly operation: 'create' | 'update' | 'delete';
  readonly before: Row | null;
  readonly after: Row | null;
  /** UTC, milliseconds since 1970; grows. */
  readonly committedAt: number;
  /** Grows by some for each change: an LSN, or the counter of a cluster time. */
  readonly position: bigint;
}

/** All rows of a table at once. */
export type Truncation = Pick<ShopChange, 'table' | 'committedAt' | 'position'>;

export type Table = 'orders' | 'customers' | 'payments' | 'carts' | 'reviews';

const TABLES = {
  postgresql: ['orders', 'customers', 'payments'],
  mongodb: ['carts', 'reviews'],
} as const;

/** Rows of a table that changes choose among. */
const ROWS = 400;

/** From here on a number in JavaScript is rounded. */
const BEYOND_DOUBLES = 2n ** 53n + 1n;

/** A small shop: each row is created, updated a few times, deleted, and its place taken by another. */
export class Shop {
  readonly #random: Random;
  readonly #rows = new Map<string, Row>();
  #committedAt = Date.UTC(2026, 10, 22, 12);
  #position = 0x16_b374_d848n;
  #lastId = 0n;

  constructor(random: Random) {
    this.#random = random;
  }

  next(source: keyof typeof TABLES): ShopChange {
    const random = this.#random;
    const table = random.pick<Table>(TABLES[source]);
    const place = `${table}/${random.below(ROWS)}`;
    const before = this.#rows.get(place) ?? null;
    const operation = before === null ? 'create' : random.in(0.15) ? 'delete' : 'update';
    const after = operation === 'delete' ? null : this.#written(before, table);
    if (after === null) this.#rows.delete(place);
    else this.#rows.set(place, after);
    return { table, operation, before, after, ...this.#commit() };
  }

  /** Empties a table of PostgreSQL; its rows are created anew under other ids. */
  truncate(): Truncation {
    const table = this.#random.pick<Table>(TABLES.postgresql);
    for (const place of this.#rows.keys()) if (place.startsWith(`${table}/`)) this.#rows.delete(place);
    return { table, ...this.#commit() };
  }

  #commit(): Pick<ShopChange, 'committedAt' | 'position'> {
    this.#committedAt += this.#random.below(40);
    this.#position += BigInt(40 + this.#random.below(400));
    return { committedAt: this.#committedAt, position: this.#position };
  }

  #written(before: Row | null, table: Table): Row {
    const version = (before?.version ?? 0) + 1;
    return { id: before?.id ?? this.#newId(), version, fields: this.#fields(table, version) };
  }

  #newId(): bigint {
    this.#lastId += 1n;
    return this.#random.in(0.3) ? BEYOND_DOUBLES + 2n * this.#lastId : this.#lastId;
  }

  #fields(table: Table, version: number): string {
    const random = this.#random;
    const amount = `${random.below(1e9)}${random.in(0.1) ? '0000000000123456789012345678' : ''}.${String(random.below(100)).padStart(2, '0')}`;
    const name = random.pick(['Ada', 'Grace Hopper', 'Zoë', 'Łukasz', '李雷', 'O\\"Brien', 'Ana\\u0301', '🙂']);
    const note = 'ship with care; '.repeat(random.in(0.01) ? 600 : 10 + random.below(30));
    return `"name":"${name}","amount":"${amount}","total":${amount},"version":${version},"kind":"${table}","rate":1.0,"note":"${note}"`;
  }
}
