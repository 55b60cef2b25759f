import { type Row, type Rows } from './tables';

/**
 * Rows without a key, alike ones among them. The key of each is its whole text and its number among its like: two bags compare as
 * tables do.
 */
export class Bag {
  readonly #counts = new Map<string, number>();
  readonly #rows = new Map<string, Row>();

  add(row: Row): void {
    const text = textOf(row);
    const number = (this.#counts.get(text) ?? 0) + 1;
    this.#counts.set(text, number);
    this.#rows.set(numbered(text, number), row);
  }

  /** @returns whether there was one */
  remove(row: Row): boolean {
    const text = textOf(row);
    const number = this.#counts.get(text) ?? 0;
    if (number === 0) return false;
    this.#counts.set(text, number - 1);
    return this.#rows.delete(numbered(text, number));
  }

  clear(): void {
    this.#counts.clear();
    this.#rows.clear();
  }

  get rows(): Rows {
    return this.#rows;
  }
}

const numbered = (text: string, number: number): string => `${text} ${number}`;

/** A row's text, whatever the order of its columns. */
export const textOf = (row: Row): string =>
  Object.entries(row)
    .map(([name, token]) => `${JSON.stringify(name)}:${token}`)
    .sort()
    .join(',');
